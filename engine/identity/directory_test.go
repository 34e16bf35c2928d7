package identity

import (
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

// joined is a machine that has joined an installation of its own.
type joined struct {
	authority  *Authority
	attachment Attachment
	key        *ecdsa.PrivateKey
	base       string
	directory  *Directory
}

func join(t *testing.T, base string) joined {
	t.Helper()
	authority, id := newAuthority(t), engine.NewID()
	key, certificate := issued(t, authority, Component, id, today)
	attachment := Attachment{authority.Installation(), Component, id, "nas-1", []string{"10.0.0.1:6170"}}
	directory, err := Join(base, attachment, authority.Roots(), key, certificate)
	if err != nil {
		t.Fatal(err)
	}
	return joined{authority, attachment, key, base, directory}
}

// reopen reads the same directory as a program does that was started again.
func (j joined) reopen(t *testing.T) *Directory {
	t.Helper()
	d, err := OpenDirectory(j.directory.Path())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func keyOf(t *testing.T, d *Directory) engine.KeyID {
	t.Helper()
	certificate, err := d.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	if !certificate.PrivateKey.(*ecdsa.PrivateKey).PublicKey.Equal(certificate.Leaf.PublicKey) {
		t.Error("key and certificate do not belong together")
	}
	if id := KeyIDOf(certificate.Leaf.RawSubjectPublicKeyInfo); id != d.KeyID() {
		t.Errorf("key id %s, want %s", d.KeyID(), id)
	}
	return d.KeyID()
}

func TestAnAttachmentIsReadBack(t *testing.T) {
	j := join(t, t.TempDir())
	d := j.reopen(t)
	if diff := cmp.Diff(j.attachment, d.Attachment()); diff != "" {
		t.Errorf("attachment (-want +got):\n%s", diff)
	}
	if !d.Roots().Equal(j.authority.Roots()) || keyOf(t, d) != keyOf(t, j.directory) || d.Previous() != nil {
		t.Error("other roots or keys")
	}
	if runtime.GOOS == "windows" {
		return
	}
	entries, err := os.ReadDir(d.Path())
	if err != nil || len(entries) != 3 {
		t.Errorf("files %v, error %v", entries, err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, error %v", entry.Name(), info.Mode(), err)
		}
	}
	if info, err := os.Stat(d.Path()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: mode %v, error %v", info.Mode(), err)
	}
}

func TestOneMachineServesSeveralInstallations(t *testing.T) {
	base := t.TempDir()
	if all, err := Directories(filepath.Join(base, "missing")); err != nil || len(all) != 0 {
		t.Errorf("before it joins: %d, %v", len(all), err)
	}
	var want []engine.ID
	for range 3 {
		want = append(want, join(t, base).attachment.Installation)
	}
	slices.Sort(want)
	// What is half made or foreign is left alone.
	for _, name := range []string{"lost+found", string(engine.NewID())} {
		if err := os.Mkdir(filepath.Join(base, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	all, err := Directories(base)
	if err != nil {
		t.Fatal(err)
	}
	var got []engine.ID
	for _, d := range all {
		got = append(got, d.Attachment().Installation)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("installations (-want +got):\n%s", diff)
	}
}

func TestARenewalKeepsThePreviousKeyUntilItHasAttached(t *testing.T) {
	j := join(t, t.TempDir())
	renew := func(d *Directory) engine.KeyID {
		t.Helper()
		key, certificate := issued(t, j.authority, Component, j.attachment.ID, today)
		if err := d.Renew(key, certificate); err != nil {
			t.Fatal(err)
		}
		return keyOf(t, d)
	}
	previous := func(d *Directory) engine.KeyID {
		t.Helper()
		if d.Previous() == nil {
			t.Fatal("no previous key")
		}
		return KeyIDOf(d.Previous().Leaf.RawSubjectPublicKeyInfo)
	}
	first := keyOf(t, j.directory)
	second := renew(j.directory)
	d := j.reopen(t)
	if first == second || keyOf(t, d) != second || previous(d) != first {
		t.Error("after one renewal: other keys than expected")
	}
	third := renew(d) // the second one never attached
	d = j.reopen(t)
	if keyOf(t, d) != third || previous(d) != first {
		t.Error("the key that attached last was given up for one that never did")
	}
	if err := d.Attached(first); err != nil || previous(d) != first {
		t.Errorf("the broker took the previous key, which is gone now: %v", err)
	}
	if err := d.Attached(third); err != nil {
		t.Fatal(err)
	}
	if err := d.Attached(third); err != nil {
		t.Errorf("told twice: %v", err)
	}
	if d = j.reopen(t); d.Previous() != nil || keyOf(t, d) != third {
		t.Error("after it attached: other keys than expected")
	}
}

func TestRenewalsAndJoinsThatAreRefused(t *testing.T) {
	j := join(t, t.TempDir())
	_, sameKey := issued(t, j.authority, Component, j.attachment.ID, today)
	otherKey, otherID := issued(t, j.authority, Component, engine.NewID(), today)
	kindKey, otherKind := issued(t, j.authority, Administrator, j.attachment.ID, today)
	foreignKey, foreign := issued(t, newAuthority(t), Component, j.attachment.ID, today)
	current, err := j.directory.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key         *ecdsa.PrivateKey
		certificate *x509.Certificate
		want        error
	}{
		"for another key":         {j.key, sameKey, ErrOtherKey},
		"without a fresh key":     {j.key, current.Leaf, ErrOtherKey},
		"another component's":     {otherKey, otherID, nil},
		"an administrator's":      {kindKey, otherKind, nil},
		"of another installation": {foreignKey, foreign, ErrOtherInstallation},
		"a broken signature":      {otherKey, altered(t, otherID), ErrUntrusted},
	} {
		if err := j.directory.Renew(c.key, c.certificate); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("renewal, %s: %v, want %v", name, err, c.want)
		}
		if name == "without a fresh key" {
			continue
		}
		base := t.TempDir()
		if _, err := Join(base, j.attachment, j.authority.Roots(), c.key, c.certificate); err == nil {
			t.Errorf("join, %s: kept", name)
		}
		if entries, err := os.ReadDir(base); err != nil || len(entries) != 0 {
			t.Errorf("join, %s: %v is left, error %v", name, entries, err)
		}
	}
	if d := j.reopen(t); keyOf(t, d) != keyOf(t, j.directory) || d.Previous() != nil {
		t.Error("a refused renewal changed the disk")
	}
	for name, edit := range map[string]func(*Attachment){
		"no installation":   func(a *Attachment) { a.Installation = "" },
		"a path for an id":  func(a *Attachment) { a.Installation = "../../etc" },
		"no id":             func(a *Attachment) { a.ID = "" },
		"a broker":          func(a *Attachment) { a.Kind, a.ID = Broker, "" },
		"no broker address": func(a *Attachment) { a.Brokers = nil },
		"an endless name":   func(a *Attachment) { a.Name = string(make([]byte, MaxName+1)) },
	} {
		attachment := j.attachment
		edit(&attachment)
		if _, err := Join(t.TempDir(), attachment, j.authority.Roots(), j.key, current.Leaf); err == nil {
			t.Errorf("%s: kept", name)
		}
	}
}

func TestJoiningAgainReplacesTheAttachment(t *testing.T) {
	j := join(t, t.TempDir())
	key, certificate := issued(t, j.authority, Component, j.attachment.ID, today)
	if err := j.directory.Renew(key, certificate); err != nil {
		t.Fatal(err)
	}
	again := j.attachment
	again.ID, again.Name = engine.NewID(), "nas-2"
	key, certificate = issued(t, j.authority, Component, again.ID, today)
	if _, err := Join(j.base, again, j.authority.Roots(), key, certificate); err != nil {
		t.Fatal(err)
	}
	d := j.reopen(t)
	if diff := cmp.Diff(again, d.Attachment()); diff != "" || d.Previous() != nil {
		t.Errorf("a previous key is left: %v; attachment (-want +got):\n%s", d.Previous() != nil, diff)
	}
}

func TestChangesThatTheBrokerSendsAreKept(t *testing.T) {
	j := join(t, t.TempDir())
	if err := errors.Join(j.directory.SetName("nas-9"), j.directory.SetBrokers([]string{"a:1", "b:2"}), j.authority.PublishNext(today)); err != nil {
		t.Fatal(err)
	}
	if err := j.directory.SetRoots(j.authority.Roots()); err != nil {
		t.Fatal(err)
	}
	if err := j.authority.Promote(); err != nil {
		t.Fatal(err)
	}
	key, certificate := issued(t, j.authority, Component, j.attachment.ID, today) // signed by the new root
	if err := j.directory.Renew(key, certificate); err != nil {
		t.Errorf("a renewal under the root published ahead: %v", err)
	}
	d := j.reopen(t)
	want := j.attachment
	want.Name, want.Brokers = "nas-9", []string{"a:1", "b:2"}
	if diff := cmp.Diff(want, d.Attachment()); diff != "" || len(d.Roots().DER()) != 2 {
		t.Errorf("%d roots, attachment (-want +got):\n%s", len(d.Roots().DER()), diff)
	}
	twin, err := NewAuthority(j.attachment.Installation, today)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"other roots of the same name": d.SetRoots(twin.Roots()),
		"another installation's roots": d.SetRoots(newAuthority(t).Roots()),
		"no roots":                     d.SetRoots(Roots{}),
		"no broker":                    d.SetBrokers(nil),
		"an endless name":              d.SetName(string(make([]byte, MaxName+1))),
	} {
		if err == nil {
			t.Errorf("%s: kept", name)
		}
	}
	if diff := cmp.Diff(want, j.reopen(t).Attachment()); diff != "" {
		t.Errorf("a refused change reached the disk:\n%s", diff)
	}
}

func TestDirectoriesThatCannotBeUsedSayWhy(t *testing.T) {
	other := join(t, t.TempDir())
	for name, c := range map[string]struct {
		spoil func(t *testing.T, path string) error
		want  error // nil: any
	}{
		"nothing there":         {func(t *testing.T, p string) error { return os.RemoveAll(p) }, ErrNotJoined},
		"a join that broke off": {func(t *testing.T, p string) error { return os.Remove(filepath.Join(p, attachmentFile)) }, ErrNotJoined},
		"no key":                {func(t *testing.T, p string) error { return os.Remove(filepath.Join(p, identityFile)) }, os.ErrNotExist},
		"no roots":              {func(t *testing.T, p string) error { return os.Remove(filepath.Join(p, rootsFile)) }, os.ErrNotExist},
		"a key that a group can read": {func(t *testing.T, p string) error {
			if runtime.GOOS == "windows" {
				t.Skip("mode bits say nothing here")
			}
			return os.Chmod(filepath.Join(p, identityFile), 0o640)
		}, ErrPermissions},
		"a newer version": {func(t *testing.T, p string) error {
			return os.WriteFile(filepath.Join(p, attachmentFile), []byte(`{"version": 2}`), 0o600)
		}, ErrNewerFile},
		"damaged JSON": {func(t *testing.T, p string) error {
			return os.WriteFile(filepath.Join(p, attachmentFile), []byte(`{"version": 1,`), 0o600)
		}, nil},
		"a huge file": {func(t *testing.T, p string) error {
			return os.WriteFile(filepath.Join(p, attachmentFile), make([]byte, maxAttachmentFile+1), 0o600)
		}, nil},
		"an empty key file": {func(t *testing.T, p string) error { return os.WriteFile(filepath.Join(p, identityFile), nil, 0o600) }, nil},
		"another's key file": {func(t *testing.T, p string) error {
			text, err := os.ReadFile(filepath.Join(other.directory.Path(), identityFile))
			return errors.Join(err, os.WriteFile(filepath.Join(p, identityFile), text, 0o600))
		}, ErrOtherInstallation},
		"another's roots": {func(t *testing.T, p string) error {
			return os.WriteFile(filepath.Join(p, rootsFile), other.authority.Roots().PEM(), 0o600)
		}, ErrOtherInstallation},
		"a damaged previous key": {func(t *testing.T, p string) error {
			return os.WriteFile(filepath.Join(p, previousFile), []byte("x"), 0o600)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			j := join(t, t.TempDir())
			if err := c.spoil(t, j.directory.Path()); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenDirectory(j.directory.Path()); err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	t.Run("a file that a crash left half-written is not read", func(t *testing.T) {
		j := join(t, t.TempDir())
		if err := os.WriteFile(filepath.Join(j.directory.Path(), ".lockwire-new-1"), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		j.reopen(t)
	})
}
