package engine

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
	"unicode/utf8"
)

// ID names one thing for its whole life: a component, rule, route, service, session or receipt.
// It is a UUID of version 7 (RFC 9562) in its canonical text form, so that ids sort by the time they were made.
// The zero value is no id.
type ID string

// NewID makes a fresh id from the present time and the system's random source.
func NewID() ID { return newIDAt(time.Now()) }

func newIDAt(now time.Time) ID {
	var b [16]byte
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	rand.Read(b[6:]) // never fails: crypto/rand ends the program where the system has no randomness
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return IDFromBytes(b)
}

// IDFromBytes writes 16 bytes as an id.
func IDFromBytes(b [16]byte) ID {
	var text [36]byte
	hex.Encode(text[0:8], b[0:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:36], b[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return ID(text[:])
}

// ParseID reads the canonical text form, 36 characters in lower case.
func ParseID(text string) (ID, error) {
	id := ID(text)
	if _, err := id.Bytes(); err != nil {
		return "", err
	}
	return id, nil
}

// Bytes gives the id's 16 bytes, in the order of its text.
func (id ID) Bytes() ([16]byte, error) {
	var b [16]byte
	if len(id) == 36 && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' {
		compact := string(id[0:8] + id[9:13] + id[14:18] + id[19:23] + id[24:36])
		if _, err := hex.Decode(b[:], []byte(compact)); err == nil && IDFromBytes(b) == id {
			return b, nil
		}
	}
	return [16]byte{}, fmt.Errorf("%q is not an id", abbreviate(string(id), 64))
}

// abbreviate keeps text from outside short enough for an error message. It never cuts a character in two.
func abbreviate(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}
