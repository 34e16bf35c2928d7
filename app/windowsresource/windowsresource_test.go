package main

import (
	"bytes"
	"encoding/binary"
	"image/color"
	"image/png"
	"testing"

	"lockwire/assets"
)

func TestTheIconHasEverySizeAndIsTheProgramsOwn(t *testing.T) {
	file, err := drawIcon(assets.Icon.Content())
	if err != nil {
		t.Fatal(err)
	}
	if count := binary.LittleEndian.Uint16(file[4:]); int(count) != len(iconSizes) {
		t.Fatalf("%d pictures", count)
	}
	for i, size := range iconSizes {
		var entry iconEntry
		if _, err := binary.Decode(file[iconHeadLength+i*iconEntryLength:], binary.LittleEndian, &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Width != uint8(size) || entry.Height != uint8(size) {
			t.Errorf("picture %d says %d x %d, not %d", i, entry.Width, entry.Height, size)
		}
		picture, err := png.Decode(bytes.NewReader(file[entry.Offset : entry.Offset+entry.Length]))
		if err != nil {
			t.Fatal(err)
		}
		if picture.Bounds().Dx() != size || picture.Bounds().Dy() != size {
			t.Errorf("picture %d is %v, not %d", i, picture.Bounds(), size)
		}
		// The lock's body is white on blue; the corners are round, and clear.
		if got := color.NRGBAModel.Convert(picture.At(size*3/8, size*11/16)); got != (color.NRGBA{255, 255, 255, 255}) {
			t.Errorf("size %d: the lock is %v", size, got)
		}
		if got := color.NRGBAModel.Convert(picture.At(size/2, size/16)); got != (color.NRGBA{0x0b, 0x5c, 0xad, 0xff}) {
			t.Errorf("size %d: the ground is %v", size, got)
		}
		if _, _, _, alpha := picture.At(0, 0).RGBA(); alpha > 0x8000 {
			t.Errorf("size %d: the corner is not clear", size)
		}
	}
}

func TestAVersionBecomesFourNumbers(t *testing.T) {
	for _, test := range []struct{ version, want string }{
		{"0.1.0", "0,1,0,0"}, {"12.3.45", "12,3,45,0"}, {"1.0.0-rc1", "1,0,0,0"},
		{"1.2", ""}, {"1.2.3.4", ""}, {"1.2.70000", ""}, {"development", ""}, {"", ""},
	} {
		got, err := versionNumber(test.version)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%q: %q, %v", test.version, got, err)
		}
	}
}
