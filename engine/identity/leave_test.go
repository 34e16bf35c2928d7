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

func TestADirectoryThatWasGivenUpWritesNothingAnyMore(t *testing.T) {
	j := join(t, t.TempDir())
	j.directory.GiveUp()
	key, certificate := issued(t, j.authority, Component, j.attachment.ID, today)
	for what, err := range map[string]error{
		"renew":   j.directory.Renew(key, certificate),
		"brokers": j.directory.SetBrokers([]string{"10.0.0.2:6170"}),
		"name":    j.directory.SetName("another"),
		"roots":   j.directory.SetRoots(j.authority.Roots()),
	} {
		if !errors.Is(err, errGivenUp) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if again := j.reopen(t); again.Attachment().Name != j.attachment.Name || keyOf(t, again) != keyOf(t, j.directory) {
		t.Error("something was written")
	}
}
