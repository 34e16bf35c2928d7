package softwindow

import (
	"bytes"
	"image"
	"image/color"
	"testing"
)

func TestPixelsLieAsTheDisplayHasThem(t *testing.T) {
	frame := image.NewRGBA(image.Rect(0, 0, 4, 2))
	frame.Set(1, 1, color.RGBA{0xff, 0x80, 0x08, 0xff})
	frame.Set(2, 1, color.RGBA{0x11, 0x22, 0x33, 0xff})
	frame.Set(3, 1, color.RGBA{0xff, 0xff, 0xff, 0xff})
	usual := [3]uint32{0xff0000, 0xff00, 0xff}
	for _, test := range []struct {
		name   string
		format format
		part   image.Rectangle
		want   []byte
	}{
		{"as nearly everywhere", format{bytes: 4, pad: 4, masks: usual}, image.Rect(1, 1, 3, 2), []byte{0x08, 0x80, 0xff, 0xff, 0x33, 0x22, 0x11, 0xff}},
		{"the other way about", format{bytes: 4, pad: 4, masks: usual, big: true}, image.Rect(1, 1, 2, 2), []byte{0, 0xff, 0x80, 0x08}},
		{"red last", format{bytes: 4, pad: 4, masks: [3]uint32{0xff, 0xff00, 0xff0000}}, image.Rect(1, 1, 2, 2), []byte{0xff, 0x80, 0x08, 0}},
		{"three bytes, rows of whole words", format{bytes: 3, pad: 4, masks: usual}, image.Rect(1, 1, 2, 2), []byte{0x08, 0x80, 0xff, 0}},
		{"16 bits", format{bytes: 2, pad: 4, masks: [3]uint32{0xf800, 0x7e0, 0x1f}}, image.Rect(1, 1, 4, 2), []byte{0x01, 0xfc, 0x06, 0x11, 0xff, 0xff, 0, 0}},
	} {
		if !test.format.known() {
			t.Errorf("%s is not known", test.name)
		}
		if got := test.format.encode(nil, frame, test.part); !bytes.Equal(got, test.want) {
			t.Errorf("%s: % x, not % x", test.name, got, test.want)
		}
	}
	for name, f := range map[string]format{"a palette": {bytes: 1, pad: 4}, "10 bits a colour": {bytes: 4, pad: 4, masks: [3]uint32{0x3ff00000, 0xffc00, 0x3ff}}} {
		if f.known() {
			t.Errorf("%s is taken for known", name)
		}
	}
}
