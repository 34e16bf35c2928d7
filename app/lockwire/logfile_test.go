package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheLogStaysBoundedAndKeepsOneOldFile(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "Lockwire")
	log, err := openLogFile(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	log.limit = 100
	entry := func(letter string) string { return strings.Repeat(letter, 39) + "\n" }
	for _, letter := range []string{"a", "b", "c", "d", "e"} {
		if _, err := log.Write([]byte(entry(letter))); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{logFileName: entry("e"), oldLogName: entry("c") + entry("d")} {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 2 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

func TestTheLogGoesOnWhereTheLastStartEnded(t *testing.T) {
	folder := t.TempDir()
	for _, entry := range []string{"first\n", "second\n"} {
		log, err := openLogFile(folder)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := log.Write([]byte(entry)); err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := log.Write([]byte("late\n")); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("after closing: %v", err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(folder, logFileName)); err != nil || string(got) != "first\nsecond\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestALogThatIsTooLongAtTheStartBecomesTheOldOne(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, logFileName)
	if err := os.WriteFile(path, make([]byte, logFileSize), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := openLogFile(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if _, err := log.Write([]byte("new\n")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "new\n" {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestWithoutADataFolderThereIsNoLogFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openLogFile(file); err == nil {
		t.Error("a file was taken for a folder")
	}
}
