package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

func newLink(t *testing.T, gateways ...string) Link {
	t.Helper()
	link, err := NewLink(engine.KeyID{1, 2, 3}, engine.NewID(), gateways)
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func TestALinkIsReadBackHoweverItWasPasted(t *testing.T) {
	link := newLink(t, "gateway.example:6180", "192.0.2.7:6180")
	text := link.Reveal()
	for name, pasted := range map[string]string{
		"as shown": text, "in capitals": strings.ToUpper(text), "in lines": text[:40] + "\r\n> " + text[40:], "with spaces": "  " + text + "\n",
	} {
		read, err := ParseLink(pasted)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if read.Pin() != link.Pin() || read.Installation() != link.Installation() || !slices.Equal(read.Gateways(), link.Gateways()) || read.Hash() != link.Hash() {
			t.Errorf("%s: it is another link", name)
		}
	}
}

func TestLinksThatAreRefused(t *testing.T) {
	text := newLink(t, "gateway.example:6180").Reveal()
	token, err := NewToken(engine.KeyID{1}, []string{"broker.example:6170"})
	if err != nil {
		t.Fatal(err)
	}
	swapped := []byte(text)
	swapped[20] = other(swapped[20])
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":        {"", ErrLinkMalformed},
		"a word":         {"password", ErrLinkMalformed},
		"another letter": {string(swapped), ErrLinkMistyped},
		"a part":         {text[:len(text)-8], ErrLinkMistyped},
		"a join token":   {token.Reveal(), ErrLinkMalformed},
		"too long":       {strings.Repeat("a", maxPastedText+1), ErrLinkMalformed},
	} {
		if _, err := ParseLink(c.text); !errors.Is(err, c.want) && !(name == "a join token" && errors.Is(err, ErrLinkMistyped)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseToken(text); !errors.Is(err, ErrTokenMistyped) {
		t.Errorf("a link is taken for a join token: %v", err)
	}
}

func TestALinkDoesNotPrintItself(t *testing.T) {
	link := newLink(t, "gateway.example:6180")
	document, err := json.Marshal(link)
	if err != nil {
		t.Fatal(err)
	}
	secret := fmt.Sprintf("%x", link.Secret())
	for _, printed := range []string{link.String(), fmt.Sprintf("%v %+v %#v %s %q %x %d", link, link, link, link, link, link, link), string(document)} {
		if strings.Contains(printed, secret) || strings.Contains(strings.ToLower(printed), link.Reveal()[10:30]) || !strings.Contains(printed, "link") {
			t.Errorf("it prints %q", printed)
		}
	}
}

func TestALinkLetsInOnceAndForSevenDays(t *testing.T) {
	link, now := newLink(t, "gateway.example:6180"), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	sent, err := HashLinkSecret(link.Secret())
	if err != nil || sent != link.Hash() {
		t.Fatalf("the secret's hash is not the link's: %v", err)
	}
	record := engine.LinkRecord{Hash: link.Hash(), Expires: now.Add(LinkLifetime)}
	used := record
	used.Used = now
	for name, c := range map[string]struct {
		record engine.LinkRecord
		sent   [32]byte
		at     time.Time
		want   error
	}{
		"fresh":                 {record, sent, now, nil},
		"on the last day":       {record, sent, now.Add(LinkLifetime - time.Second), nil},
		"afterwards":            {record, sent, now.Add(LinkLifetime), ErrLinkExpired},
		"with a clock set back": {record, sent, now.Add(-time.Hour), ErrLinkExpired},
		"again":                 {used, sent, now, ErrLinkUsed},
		"guessed":               {record, [32]byte{}, now, ErrLinkUnknown},
	} {
		if err := CheckLink(c.record, c.sent, c.at); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := HashLinkSecret(make([]byte, 15)); !errors.Is(err, ErrLinkUnknown) {
		t.Errorf("a short secret: %v", err)
	}
}

func TestASignatureForAProviderFitsOnlyWhatWasSigned(t *testing.T) {
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	signed := ProviderKey{Provider: engine.NewID(), Tenant: engine.NewID(), Component: engine.NewID(), Challenge: make([]byte, ProviderChallengeSize)}
	signature, err := signed.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := signed.Check(&key.PublicKey, signature); err != nil {
		t.Errorf("its own signature: %v", err)
	}
	for name, other := range map[string]ProviderKey{
		"another provider":  {engine.NewID(), signed.Tenant, signed.Component, signed.Challenge},
		"another tenant":    {signed.Provider, engine.NewID(), signed.Component, signed.Challenge},
		"another component": {signed.Provider, signed.Tenant, engine.NewID(), signed.Challenge},
		"another challenge": {signed.Provider, signed.Tenant, signed.Component, append([]byte{1}, signed.Challenge[1:]...)},
		"no component":      {signed.Provider, signed.Tenant, "", signed.Challenge},
		"a short challenge": {signed.Provider, signed.Tenant, signed.Component, signed.Challenge[1:]},
	} {
		if err := other.Check(&key.PublicKey, signature); !errors.Is(err, ErrProviderSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := signed.Check(&stranger.PublicKey, signature); !errors.Is(err, ErrProviderSignature) {
		t.Errorf("another key: %v", err)
	}
	if _, err := (ProviderKey{Challenge: signed.Challenge}).Sign(key); err == nil {
		t.Error("what names nobody is signed")
	}
}
