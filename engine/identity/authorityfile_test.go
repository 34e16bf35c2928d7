package identity

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lockwire/engine"
)

// sameAuthority tells whether two hold the same roots and both can sign for them.
func sameAuthority(t *testing.T, want, got *Authority) {
	t.Helper()
	if !want.Roots().Equal(got.Roots()) || want.Pin() != got.Pin() {
		t.Error("other roots")
	}
	_, certificate := issued(t, got, Component, engine.NewID(), today)
	if _, err := NewVerifier(want.Roots, at(today)).Verify([]*x509.Certificate{certificate}); err != nil {
		t.Errorf("what it signs: %v", err)
	}
}

func encode(t *testing.T, authority *Authority, passphrase string) []byte {
	t.Helper()
	text, err := authority.Encode([]byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAnAuthorityIsReadBackAtEveryStepOfItsRoots(t *testing.T) {
	authority := newAuthority(t)
	steps := []func() error{
		func() error { return nil }, func() error { return authority.PublishNext(today) }, authority.Promote, authority.RetireOld,
	}
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		passphrases := []string{""}
		if i == 1 { // both keys are there
			passphrases = append(passphrases, "correct horse")
		}
		for _, passphrase := range passphrases {
			text := encode(t, authority, passphrase)
			if sealed, err := Sealed(text); err != nil || sealed != (passphrase != "") {
				t.Errorf("step %d: sealed %v, %v", i, sealed, err)
			}
			read, err := ParseAuthority(text, []byte(passphrase))
			if err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			sameAuthority(t, authority, read)
			if i == 1 {
				if err := read.Promote(); err != nil {
					t.Errorf("the next root's key was lost: %v", err)
				}
			}
		}
	}
}

func TestABackupCarriesTheAuthorityUnderItsOwnPassphrase(t *testing.T) {
	authority := newAuthority(t)
	backup := encode(t, authority, "of the backup")
	if bytes.Contains(backup, []byte("BEGIN PRIVATE KEY")) {
		t.Error("the key is in clear")
	}
	der, err := x509.MarshalPKCS8PrivateKey(authority.signer().key)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(backup[bytes.Index(backup, []byte("-----BEGIN "+pemSealedKey)):])
	if bytes.Contains(block.Bytes, der[len(der)-32:]) {
		t.Error("the key is in clear inside")
	}
	restored, err := ParseAuthority(backup, []byte("of the backup"))
	if err != nil {
		t.Fatal(err)
	}
	sameAuthority(t, authority, restored)
	if _, err := ParseAuthority(encode(t, restored, "of the new machine"), []byte("of the backup")); !errors.Is(err, ErrPassphrase) {
		t.Errorf("with the passphrase of before: %v", err)
	}
}

func TestAuthorityFilesThatAreRefused(t *testing.T) {
	authority := newAuthority(t)
	sealed, clear := encode(t, authority, "x"), encode(t, authority, "")
	stranger := encode(t, newAuthority(t), "")
	parts := func(text []byte) (certificate, key *pem.Block) {
		certificate, rest := pem.Decode(text)
		key, _ = pem.Decode(rest)
		return certificate, key
	}
	certificate, key := parts(sealed)
	_, clearKey := parts(clear)
	strangerCertificate, _ := parts(stranger)
	join := func(blocks ...*pem.Block) []byte {
		var all []byte
		for _, b := range blocks {
			all = append(all, pem.EncodeToMemory(b)...)
		}
		return all
	}
	edited := func(edit func(sealed []byte)) []byte {
		changed := &pem.Block{Type: key.Type, Bytes: bytes.Clone(key.Bytes)}
		edit(changed.Bytes)
		return join(certificate, changed)
	}
	// The same key, but its root made anew: the seal is bound to the certificate.
	resigned := forged(t, authority.signer(), func(c *x509.Certificate) { *c = *authority.signer().certificate; c.SerialNumber = big.NewInt(9) },
		&authority.signer().key.PublicKey)
	for name, c := range map[string]struct {
		text       []byte
		passphrase string
		want       error // nil: any
	}{
		"no passphrase":              {sealed, "", ErrPassphraseNeeded},
		"a wrong passphrase":         {sealed, "y", ErrPassphrase},
		"a byte of the salt":         {edited(func(b []byte) { b[12] ^= 1 }), "x", ErrPassphrase},
		"a byte of the ciphertext":   {edited(func(b []byte) { b[60] ^= 1 }), "x", ErrPassphrase},
		"a byte of the tag":          {edited(func(b []byte) { b[len(b)-1] ^= 1 }), "x", ErrPassphrase},
		"fewer passes":               {edited(func(b []byte) { binary.BigEndian.PutUint32(b[2:], 1) }), "x", ErrPassphrase},
		"another certificate before": {join(&pem.Block{Type: pemCertificate, Bytes: resigned.Raw}, key), "x", ErrPassphrase},
		"a newer version":            {edited(func(b []byte) { b[0] = 2 }), "x", ErrNewerFile},
		"version 0":                  {edited(func(b []byte) { b[0] = 0 }), "x", nil},
		"another derivation":         {edited(func(b []byte) { b[1] = 2 }), "x", nil},
		"no passes":                  {edited(func(b []byte) { binary.BigEndian.PutUint32(b[2:], 0) }), "x", nil},
		"endless passes":             {edited(func(b []byte) { binary.BigEndian.PutUint32(b[2:], 1<<31) }), "x", nil},
		"all memory there is":        {edited(func(b []byte) { binary.BigEndian.PutUint32(b[6:], 1<<31) }), "x", nil},
		"hardly any memory":          {edited(func(b []byte) { binary.BigEndian.PutUint32(b[6:], 8) }), "x", nil},
		"no lane":                    {edited(func(b []byte) { b[10] = 0 }), "x", nil},
		"a short sealed key":         {join(certificate, &pem.Block{Type: pemSealedKey, Bytes: key.Bytes[:50]}), "x", nil},
		"a long sealed key":          {join(certificate, &pem.Block{Type: pemSealedKey, Bytes: make([]byte, maxSealedKey+1)}), "x", nil},
		"nothing":                    {nil, "", nil},
		"garbage":                    {[]byte("x"), "", nil},
		"too long":                   {make([]byte, maxAuthorityFile+1), "", nil},
		"no key":                     {join(certificate), "", nil},
		"a key alone":                {join(clearKey), "", nil},
		"two keys":                   {join(certificate, clearKey, clearKey), "", nil},
		"another's certificate":      {join(strangerCertificate, clearKey), "", nil},
		"a stranger's root too":      {join(certificate, clearKey, strangerCertificate), "", nil},
		"something else":             {join(certificate, clearKey, &pem.Block{Type: "X"}), "", nil},
		"a key that is none":         {join(certificate, &pem.Block{Type: pemPrivateKey, Bytes: []byte("x")}), "", nil},
		"one key sealed, one not":    {join(certificate, key, certificate, clearKey), "x", nil},
	} {
		t.Run(name, func(t *testing.T) {
			read, err := ParseAuthority(c.text, []byte(c.passphrase))
			if err == nil || read != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestTheAuthoritysFile(t *testing.T) {
	authority, path := newAuthority(t), filepath.Join(t.TempDir(), "authority.pem")
	if _, err := LoadAuthority(path, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("before it is written: %v", err)
	}
	never := func() ([]byte, error) { t.Error("asked for a passphrase"); return nil, nil }
	if err := authority.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	read, err := LoadAuthority(path, never)
	if err != nil {
		t.Fatal(err)
	}
	sameAuthority(t, authority, read)

	if err := authority.Save(path, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if read, err = LoadAuthority(path, func() ([]byte, error) { return []byte("x"), nil }); err != nil {
		t.Fatal(err)
	}
	sameAuthority(t, authority, read)
	for name, ask := range map[string]func() ([]byte, error){"nobody to ask": nil, "nothing answered": func() ([]byte, error) { return nil, nil }} {
		if _, err := LoadAuthority(path, ask); !errors.Is(err, ErrPassphraseNeeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wanted := errors.New("no terminal")
	if _, err := LoadAuthority(path, func() ([]byte, error) { return nil, wanted }); !errors.Is(err, wanted) {
		t.Errorf("asking failed: %v", err)
	}

	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v is left over, error %v", entries, err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadAuthority(path, never); !errors.Is(err, ErrPermissions) {
		t.Errorf("readable by a group: %v", err)
	}
	if _, err := LoadAuthority(filepath.Dir(path), never); err == nil {
		t.Error("read a directory")
	}
}

func TestASaveThatFailsLeavesTheFileAsItWas(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "authority.pem")
	if err := os.Mkdir(path, 0o700); err != nil { // a rename over a directory fails
		t.Fatal(err)
	}
	if err := newAuthority(t).Save(path, nil); err == nil {
		t.Error("saved over a directory")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v is left over, error %v", entries, err)
	}
}

func TestThePassphraseThatSystemdOffers(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, CredentialName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, where := range []string{"", dir} {
		if phrase, err := CredentialPassphrase(where); phrase != nil || err != nil {
			t.Errorf("where none is offered: %q, %v", phrase, err)
		}
	}
	write("\ufeffcorrect horse \r\n\n")
	if phrase, err := CredentialPassphrase(dir); string(phrase) != "correct horse " || err != nil {
		t.Errorf("%q, %v", phrase, err)
	}
	for name, text := range map[string]string{"empty": "\n", "too long": strings.Repeat("x", maxPassphrase+1)} {
		write(text)
		if phrase, err := CredentialPassphrase(dir); phrase != nil || err == nil {
			t.Errorf("%s: %d bytes, %v", name, len(phrase), err)
		}
	}
	if _, err := CredentialPassphrase(filepath.Join(dir, "gone")); err == nil {
		t.Error("a directory that is missing was read")
	}
}
