package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
)

// inUTF16 writes a text as Windows' editors do.
func inUTF16(text string, order binary.AppendByteOrder) []byte {
	raw := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(text)) {
		raw = order.AppendUint16(raw, unit)
	}
	return raw
}

func TestATextIsTheSameHoweverItsFileIsWritten(t *testing.T) {
	const text = "one line\nKöln, 東京, 𝄞\n"
	windows := strings.ReplaceAll(text, "\n", "\r\n")
	for name, file := range map[string][]byte{
		"as it is": []byte(text), "with CRLF": []byte(windows), "with a mark": []byte("\ufeff" + windows),
		"UTF-16, little end first": inUTF16(windows, binary.LittleEndian), "UTF-16, big end first": inUTF16(windows, binary.BigEndian),
	} {
		if got, err := ReadText(iotest.OneByteReader(bytes.NewReader(file)), 1000); err != nil || string(got) != text {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, empty := range []string{"", "\ufeff", "\xff\xfe"} {
		if got, err := ReadText(strings.NewReader(empty), 10); err != nil || len(got) != 0 {
			t.Errorf("%q: %q, %v", empty, got, err)
		}
	}
	if got, err := ReadText(strings.NewReader("a\rb\r"), 10); err != nil || string(got) != "a\rb\r" {
		t.Errorf("a lone CR: %q, %v", got, err)
	}
}

func TestWhatIsNoTextIsRefusedInWordsThatDoNotRepeatIt(t *testing.T) {
	for name, test := range map[string]struct{ file, says string }{
		"UTF-16 without a mark":           {"s\x00e\x00c\x00r\x00e\x00t\x00", "UTF-16 without a byte-order mark"},
		"UTF-16 cut off":                  {"\xff\xfes\x00e", "ends in the middle"},
		"UTF-16 with half a character":    {"\xff\xfes\x00\x34\xd8e\x00", "byte 5"},
		"UTF-16 that ends in half of one": {"\xff\xfes\x00\x34\xd8", "byte 5"},
		"UTF-16 with a zero":              {"\xff\xfes\x00\x00\x00", "no text"},
		"UTF-32":                          {"\xff\xfe\x00\x00s\x00\x00\x00", "UTF-32"},
		"Latin-1":                         {"secret K\xf6ln", "byte 9"},
		"Latin-1 after a mark":            {"\ufeffsecret K\xf6ln", "byte 12"},
		"too long":                        {strings.Repeat("secret", 100), "more than 100 bytes"},
	} {
		_, err := ReadText(strings.NewReader(test.file), 100)
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadAtMostIsBounded(t *testing.T) {
	for _, size := range []int{0, 1, 4095, 4096, 4097, 100_000} {
		content := bytes.Repeat([]byte("x"), size)
		if got, err := ReadAtMost(bytes.NewReader(content), size); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes: %d, %v", size, len(got), err)
		}
		if _, err := ReadAtMost(io.MultiReader(bytes.NewReader(content), strings.NewReader("x")), size); err == nil {
			t.Errorf("one byte more than %d was read", size)
		}
	}
	broken := errors.New("broken")
	if _, err := ReadAtMost(io.MultiReader(strings.NewReader("x"), iotest.ErrReader(broken)), 10); !errors.Is(err, broken) {
		t.Errorf("a reader that breaks: %v", err)
	}
}
