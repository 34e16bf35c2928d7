package record

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"lockwire/engine"
)

// TestTheVectorsOfTheDocumentation reads them where people do.
func TestTheVectorsOfTheDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../docs/receipts.md")
	if err != nil {
		t.Fatal(err)
	}
	says := func(what, value string) {
		t.Helper()
		if !strings.Contains(string(text), what+" | `"+value+"` |") {
			t.Errorf("docs/receipts.md does not say %s | `%s` |", what, value)
		}
	}
	const object = `{"b":[1,-20,true,null],"a":"ü","chain":{}}`
	says("object", object)
	canonical, err := Canonical([]byte(object), "chain")
	if err != nil {
		t.Fatal(err)
	}
	says("canonical", hex.EncodeToString(canonical))
	if other, err := Canonical([]byte(" { \"a\":\"\\u00fc\",\n\"b\" : [1,-20,true,null]}")); err != nil || string(other) != string(canonical) {
		t.Errorf("spaces, escapes and order count: %x, %v", other, err)
	}
	link, err := LinkOf(engine.ChainHash{}, 1, engine.EntryReceipt, []byte(object))
	if err != nil {
		t.Fatal(err)
	}
	says("link, previous zeros, sequence 1, kind `receipt`", link.String())
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), append(make([]byte, 31), 7))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := testSigner{key: key}.Sign(signedOf(link))
	if err != nil {
		t.Fatal(err)
	}
	says("signature", base64.StdEncoding.EncodeToString(signature))
}

func TestWhatHasNoCanonicalFormIsRefused(t *testing.T) {
	for _, text := range []string{``, `[]`, `1`, `{`, `{}{}`, `{"a":1,"a":2}`, `{"a":{"b":1,"b":1}}`, `{"a":1.5}`, `{"a":1e3}`, `{"a":-0}`,
		`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, `{"a":"` + strings.Repeat("x", maximumDocument) + `"}`} {
		if got, err := Canonical([]byte(text)); err == nil {
			t.Errorf("%.40q gives %x", text, got)
		}
	}
}

// FuzzCanonical holds the reader against package json: what both read is the same.
func FuzzCanonical(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":[1,-2,"\\"\u00fc",{"b":null,"c":[]}],"d":true}`, ` { "x" : "` + "\xff" + `" } `, `{"a":"\\\\"}`, `{"a":[[]],"":0}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		first, err := Canonical(text)
		if err != nil {
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var members map[string]any
		if err := decoder.Decode(&members); err != nil {
			t.Fatalf("%q: package json reads it not: %v", text, err)
		}
		again, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := Canonical(again); err != nil || !bytes.Equal(first, second) {
			t.Errorf("%q is %x, read by package json %x, %v", text, first, second, err)
		}
	})
}
