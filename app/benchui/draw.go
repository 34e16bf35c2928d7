//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/uitest/estate"
)

// pictures are drawn of an estate, without a display.
type pictures struct {
	folder, estate, page, theme, size string
	scale                             float64
}

func (p *pictures) draw(ctx context.Context) error {
	size, known := map[string]estate.Size{"large": estate.Large, "middle": estate.Middle}[p.estate]
	if !known {
		return fmt.Errorf("-estate %s: write large or middle", p.estate)
	}
	wide, high, found := strings.Cut(p.size, "x")
	width, err := strconv.Atoi(wide)
	height, err2 := strconv.Atoi(high)
	if err = errors.Join(err, err2); !found || err != nil {
		return fmt.Errorf("-size %s: write one such as 1280x800", p.size)
	}
	if err := os.MkdirAll(p.folder, 0o755); err != nil {
		return err
	}
	record, err := os.MkdirTemp("", "lw-draw-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(record)
	now := time.Now()
	if err := keepCrowd(ctx, record, size, now); err != nil {
		return err
	}
	admin, err := openCrowd(ctx, record, size, now)
	if err != nil {
		return err
	}
	defer admin.Store.Close()
	program := test.NewApp()
	defer program.Quit()
	program.Settings().SetTheme(kit.Theme{Appearance: kit.Appearance(p.theme)})
	window := test.NewWindow(nil)
	defer window.Close()
	window.SetPadded(false)
	window.Canvas().(software.WindowlessCanvas).SetScale(float32(p.scale))
	console := &page.Console{
		Admin: admin, Window: window, Preferences: program.Preferences(), Refresh: func() {}, MayChange: func() bool { return true },
		Background: func(work func(context.Context) error, done func(error)) { done(work(ctx)) },
	}
	pages := ui.Pages(console)
	shell := ui.NewShell(console, pages...)
	window.SetContent(shell.Content())
	window.Resize(fyne.NewSize(float32(width), float32(height)))
	state := admin.estate.State(0)
	checked, err := admin.Check(ctx, engine.CheckQuestion{})
	if err != nil {
		return err
	}
	state.Checked = &checked
	shell.Update(state)
	software.RenderCanvas(window.Canvas(), program.Settings().Theme()) // else the first page is drawn before it is laid out
	for _, page := range pages {
		if p.page != "" && p.page != page.Name() {
			continue
		}
		shell.Show(page.Name())
		shell.Update(state)
		shell.Update(state) // what a page asked for at the first is shown at the second
		path := filepath.Join(p.folder, fmt.Sprintf("%s-%s-%s.png", page.Name(), p.theme, p.size))
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		picture := software.RenderCanvas(window.Canvas(), program.Settings().Theme())
		if err := errors.Join(png.Encode(file, picture), file.Close()); err != nil {
			return err
		}
		fmt.Println(path)
	}
	return nil
}
