package settings

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2/test"

	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestABackupIsWrittenWholeOrNotAtAll(t *testing.T) {
	s, a, state := uitest.Linked(t)
	path := filepath.Join(t.TempDir(), "backup.tar")
	fail := errors.New("the disk is full")
	a.OnBackup = func(_ context.Context, passphrase []byte, to io.Writer) error {
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
	screen.MustContain(t, uitest.Top(s), "the disk is full")
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	fail = nil
	b.write(path)
	screen.MustContain(t, uitest.Top(s), "The backup is written", path)
	if text, err := os.ReadFile(path); err != nil || string(text) != "archive" {
		t.Errorf("%q, %v", text, err)
	}
}
