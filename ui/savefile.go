package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// writeWhole writes a file that is there as a whole or not at all: beside its place first, and then moved.
func writeWhole(path string, mode fs.FileMode, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".lockwire-*.part") // only its owner can read it
	if err != nil {
		return err
	}
	fail := func(err error) error {
		return errors.Join(err, os.Remove(file.Name()))
	}
	if err := write(file); err != nil {
		return fail(errors.Join(err, file.Close()))
	}
	if err := errors.Join(file.Chmod(mode), file.Sync(), file.Close()); err != nil {
		return fail(err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fail(err)
	}
	return nil
}

// saveAgent saves an agent's program where the user says.
func saveAgent(c *Console, build AgentBuild, button *widget.Button) {
	name := "lockwire-agent"
	if build.OS == "windows" {
		name += ".exe"
	}
	askSave(c.Window, c.Background, "Save the agent for "+build.OS+"/"+build.Arch, name, func(path string) {
		button.Disable()
		c.Background(func(ctx context.Context) error { return copyAgent(ctx, build.Path, path) }, func(err error) {
			button.Enable()
			if err != nil {
				showError(c.Window, "The agent was not saved", fmt.Errorf("save %s: %w", path, err))
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
	return writeWhole(to, 0o755, func(w io.Writer) error {
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
