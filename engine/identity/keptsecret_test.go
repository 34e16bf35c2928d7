package identity

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"lockwire/engine"
)

func TestAKeptSecretOpensUnderItsNameWithTheAuthorityAlone(t *testing.T) {
	authority, err := NewAuthority(engine.NewID(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewAuthority(engine.NewID(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte("a webhook's key of some length")
	sealed, err := authority.SealSecret("webhook", secret)
	if err != nil || bytes.Contains(sealed, secret[:8]) {
		t.Fatalf("%x, %v", sealed, err)
	}
	again, err := authority.SealSecret("webhook", secret)
	if err != nil || bytes.Equal(sealed, again) {
		t.Errorf("two seals are the same: %v", err)
	}
	if opened, err := authority.OpenSecret("webhook", sealed); err != nil || !bytes.Equal(opened, secret) {
		t.Errorf("%q, %v", opened, err)
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"another name":         func() ([]byte, error) { return authority.OpenSecret("mail", sealed) },
		"another installation": func() ([]byte, error) { return other.OpenSecret("webhook", sealed) },
		"altered":              func() ([]byte, error) { return authority.OpenSecret("webhook", flipped) },
		"cut":                  func() ([]byte, error) { return authority.OpenSecret("webhook", sealed[:keptOverhead-1]) },
		"too long":             func() ([]byte, error) { return authority.OpenSecret("webhook", make([]byte, 1<<20)) },
	} {
		if opened, err := try(); !errors.Is(err, ErrKeptSecret) || opened != nil {
			t.Errorf("%s: %q, %v", name, opened, err)
		}
	}
	if _, err := authority.SealSecret("webhook", make([]byte, maxKeptSecret+1)); err == nil {
		t.Error("a secret without end is sealed")
	}
}

func TestAKeptSecretOpensUntilAnotherRootSigns(t *testing.T) {
	now := time.Now()
	authority, err := NewAuthority(engine.NewID(), now)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := authority.SealSecret("webhook", []byte("the key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := authority.PublishNext(now); err != nil {
		t.Fatal(err)
	}
	if opened, err := authority.OpenSecret("webhook", sealed); err != nil || string(opened) != "the key" {
		t.Errorf("before the new root signs: %q, %v", opened, err)
	}
	if err := authority.Promote(); err != nil {
		t.Fatal(err)
	}
	if opened, err := authority.OpenSecret("webhook", sealed); !errors.Is(err, ErrKeptSecret) {
		t.Errorf("after the new root signs: %q, %v", opened, err)
	}
}
