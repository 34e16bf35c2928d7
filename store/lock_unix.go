//go:build unix

package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openLock opens the lock's file, and makes it where it is missing. What it says is replaced, and root gives it away, so that it
// must not be a link to another file: who has the folder may have put one there.
func openLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, fileMode)
	if err != nil {
		return nil, err
	}
	about, err := file.Stat()
	if err == nil {
		if known, ok := about.Sys().(*syscall.Stat_t); !about.Mode().IsRegular() || !ok || known.Nlink != 1 {
			err = fmt.Errorf("%s is not a file of its own; remove it", path)
		}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// lockFile locks without waiting. flock belongs to the open file, not to the process as POSIX locks do: closing another
// descriptor of the same file does not lose it, and a second Open in one process is refused too.
func lockFile(file *os.File) error { return flock(file, unix.LOCK_EX) }

// openLockToRead opens the lock's file where nothing may be written.
func openLockToRead(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
}

// lockFileShared locks beside other readers, without waiting, and never while a process works on the folder.
func lockFileShared(file *os.File) error { return flock(file, unix.LOCK_SH) }

func flock(file *os.File, how int) error {
	for {
		err := unix.Flock(int(file.Fd()), how|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EWOULDBLOCK):
			return errLocked
		}
		return err
	}
}
