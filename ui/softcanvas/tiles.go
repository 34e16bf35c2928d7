package softcanvas

import (
	"bytes"
	"image"
)

// tile is the side of the squares in which frames are compared, in pixels.
const tile = 64

// differences gives the parts of a frame that differ from the one before, in rectangles that do not overlap: all of it where there is none or
// it has another size. Neighbouring tiles of a row are one rectangle, and rows that differ in the same columns, too.
func differences(before, now *image.RGBA) []image.Rectangle {
	if now.Rect.Empty() {
		return nil
	}
	if before == nil || before.Rect != now.Rect {
		return []image.Rectangle{now.Rect}
	}
	var all, above []image.Rectangle
	for y := now.Rect.Min.Y; y < now.Rect.Max.Y; y += tile {
		bottom := min(y+tile, now.Rect.Max.Y)
		row := differencesOfRow(before, now, y, bottom)
		if sameColumns(above, row) {
			start := len(all) - len(above)
			for i := range above {
				all[start+i].Max.Y = bottom
			}
			continue
		}
		all = append(all, row...)
		above = row
	}
	return all
}

func differencesOfRow(before, now *image.RGBA, top, bottom int) (row []image.Rectangle) {
	for x := now.Rect.Min.X; x < now.Rect.Max.X; x += tile {
		square := image.Rect(x, top, min(x+tile, now.Rect.Max.X), bottom)
		if equal(before, now, square) {
			continue
		}
		if last := len(row) - 1; last >= 0 && row[last].Max.X == x {
			row[last].Max.X = square.Max.X
		} else {
			row = append(row, square)
		}
	}
	return row
}

func equal(a, b *image.RGBA, part image.Rectangle) bool {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		from, to := a.PixOffset(part.Min.X, y), a.PixOffset(part.Max.X, y)
		if !bytes.Equal(a.Pix[from:to], b.Pix[from:to]) {
			return false
		}
	}
	return true
}

func sameColumns(above, row []image.Rectangle) bool {
	if len(above) == 0 || len(above) != len(row) {
		return false
	}
	for i := range row {
		if above[i].Min.X != row[i].Min.X || above[i].Max.X != row[i].Max.X {
			return false
		}
	}
	return true
}
