package server

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// backedUp is a broker on which one administrator has enrolled, as a backup, and where the enrolment is kept.
func backedUp(t *testing.T, passphrase string) (archive []byte, enrolments string, installation engine.ID) {
	t.Helper()
	running := serve(t, newFolder(t))
	token, err := running.Administration.NewToken(t.Context(), engine.TokenRequest{Kind: engine.JoinAdministrator, Name: "Ann", Administrator: engine.MayChange})
	if err != nil {
		t.Fatal(err)
	}
	enrolments = t.TempDir()
	if _, err := Enrol(t.Context(), token.Secret, enrolments); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := running.Administration.Backup(t.Context(), []byte(passphrase), &text); err != nil {
		t.Fatal(err)
	}
	running.stop(t)
	return text.Bytes(), enrolments, running.Administration.Config.Installation
}

func TestARestoredInstallationKnowsItsCertificates(t *testing.T) {
	const passphrase = "correct horse battery"
	archive, enrolments, installation := backedUp(t, passphrase)
	path := newFolder(t)
	manifest, err := Restore(t.Context(), bytes.NewReader(archive), path, []byte(passphrase), false)
	if err != nil || manifest.Installation != installation {
		t.Fatalf("%+v, %v", manifest, err)
	}
	if info, err := os.Stat(filepath.Join(path, authorityFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the authority's file: %v, %v", info, err)
	}
	running := serve(t, path)
	client, closing, err := Elsewhere(t.Context(), enrolments, running.Address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	seen, err := client.Installation(t.Context())
	if err != nil || seen.ID != installation || seen.Role != engine.MayChange {
		t.Errorf("%+v, %v", seen, err)
	}
	// The chain of receipts goes on behind the restore, and tells of it.
	verdict, err := running.Administration.VerifyReceipts(t.Context())
	if err != nil || !verdict.Holds() || len(verdict.Notes) != 1 || !strings.Contains(verdict.Notes[0], "restored on") {
		t.Errorf("the receipts: %+v, %v", verdict, err)
	}
	other := serve(t, newFolder(t))
	if _, _, err := Elsewhere(t.Context(), enrolments, other.Address.String()); err == nil {
		t.Error("another installation's broker was taken for this one")
	}
}

func TestARestoreIsWholeOrNotAtAll(t *testing.T) {
	const passphrase = "correct horse battery"
	archive, _, _ := backedUp(t, passphrase)
	path := newFolder(t)
	if _, err := Restore(t.Context(), bytes.NewReader(archive), path, []byte("another passphrase"), false); !errors.Is(err, identity.ErrPassphrase) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	for _, cut := range []int{0, 100, len(archive) / 2, len(archive) - 2048} {
		if _, err := Restore(t.Context(), bytes.NewReader(archive[:cut]), path, []byte(passphrase), false); err == nil {
			t.Errorf("an archive of %d of %d bytes was restored", cut, len(archive))
		}
	}
	if _, err := os.Stat(filepath.Join(path, "lockwire.db")); err == nil {
		t.Error("a refused restore left a database behind")
	}
	if _, err := Restore(t.Context(), bytes.NewReader(archive), path, []byte(passphrase), true); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, path).Authority(); !errors.Is(err, identity.ErrPassphraseNeeded) {
		t.Errorf("kept sealed: %v", err)
	}
	taken := found(t)
	before := content(t, taken)
	if _, err := Restore(t.Context(), bytes.NewReader(archive), taken, []byte(passphrase), false); err == nil {
		t.Error("an installation was overwritten")
	}
	if after := content(t, taken); after[authorityFile] != before[authorityFile] || after["lockwire.db"] != before["lockwire.db"] {
		t.Error("an installation was changed")
	}
}

// A backup lies where others write, too. A byte that is another one need not make the database any less sound: it can be a rule's.
func TestABackupThatWasChangedIsNotRestored(t *testing.T) {
	const passphrase = "correct horse battery"
	archive, _, _ := backedUp(t, passphrase)
	path := newFolder(t)
	for _, change := range []struct{ name, from, to string }{
		{"a rule's name in the database", "Internet", "Inter-et"},
		{"when it was made", `"made": "2`, `"made": "3`},
	} {
		t.Run(change.name, func(t *testing.T) {
			changed := bytes.ReplaceAll(archive, []byte(change.from), []byte(change.to))
			if bytes.Equal(changed, archive) {
				t.Fatalf("the archive has no %q", change.from)
			}
			if _, err := Restore(t.Context(), bytes.NewReader(changed), path, []byte(passphrase), false); !errors.Is(err, identity.ErrArchiveAltered) {
				t.Errorf("it was restored: %v", err)
			}
			if left, _ := os.ReadDir(path); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}
