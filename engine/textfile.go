package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// ReadAtMost reads all of r, or fails where it has more than most bytes. It clears each buffer that it gives up, so that the
// caller can wipe the only copy of a secret.
func ReadAtMost(r io.Reader, most int) ([]byte, error) {
	const first = 4 << 10
	buffer := make([]byte, min(most+1, first))
	n := 0
	for {
		read, err := io.ReadFull(r, buffer[n:])
		n += read
		switch {
		case err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF):
			clear(buffer)
			return nil, err
		case n > most:
			clear(buffer)
			if most >= 1<<20 && most%(1<<20) == 0 {
				return nil, fmt.Errorf("it is larger than %d MiB", most>>20)
			}
			return nil, fmt.Errorf("it has more than %d bytes", most)
		case err != nil:
			return buffer[:n], nil
		}
		larger := make([]byte, min(most+1, 2*len(buffer)))
		copy(larger, buffer)
		clear(buffer)
		buffer = larger
	}
}

// ReadText reads a file of text of at most so many bytes, as Windows writes it, too: it takes off a byte-order mark, reads
// UTF-16 that begins with one, and makes each CRLF a line feed. What comes out is UTF-8. Its errors never repeat the text.
func ReadText(r io.Reader, most int) ([]byte, error) {
	raw, err := ReadAtMost(r, most)
	if err != nil {
		return nil, err
	}
	text, err := decodeText(raw)
	if err != nil {
		clear(raw)
		return nil, err
	}
	return text, nil
}

const saveAsUTF8 = "save it as UTF-8 (in PowerShell: Out-File -Encoding utf8)"

// decodeText uses up raw: it is cleared, or is where the text lies.
func decodeText(raw []byte) ([]byte, error) {
	text := raw
	switch {
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(raw, []byte{0, 0, 0xfe, 0xff}):
		return nil, errors.New("it is in UTF-32; " + saveAsUTF8)
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}):
		return decodeUTF16(raw, binary.LittleEndian)
	case bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		return decodeUTF16(raw, binary.BigEndian)
	case bytes.HasPrefix(raw, []byte("\ufeff")):
		text = raw[len("\ufeff"):]
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, errors.New("it is no text, or in UTF-16 without a byte-order mark; " + saveAsUTF8)
	}
	if at := invalidUTF8(text); at >= 0 {
		return nil, fmt.Errorf("its byte %d is not UTF-8; %s", at+len(raw)-len(text)+1, saveAsUTF8)
	}
	return withoutCRLF(text), nil
}

func decodeUTF16(raw []byte, order binary.ByteOrder) ([]byte, error) {
	if len(raw)%2 != 0 {
		return nil, errors.New("it is in UTF-16 and ends in the middle of a character; " + saveAsUTF8)
	}
	text := make([]byte, 0, len(raw)/2*3) // a unit of UTF-16 is at most three bytes in UTF-8, so that it never moves
	for at := 2; at < len(raw); at += 2 {
		character := rune(order.Uint16(raw[at:]))
		if utf16.IsSurrogate(character) {
			second := rune(-1)
			if at+2 < len(raw) {
				second = rune(order.Uint16(raw[at+2:]))
			}
			if character = utf16.DecodeRune(character, second); character == utf8.RuneError {
				clear(text)
				return nil, fmt.Errorf("it is in UTF-16, and its byte %d begins half of a character; %s", at+1, saveAsUTF8)
			}
			at += 2
		}
		if character == 0 {
			clear(text)
			return nil, errors.New("it is no text; " + saveAsUTF8)
		}
		text = utf8.AppendRune(text, character)
	}
	clear(raw)
	return withoutCRLF(text), nil
}

func invalidUTF8(text []byte) int {
	for at := 0; at < len(text); {
		character, size := utf8.DecodeRune(text[at:])
		if character == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// withoutCRLF works in place.
func withoutCRLF(text []byte) []byte {
	kept := text[:0]
	for at, b := range text {
		if b == '\r' && at+1 < len(text) && text[at+1] == '\n' {
			continue
		}
		kept = append(kept, b)
	}
	clear(text[len(kept):])
	return kept
}
