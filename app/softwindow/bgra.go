//go:build linux || windows

package softwindow

import (
	"encoding/binary"
	"slices"
)

// appendBGRA appends pixels of an image.RGBA with red and blue changed about, as displays have them.
func appendBGRA(to, row []byte) []byte {
	start := len(to)
	to = slices.Grow(to, len(row))[:start+len(row)]
	for i := 0; i+4 <= len(row); i += 4 {
		rgba := binary.LittleEndian.Uint32(row[i:])
		binary.LittleEndian.PutUint32(to[start+i:], rgba&0xff00ff00|rgba&0xff<<16|rgba>>16&0xff)
	}
	return to
}
