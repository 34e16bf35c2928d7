//go:build unix

package component

import (
	"io/fs"
	"os"
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
// user of the service can read what root has written. That user may change the folder meanwhile: nothing outside of it is given.
func giveToOwner(dataFolder string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	folder, err := os.OpenRoot(dataFolder)
	if err != nil {
		return err
	}
	defer folder.Close()
	info, err := folder.Stat(".")
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return nil
	}
	return fs.WalkDir(folder.FS(), attachmentsFolder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return folder.Lchown(path, int(owner.Uid), int(owner.Gid))
	})
}
