package identity

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"lockwire/engine"
)

func TestLeaveRemovesKeyAndFolder(t *testing.T) {
	base := t.TempDir()
	installation := engine.NewID()
	if err := Leave(base, installation); err != nil {
		t.Errorf("where there is none: %v", err)
	}
	path := base + "/" + string(installation)
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{attachmentFile, identityFile, previousFile, rootsFile} {
		if err := os.WriteFile(path+"/"+name, []byte("something"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Leave(base, installation); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
	if err := Leave(base, "../elsewhere"); err == nil {
		t.Error("a folder elsewhere was removed")
	}
}
