package identity

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lockwire/engine"
)

// Leave removes the attachment to an installation below base from the disk, its key included. One that is not there is no error.
func Leave(base string, installation engine.ID) error {
	if _, err := installation.Bytes(); err != nil {
		return fmt.Errorf("leave installation: %w", err)
	}
	path := filepath.Join(base, string(installation))
	// First what makes the directory an attachment: half of it is none.
	if err := os.Remove(filepath.Join(path, attachmentFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("leave installation: %w", err)
	}
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("leave installation: %w", err)
	}
	return nil
}

var errGivenUp = errors.New("the machine has left that installation, or joined it anew")

// GiveUp has the directory write nothing any more: before [Leave], or before a [Join] that takes its place. What it has in memory can still
// be used.
func (d *Directory) GiveUp() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.givenUp = true
}
