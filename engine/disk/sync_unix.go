//go:build unix

package disk

import (
	"errors"
	"os"
)

// SyncFolder makes new, changed and removed names of a folder last.
func SyncFolder(folder string) error {
	opened, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(opened.Sync(), opened.Close())
}
