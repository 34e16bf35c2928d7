package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"

	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"
)

// iconSizes are those that Windows shows: title bar and tray at 100, 150 and 200 per cent, task bar, desktop, large tiles.
var iconSizes = []int{16, 24, 32, 48, 64, 256}

// drawIcon draws an SVG picture in all sizes, as one file of PNGs (Windows reads those in .ico since Vista).
func drawIcon(svg []byte) ([]byte, error) {
	pictures := make([][]byte, len(iconSizes))
	for i, size := range iconSizes {
		picture, err := drawSquare(svg, size)
		if err != nil {
			return nil, err
		}
		var coded bytes.Buffer
		if err := png.Encode(&coded, picture); err != nil {
			return nil, err
		}
		pictures[i] = coded.Bytes()
	}
	return packIcon(iconSizes, pictures), nil
}

func drawSquare(svg []byte, size int) (image.Image, error) {
	drawing, err := oksvg.ReadIconStream(bytes.NewReader(svg), oksvg.StrictErrorMode)
	if err != nil {
		return nil, fmt.Errorf("read the icon: %w", err)
	}
	drawing.SetTarget(0, 0, float64(size), float64(size))
	picture := image.NewRGBA(image.Rect(0, 0, size, size))
	drawing.Draw(rasterx.NewDasher(size, size, rasterx.NewScannerGV(size, size, picture, picture.Bounds())), 1)
	return picture, nil
}

// iconEntry is one picture in the directory of an .ico file; the directory's head is three 16-bit numbers: 0, 1 for icons,
// and how many entries follow.
type iconEntry struct {
	Width, Height, Colors, _ uint8 // 0 for 256
	Planes, BitsPerPixel     uint16
	Length, Offset           uint32
}

const (
	iconHeadLength  = 6
	iconEntryLength = 16
)

// packIcon puts square pictures, coded as PNG, into an .ico file.
func packIcon(sizes []int, pictures [][]byte) []byte {
	file := binary.LittleEndian.AppendUint16(nil, 0)
	file = binary.LittleEndian.AppendUint16(file, 1)
	file = binary.LittleEndian.AppendUint16(file, uint16(len(sizes)))
	offset := iconHeadLength + iconEntryLength*len(sizes)
	for i, size := range sizes {
		entry := iconEntry{Width: uint8(size), Height: uint8(size), Planes: 1, BitsPerPixel: 32, Length: uint32(len(pictures[i])), Offset: uint32(offset)}
		file, _ = binary.Append(file, binary.LittleEndian, entry) // fails for types without a fixed size only
		offset += len(pictures[i])
	}
	return append(file, bytes.Join(pictures, nil)...)
}
