package identity

import (
	"bytes"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// withoutRecordKey is an authority's file as an older version wrote it.
func withoutRecordKey(t *testing.T, text []byte) []byte {
	t.Helper()
	at := bytes.Index(text, []byte("-----BEGIN LOCKWIRE RECEIPTS KEY"))
	if at < 0 {
		at = bytes.Index(text, []byte("-----BEGIN LOCKWIRE SEALED RECEIPTS KEY"))
	}
	if at < 0 {
		t.Fatal("the file has no key for receipts")
	}
	return text[:at]
}

func TestTheKeyForReceiptsIsKeptAsTheAuthoritysIs(t *testing.T) {
	authority := newAuthority(t)
	for _, passphrase := range []string{"", "of the machine"} {
		text := encode(t, authority, passphrase)
		if sealed := bytes.Contains(text, []byte("BEGIN LOCKWIRE SEALED RECEIPTS KEY")); sealed != (passphrase != "") {
			t.Errorf("passphrase %q: sealed is %t", passphrase, sealed)
		}
		read, err := ParseAuthority(text, []byte(passphrase))
		if err != nil || read.RecordKey().ID() != authority.RecordKey().ID() {
			t.Errorf("passphrase %q: another key, %v", passphrase, err)
		}
	}
	clear, sealed := encode(t, authority, ""), encode(t, authority, "x")
	mixed := append(withoutRecordKey(t, clear), sealed[len(withoutRecordKey(t, sealed)):]...)
	if _, err := ParseAuthority(mixed, []byte("x")); err == nil {
		t.Error("a sealed key beside one in clear is taken")
	}
	// The root's sealed key does not open as that for receipts.
	block, _ := pem.Decode(sealed[bytes.Index(sealed, []byte("-----BEGIN "+pemSealedKey)):])
	exchanged := append(bytes.Clone(withoutRecordKey(t, sealed)), pem.EncodeToMemory(&pem.Block{Type: pemSealedRecordKey, Bytes: block.Bytes})...)
	if _, err := ParseAuthority(exchanged, []byte("x")); !errors.Is(err, ErrPassphrase) {
		t.Errorf("the root's key as that for receipts: %v", err)
	}
}

func TestAnOlderFileGetsAKeyForReceiptsOnce(t *testing.T) {
	for _, passphrase := range []string{"", "of the machine"} {
		path := filepath.Join(t.TempDir(), "authority.pem")
		if err := os.WriteFile(path, withoutRecordKey(t, encode(t, newAuthority(t), passphrase)), 0o600); err != nil {
			t.Fatal(err)
		}
		ask := func() ([]byte, error) { return []byte(passphrase), nil }
		first, err := LoadAuthority(path, ask)
		if err != nil {
			t.Fatal(err)
		}
		again, err := LoadAuthority(path, ask)
		if err != nil || again.RecordKey().ID() != first.RecordKey().ID() {
			t.Errorf("passphrase %q: the key is another one at the next start, %v", passphrase, err)
		}
		if text, err := os.ReadFile(path); err != nil || (passphrase != "") == bytes.Contains(text, []byte("BEGIN PRIVATE KEY")) || (passphrase != "") == bytes.Contains(text, []byte("BEGIN LOCKWIRE RECEIPTS KEY")) {
			t.Errorf("passphrase %q: how it is sealed was changed, %v", passphrase, err)
		}
	}
}
