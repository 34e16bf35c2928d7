package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// openLock opens the lock's file, and makes it where it is missing.
func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
}

// lockFile locks without waiting. Locks of Windows keep others from reading what they cover, so the one byte that is locked
// lies far behind the text that says who has the lock.
func lockFile(file *os.File) error { return lockByte(file, windows.LOCKFILE_EXCLUSIVE_LOCK) }

// openLockToRead opens the lock's file where nothing may be written.
func openLockToRead(path string) (*os.File, error) { return os.Open(path) }

// lockFileShared locks beside other readers, without waiting, and never while a process works on the folder.
func lockFileShared(file *os.File) error { return lockByte(file, 0) }

func lockByte(file *os.File, how uint32) error {
	const farBehind = 1 << 30
	err := windows.LockFileEx(windows.Handle(file.Fd()), how|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{Offset: farBehind})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errLocked
	}
	return err
}
