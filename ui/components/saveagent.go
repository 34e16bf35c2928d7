package components

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine/disk"
	"lockwire/ui/kit"
	"lockwire/ui/page"
)

// saveAgent saves an agent's program where the user says.
func saveAgent(c *page.Console, build page.AgentBuild, button *widget.Button) {
	name := "lockwire-agent"
	if build.OS == "windows" {
		name += ".exe"
	}
	kit.AskSave(c.Window, c.Background, "Save the agent for "+build.OS+"/"+build.Arch, name, func(path string) {
		button.Disable()
		c.Background(func(ctx context.Context) error { return copyAgent(ctx, build.Path, path) }, func(err error) {
			button.Enable()
			if err != nil {
				kit.ShowError(c.Window, "The agent was not saved", fmt.Errorf("save %s: %w", path, err))
				return
			}
			button.SetIcon(theme.ConfirmIcon())
			button.SetText("Saved: " + filepath.Base(path))
		})
	})
}

// copyAgent copies a program, so that it can be run.
func copyAgent(ctx context.Context, from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	return disk.Write(to, disk.Options{Mode: 0o755}, func(w io.Writer) error {
		_, err := io.Copy(w, readerUntil{ctx, source})
		return err
	})
}

// readerUntil is a reader that ends with its context.
type readerUntil struct {
	ctx context.Context
	io.Reader
}

func (r readerUntil) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
