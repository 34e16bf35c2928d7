package engine

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// KeyID names a public key: the SHA-256 of its SubjectPublicKeyInfo in DER. It is no secret.
type KeyID [32]byte

// String writes the key id as 64 hexadecimal digits.
func (k KeyID) String() string { return fmt.Sprintf("%x", [32]byte(k)) }

// MarshalText writes the key id as String does.
func (k KeyID) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (k *KeyID) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(k)) {
		return fmt.Errorf("a key id has %d hexadecimal digits", hex.EncodedLen(len(k)))
	}
	_, err := hex.Decode(k[:], text)
	return err
}

// Fingerprint writes the key id for people who compare it by telephone: groups of four digits.
func (k KeyID) Fingerprint() string {
	digits := k.String()
	groups := make([]string, 0, len(digits)/4)
	for at := 0; at < len(digits); at += 4 {
		groups = append(groups, digits[at:at+4])
	}
	return strings.Join(groups, " ")
}

// ParseFingerprint reads a key id as somebody typed or pasted it: in any case, with spaces, colons or hyphens between the digits.
func ParseFingerprint(text string) (KeyID, error) {
	const most = 256
	if len(text) > most {
		return KeyID{}, errors.New("a fingerprint is 64 hexadecimal digits, this text is longer")
	}
	digits := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == ':' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
	var key KeyID
	if err := key.UnmarshalText([]byte(digits)); err != nil {
		return KeyID{}, fmt.Errorf("%q is not a fingerprint; write all of its 64 hexadecimal digits", abbreviate(text, 96))
	}
	return key, nil
}
