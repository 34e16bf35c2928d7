package main

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"lockwire/app/host"
	"lockwire/ui"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// settleFor is how long the engine runs before its pages are drawn, so that rates and charts have something to show. The
// try-out is in the middle of a transfer then.
const settleFor = 12 * time.Second

// drawSnapshots draws the pages of a real engine's state, without a display.
func drawSnapshots(ctx context.Context, o options, log *slog.Logger) (err error) {
	width, height, err := sizeOf(o.size)
	if err != nil {
		return err
	}
	const most = 8000 // pixels of a side
	if !(o.scale >= 1 && max(width, height)*o.scale <= most) {
		return host.Usage(fmt.Errorf("--scale %v: write a number from 1 on, with which no side of the picture is longer than %d pixels", o.scale, most))
	}
	themes := []kit.Appearance{kit.Light, kit.Dark, kit.Contrast}
	if o.theme != "" {
		themes = []kit.Appearance{kit.Appearance(o.theme)}
	}
	if err := os.MkdirAll(o.snapshot, 0o755); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	run, err := startEngine(ctx, o, log)
	if errors.Is(err, errNothingThere) {
		run, err = tryOut(ctx, log)
	}
	if err != nil {
		stop()
		return err
	}
	engines := []*drawn{{run: run, pages: func(name string) bool { return o.page == "" || o.page == name }}}
	var following sync.WaitGroup
	defer func() {
		stop()
		following.Wait()
		for _, d := range engines {
			err = errors.Join(err, d.run.close())
		}
	}()
	if o.tryOut && (o.page == "" || o.page == tenantsPage || o.page == providersPage) {
		provider, tenant, err := tryOutTenancy(ctx, log)
		if err != nil {
			return err
		}
		engines = byTenancy(engines[0], provider, tenant)
	}
	for _, d := range engines {
		d.live = model.NewLive(d.run.admin)
		following.Go(func() { d.live.Follow(ctx) })
	}
	fmt.Fprintf(os.Stderr, "letting the engine run for %v…\n", settleFor)
	select {
	case <-time.After(settleFor):
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, d := range engines {
		if d.live.State() == nil {
			return errors.New("the engine gave no state")
		}
	}
	program := test.NewApp()
	defer program.Quit()
	for _, appearance := range themes {
		program.Settings().SetTheme(kit.Theme{Appearance: appearance})
		for _, d := range engines {
			if err := d.draw(ctx, o, appearance, fyne.NewSize(width, height)); err != nil {
				return err
			}
		}
	}
	return nil
}

// drawn is an engine whose state pages are drawn from.
type drawn struct {
	run   *running
	live  *model.Live
	pages func(name string) bool
}

func (d *drawn) draw(ctx context.Context, o options, appearance kit.Appearance, size fyne.Size) error {
	window := test.NewWindow(nil)
	defer window.Close()
	window.SetPadded(false)
	window.Canvas().(software.WindowlessCanvas).SetScale(o.scale)
	console := &page.Console{
		Admin: d.run.admin, Window: window, Preferences: fyne.CurrentApp().Preferences(), MayChange: func() bool { return true },
		Background: func(work func(context.Context) error, done func(error)) { done(work(ctx)) },
		Refresh:    d.live.Refresh,
		Banner:     d.run.banner,
	}
	pages := ui.Pages(console)
	shell := ui.NewShell(console, pages...)
	window.SetContent(shell.Content())
	window.Resize(size)
	for _, page := range pages {
		if !d.pages(page.Name()) {
			continue
		}
		shell.Show(page.Name())
		shell.Update(d.live.State())
		shell.Update(d.live.State()) // what a page asked for at the first is shown at the second
		path := filepath.Join(o.snapshot, fmt.Sprintf("%s-%s.png", page.Name(), appearance))
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		picture := software.RenderCanvas(window.Canvas(), fyne.CurrentApp().Settings().Theme())
		if err := errors.Join(png.Encode(file, picture), file.Close()); err != nil {
			return fmt.Errorf("draw %s: %w", path, err)
		}
		fmt.Println(path)
	}
	return nil
}
