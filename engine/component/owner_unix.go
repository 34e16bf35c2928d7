//go:build unix

package component

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// sameOwner gives file to the owner of folder where the caller is root; anybody else's files are their own.
func sameOwner(file *os.File, folder string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(folder)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return file.Chown(int(owner.Uid), int(owner.Gid))
}

// giveToOwner gives the attachments of a data folder to whom the data folder belongs to, where the caller is root: so the
// user of the service can read what root has written.
func giveToOwner(dataFolder string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(dataFolder)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return nil
	}
	return filepath.WalkDir(AttachmentsFolder(dataFolder), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(owner.Uid), int(owner.Gid))
	})
}
