package ui

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2/test"
)

func TestABackupIsWrittenWholeOrNotAtAll(t *testing.T) {
	s, a, state := linked(t)
	path := filepath.Join(t.TempDir(), "backup.tar")
	fail := errors.New("the disk is full")
	a.backup = func(_ context.Context, passphrase []byte, to io.Writer) error {
		if string(passphrase) != "correct horse battery" {
			t.Errorf("the passphrase is %q", passphrase)
		}
		if _, err := io.WriteString(to, "archive"); err != nil {
			return err
		}
		return fail
	}
	b := showBackup(s.Console, state)
	test.Type(b.first, "correct horse battery")
	test.Type(b.second, "correct horse")
	if !b.next.Disabled() {
		t.Error("two passphrases that differ are taken")
	}
	test.Type(b.second, " battery")
	b.write(path)
	mustContain(t, top(s), "the disk is full")
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	fail = nil
	b.write(path)
	mustContain(t, top(s), "The backup is written", path)
	if text, err := os.ReadFile(path); err != nil || string(text) != "archive" {
		t.Errorf("%q, %v", text, err)
	}
}
