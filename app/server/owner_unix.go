//go:build unix

package server

import (
	"os"
	"syscall"
)

// giveToOwnerOf keeps a file usable by the service when root made it in the service's data folder.
func giveToOwnerOf(folder, path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	about, err := os.Stat(folder)
	if err != nil {
		return err
	}
	owner, known := about.Sys().(*syscall.Stat_t)
	if !known {
		return nil
	}
	return os.Lchown(path, int(owner.Uid), int(owner.Gid))
}
