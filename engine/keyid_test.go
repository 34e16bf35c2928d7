package engine

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAFingerprintIsReadAsItIsWrittenTypedOrPasted(t *testing.T) {
	key := KeyID{0: 0xab, 1: 0xcd, 31: 0x0f}
	text := key.Fingerprint()
	if !strings.HasPrefix(text, "abcd 0000 ") || len(strings.Fields(text)) != 16 {
		t.Errorf("it is written as %q", text)
	}
	for _, written := range []string{text, key.String(), strings.ToUpper(text), strings.ReplaceAll(text, " ", ":"), strings.ReplaceAll(text, " ", "-"), " " + text + "\r\n"} {
		if read, err := ParseFingerprint(written); err != nil || read != key {
			t.Errorf("%q is read as %s, %v", written, read, err)
		}
	}
	for _, wrong := range []string{"", "abcd", text + " 00", strings.Replace(text, "a", "g", 1), strings.Repeat("0", 1000)} {
		if _, err := ParseFingerprint(wrong); err == nil {
			t.Errorf("%q is read as a fingerprint", wrong)
		}
	}
}

func TestAKeyIDStandsInJSONAsPeopleReadIt(t *testing.T) {
	key := KeyID{1, 2, 3}
	text, err := json.Marshal(struct{ Key KeyID }{key})
	if err != nil || string(text) != `{"Key":"`+key.String()+`"}` {
		t.Errorf("%s, %v", text, err)
	}
	var read struct{ Key KeyID }
	if err := json.Unmarshal(text, &read); err != nil || read.Key != key {
		t.Errorf("it comes back as %s, %v", read.Key, err)
	}
	if json.Unmarshal([]byte(`{"Key":"0102"}`), &read) == nil {
		t.Error("half a key id is read")
	}
}
