//go:build unix

package store

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// openToOthers tells whether users other than the owner can look into a folder or write there.
func openToOthers(folder os.FileInfo) bool { return folder.Mode().Perm()&0o077 != 0 }

// giveToOwnerOfFolder keeps a file usable by the service when root made it, with sudo on the service's data folder.
func giveToOwnerOfFolder(file *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	folder, err := os.Stat(filepath.Dir(file.Name()))
	if err != nil {
		return err
	}
	owner, known := folder.Sys().(*syscall.Stat_t)
	if !known {
		return nil
	}
	return file.Chown(int(owner.Uid), int(owner.Gid))
}

// syncFolder makes a new name in a folder durable.
func syncFolder(folder string) error {
	opened, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(opened.Sync(), opened.Close())
}
