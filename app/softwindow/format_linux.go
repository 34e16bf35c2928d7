package softwindow

import (
	"encoding/binary"
	"image"
	"math/bits"
)

// format is how the pixels of a window of X11 lie in memory.
type format struct {
	bytes, pad int       // of a pixel; to what a row is filled up
	masks      [3]uint32 // of red, green and blue
	big        bool      // the most significant byte comes first
}

// known tells whether pixels can be written in this format.
func (f format) known() bool {
	for _, mask := range f.masks {
		if mask == 0 || bits.OnesCount32(mask) > 8 {
			return false
		}
	}
	return f.bytes >= 2 && f.bytes <= 4 && f.pad > 0
}

// usual tells whether it is the format of nearly every display: blue, green, red and a byte that does not count.
func (f format) usual() bool {
	return f.bytes == 4 && !f.big && f.masks == [3]uint32{0xff0000, 0xff00, 0xff}
}

// row is how many bytes a row of pixels has.
func (f format) row(pixels int) int { return (pixels*f.bytes + f.pad - 1) / f.pad * f.pad }

// encode appends a part of a frame.
func (f format) encode(to []byte, frame *image.RGBA, part image.Rectangle) []byte {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := frame.Pix[frame.PixOffset(part.Min.X, y):frame.PixOffset(part.Max.X, y)]
		start := len(to)
		if f.usual() {
			to = appendBGRA(to, row)
			continue
		}
		for ; len(row) >= 4; row = row[4:] {
			to = f.append(to, f.value(row[0], 0)|f.value(row[1], 1)|f.value(row[2], 2))
		}
		for len(to)-start < f.row(part.Dx()) {
			to = append(to, 0)
		}
	}
	return to
}

// value puts one colour of a pixel where it belongs, with as many bits as there are.
func (f format) value(colour byte, which int) uint32 {
	mask := f.masks[which]
	return uint32(colour) >> (8 - bits.OnesCount32(mask)) << bits.TrailingZeros32(mask)
}

func (f format) append(to []byte, pixel uint32) []byte {
	var four [4]byte
	if f.big {
		binary.BigEndian.PutUint32(four[:], pixel)
		return append(to, four[4-f.bytes:]...)
	}
	binary.LittleEndian.PutUint32(four[:], pixel)
	return append(to, four[:f.bytes]...)
}
