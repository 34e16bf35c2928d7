//go:build unix

package disk

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// GiveToFolderOwner gives an open file to the owner of its folder where the caller is root; anybody else's files are their own.
// So a service can use what root writes into its data folder with sudo.
func GiveToFolderOwner(file *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	folder, err := os.OpenRoot(filepath.Dir(file.Name()))
	if err != nil {
		return err
	}
	defer folder.Close()
	return giveToOwnerOf(folder, file)
}

func giveToOwnerOf(folder *os.Root, file *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := folder.Stat(".")
	if err != nil {
		return err
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return nil
	}
	return file.Chown(int(owner.Uid), int(owner.Gid))
}

// GiveTreeToFolderOwner gives what lies under a folder, by its path in there, to the owner of that folder where the caller is
// root. The owner may change the folder meanwhile: nothing outside of it is given.
func GiveTreeToFolderOwner(folder, under string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	info, err := root.Stat(".")
	if err != nil {
		return err
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	if !known || owner.Uid == 0 {
		return nil
	}
	return giveTree(root, under, int(owner.Uid), int(owner.Gid))
}

// GiveTree gives a folder and all that is in it to a user and a group, who may change the folder meanwhile: nothing outside of
// it is given.
func GiveTree(folder string, uid, gid int) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	return giveTree(root, ".", uid, gid)
}

func giveTree(root *os.Root, under string, uid, gid int) error {
	return fs.WalkDir(root.FS(), under, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return root.Lchown(path, uid, gid)
	})
}
