package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lockwire/engine"
	"lockwire/engine/disk"
)

// folderLock is the right of one process to work on a data folder. It is a lock of the operating system on a file that
// holds who has it; the file stays when the lock is gone, for removing it would let two processes lock two files of one name.
type folderLock struct {
	file *os.File
}

// errLocked is what lockFile gives when another process has the lock.
var errLocked = errors.New("locked")

// lockFolder takes the lock or says who has it; it does not wait.
func lockFolder(folder, program string) (*folderLock, error) {
	path := filepath.Join(folder, lockName)
	file, err := openLock(path)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	switch err := lockFile(file); {
	case errors.Is(err, errLocked):
		holder := readHolder(file)
		file.Close()
		return nil, fmt.Errorf("%w: %s is open in %s", engine.ErrFolderInUse, folder, holder)
	case err != nil:
		file.Close()
		return nil, fmt.Errorf("lock the data folder %s: %w", folder, err)
	}
	lock := &folderLock{file}
	if err := errors.Join(disk.GiveToFolderOwner(file), lock.sign(fmt.Sprintf("%s\npid %d\n", program, os.Getpid()))); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data folder %s: %w", folder, err), lock.release())
	}
	return lock, nil
}

// lockToRead keeps other processes from working on a folder in which nothing may be written, and says who has it where one does.
// A folder without a lock's file is not locked, and that is no error. The caller closes the file.
func lockToRead(folder string) (io.Closer, error) {
	file, err := openLockToRead(filepath.Join(folder, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return io.NopCloser(nil), nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err = lockFileShared(file); errors.Is(err, errLocked) {
		err = fmt.Errorf("%w: %s is open in %s", engine.ErrFolderInUse, folder, readHolder(file))
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// sign replaces what the lock file says.
func (l *folderLock) sign(text string) error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(text), 0)
	return err
}

// release lets go of the lock; closing the file does it.
func (l *folderLock) release() error {
	return errors.Join(l.sign(""), l.file.Close())
}

// readHolder reads who has the lock, as `lockwired (pid 4711)`. What stands in the file is bounded and made printable: it goes to a terminal.
func readHolder(file *os.File) string {
	const most = 256
	content, err := io.ReadAll(io.NewSectionReader(file, 0, most))
	text := strings.ToValidUTF8(string(content), "")
	program, pid, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if program = strings.TrimSpace(engine.Printable(program)); err != nil || program == "" {
		return "another process"
	}
	if pid = strings.TrimSpace(engine.Printable(pid)); pid == "" {
		return program
	}
	return fmt.Sprintf("%s (%s)", program, pid)
}

// executableName is the name under which a program was started.
func executableName(arguments []string) string {
	if len(arguments) == 0 || arguments[0] == "" {
		return "a program without a name"
	}
	return filepath.Base(arguments[0])
}
