package server

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/identity"
)

func TestAnEmptyFolderBecomesAnInstallationThatStays(t *testing.T) {
	path := newFolder(t)
	folder := open(t, path)
	entries, err := folder.Store.Audit(t.Context(), engine.AuditQuery{})
	if err != nil || len(entries) != 1 || entries[0].What != "installation.found" {
		t.Errorf("the audit says %+v, %v", entries, err)
	}
	authority, err := folder.Authority()
	if err != nil || authority.Installation() != folder.Installation {
		t.Fatalf("the authority: %v", err)
	}
	for name, mode := range map[string]os.FileMode{".": os.ModeDir | 0o700, authorityFile: 0o600, "lockwire.db": 0o600} {
		info, err := os.Stat(filepath.Join(path, name))
		if err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v, wanted %v", name, info.Mode(), err, mode)
		}
	}
	if err := folder.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, path)
	reopened, err := again.Authority()
	if err != nil || again.Installation != folder.Installation || reopened.Pin() != authority.Pin() {
		t.Errorf("opened again it is %s, %v, it was %s", again.Installation, err, folder.Installation)
	}
}

func TestASecondProgramIsToldWhoHasTheFolder(t *testing.T) {
	path := newFolder(t)
	if _, err := OpenFolder(t.Context(), Options{Path: path, Program: "the first program"}); err != nil {
		t.Fatal(err)
	}
	_, err := OpenFolder(t.Context(), Options{Path: path, Program: "second"})
	if !errors.Is(err, engine.ErrFolderInUse) || !strings.Contains(err.Error(), "the first program") {
		t.Errorf("%v", err)
	}
}

func TestFoldersThatCannotBeOpenedAreLeftAsTheyAre(t *testing.T) {
	tests := map[string]struct {
		spoil func(t *testing.T, path string)
		is    error
		says  string
	}{
		"a damaged database": {func(t *testing.T, path string) {
			write(t, filepath.Join(path, "lockwire.db"), bytes.Repeat([]byte("no database "), 1000))
		}, engine.ErrDamagedData, "lockwired restore"},
		"an empty database": {func(t *testing.T, path string) { write(t, filepath.Join(path, "lockwire.db"), nil) }, engine.ErrDamagedData, ""},
		"a database of a newer version": {func(t *testing.T, path string) {
			database, err := sql.Open("sqlite3", filepath.Join(path, "lockwire.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer database.Close()
			if _, err := database.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)"); err != nil {
				t.Fatal(err)
			}
		}, engine.ErrNewerData, "newer version"},
		"an authority without its database": {func(t *testing.T, path string) { remove(t, filepath.Join(path, "lockwire.db")) }, nil, "the database was lost"},
		"an authority that others can read": {func(t *testing.T, path string) {
			if err := os.Chmod(filepath.Join(path, authorityFile), 0o644); err != nil {
				t.Fatal(err)
			}
		}, identity.ErrPermissions, "chmod 600"},
		"no authority, but components": {func(t *testing.T, path string) {
			folder := open(t, path)
			component := engine.Component{ID: engine.NewID(), Name: "vault", Role: engine.Repository, Tags: []string{}}
			if err := folder.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(component) }); err != nil {
				t.Fatal(err)
			}
			if err := folder.Close(); err != nil {
				t.Fatal(err)
			}
			remove(t, filepath.Join(path, authorityFile))
		}, nil, "is missing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := found(t)
			test.spoil(t, path)
			before := content(t, path)
			folder, err := OpenFolder(t.Context(), Options{Path: path, Program: "test"})
			if err == nil {
				_, err = folder.Authority()
				folder.Close()
			}
			if err == nil || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, wanted %v and %q", err, test.is, test.says)
			}
			// A database that was lost has been made anew beside the authority; what was there is as it was.
			after := content(t, path)
			for name, text := range before {
				if after[name] != text {
					t.Errorf("%s was changed", name)
				}
			}
		})
	}
	path := newFolder(t)
	write(t, path, []byte("a file"))
	if _, err := OpenFolder(t.Context(), Options{Path: path}); err == nil {
		t.Error("a file was opened as a folder")
	}
}

func TestAFirstStartThatWasInterruptedIsTakenUp(t *testing.T) {
	path := newFolder(t)
	folder := open(t, path)
	installation := folder.Installation
	if err := folder.Close(); err != nil {
		t.Fatal(err)
	}
	remove(t, filepath.Join(path, authorityFile))
	again := open(t, path)
	authority, err := again.Authority()
	if err != nil || again.Installation != installation || authority.Installation() != installation {
		t.Errorf("%s, %v, wanted %s", again.Installation, err, installation)
	}
}

func TestTheAuthoritysPassphraseIsAskedForOrSystemds(t *testing.T) {
	path := newFolder(t)
	folder := open(t, path)
	if err := folder.SealAuthority([]byte("correct horse battery")); err != nil {
		t.Fatal(err)
	}
	if err := folder.Close(); err != nil {
		t.Fatal(err)
	}
	asked := func(phrase string) func() ([]byte, error) {
		return func() ([]byte, error) { return []byte(phrase), nil }
	}
	credentials := t.TempDir()
	write(t, filepath.Join(credentials, identity.CredentialName), []byte("correct horse battery\n"))
	tests := map[string]struct {
		ask         func() ([]byte, error)
		credentials string
		is          error
	}{
		"nobody to ask":   {nil, "", identity.ErrPassphraseNeeded},
		"no answer":       {asked(""), "", identity.ErrPassphraseNeeded},
		"a wrong one":     {asked("correct horse"), "", identity.ErrPassphrase},
		"the right one":   {asked("correct horse battery"), "", nil},
		"from systemd":    {nil, credentials, nil},
		"systemd's first": {asked("wrong"), credentials, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CREDENTIALS_DIRECTORY", test.credentials)
			folder, err := OpenFolder(t.Context(), Options{Path: path, Passphrase: test.ask})
			if err != nil {
				t.Fatal(err)
			}
			defer folder.Close()
			if _, err := folder.Authority(); !errors.Is(err, test.is) {
				t.Errorf("%v, wanted %v", err, test.is)
			}
		})
	}
	t.Run("taken away again", func(t *testing.T) {
		folder, err := OpenFolder(t.Context(), Options{Path: path, Passphrase: asked("correct horse battery")})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(folder.SealAuthority(nil), folder.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, path).Authority(); err != nil {
			t.Error(err)
		}
	})
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// content reads the database and the authority of a folder.
func content(t *testing.T, path string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"lockwire.db", authorityFile} {
		if text, err := os.ReadFile(filepath.Join(path, name)); err == nil {
			all[name] = string(text)
		}
	}
	return all
}
