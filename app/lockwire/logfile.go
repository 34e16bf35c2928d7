package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"lockwire/app/host"
)

const (
	logFileName = "console.log"
	oldLogName  = "console.log.old"
	// logFileSize is how long the file may become before it becomes the old one, so that both together are bounded.
	logFileSize = 4 << 20
)

// logFile is where the console writes its log on a system where a program with a window has no standard error.
type logFile struct {
	path, old string
	limit     int64

	mu     sync.Mutex
	file   *os.File
	length int64
}

// openLogFile opens the log in a data folder, and makes the folder where it is missing.
func openLogFile(folder string) (*logFile, error) {
	if err := host.MakeFolder(folder); err != nil {
		return nil, err
	}
	l := &logFile{path: filepath.Join(folder, logFileName), old: filepath.Join(folder, oldLogName), limit: logFileSize}
	return l, l.open()
}

func (l *logFile) open() error {
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	l.file, l.length = file, info.Size()
	return nil
}

// Write appends one entry. Before the file would grow over its limit it becomes the old one, and the one that was old is gone.
func (l *logFile) Write(entry []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return 0, fs.ErrClosed
	}
	if l.length > 0 && l.length+int64(len(entry)) > l.limit {
		if err := l.turn(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(entry)
	l.length += int64(n)
	return n, err
}

// turn begins a new file. Where another console has the file open, Windows does not rename it, and its words are dropped.
func (l *logFile) turn() error {
	err := l.file.Close()
	l.file = nil
	if err != nil {
		return err
	}
	if err := os.Rename(l.path, l.old); err != nil {
		if err := os.Truncate(l.path, 0); err != nil {
			return err
		}
	}
	return l.open()
}

// Close closes the file; what is written later is refused.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
