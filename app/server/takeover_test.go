package server

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"lockwire/engine"
)

func TestAnInstallationThatIsTakenOverKeepsItsAdministrators(t *testing.T) {
	for name, passphrase := range map[string]string{"authority in clear": "", "authority under a passphrase": "correct horse battery"} {
		t.Run(name, func(t *testing.T) {
			from, to, enrolments := newFolder(t), newFolder(t), t.TempDir()
			running := serve(t, from)
			token, err := running.Administration.NewToken(t.Context(), engine.TokenRequest{Kind: engine.JoinAdministrator, Name: "Ann", Administrator: engine.MayChange})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Enrol(t.Context(), token.Secret, enrolments); err != nil {
				t.Fatal(err)
			}
			running.stop(t)
			if passphrase != "" {
				old := open(t, from)
				if err := errors.Join(old.SealAuthority([]byte(passphrase)), old.Close()); err != nil {
					t.Fatal(err)
				}
			}
			before, err := os.ReadFile(filepath.Join(from, authorityFile))
			if err != nil {
				t.Fatal(err)
			}
			kept, err := TakeOver(t.Context(), from, to, "test")
			if err != nil {
				t.Fatal(err)
			}
			after, err := os.ReadFile(filepath.Join(to, authorityFile))
			if err != nil || string(after) != string(before) {
				t.Errorf("the authority's file is another one, %v", err)
			}
			if _, err := os.Stat(from); err == nil {
				t.Error("the old folder is there under its old name")
			}
			if _, err := os.Stat(filepath.Join(kept, authorityFile)); err != nil {
				t.Errorf("the old folder: %v", err)
			}
			again := serve(t, to, func(o *ServeOptions) { o.Passphrase = func() ([]byte, error) { return []byte(passphrase), nil } })
			client, closing, err := Elsewhere(t.Context(), enrolments, again.Address.String())
			if err != nil {
				t.Fatal(err)
			}
			defer closing()
			if seen, err := client.Installation(t.Context()); err != nil || seen.ID != running.Administration.Config.Installation {
				t.Errorf("%+v, %v", seen, err)
			}
		})
	}
}

func TestWhatCannotBeTakenOverStaysAsItIs(t *testing.T) {
	for _, test := range []struct {
		name     string
		from, to func(*testing.T) string
	}{
		{"no installation", newFolder, newFolder},
		{"into a folder that has one", found, found},
		{"while its broker runs", func(t *testing.T) string { return serve(t, newFolder(t)).path }, newFolder},
		{"a second time", func(t *testing.T) string {
			path := found(t)
			if err := os.Mkdir(path+takenOver, 0o700); err != nil {
				t.Fatal(err)
			}
			return path
		}, newFolder},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, to := test.from(t), test.to(t)
			before, _ := os.ReadFile(filepath.Join(from, authorityFile))
			if _, err := TakeOver(t.Context(), from, to, "test"); err == nil {
				t.Fatal("it was taken over")
			}
			after, _ := os.ReadFile(filepath.Join(from, authorityFile))
			if string(after) != string(before) {
				t.Error("the old installation has changed")
			}
			if _, err := os.Stat(filepath.Join(to, authorityFile)); test.name != "into a folder that has one" && err == nil {
				t.Error("there is a second installation")
			}
		})
	}
}
