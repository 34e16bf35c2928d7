package chart

import (
	"image"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
)

// A line covers the pixels that it goes through and none beside it, whatever its direction, and up to the edge of the picture.
func TestALineCoversWhatItGoesThrough(t *testing.T) {
	for _, line := range [][4]float32{{10, 10, 90, 40}, {90, 40, 10, 10}, {10, 40, 90, 10}, {50, 5, 50, 45}, {5, 25, 95, 25}, {-20, 10, 130, 40}, {-9, -9, -1, -1}} {
		picture := image.NewRGBA(image.Rect(0, 0, 100, 50))
		stroke(picture, line[0], line[1], line[2], line[3], 4, color.Black)
		for y := range 50 {
			for x := range 100 {
				far := distanceTo(fyne.NewPos(float32(x)+0.5, float32(y)+0.5), fyne.NewPos(line[0], line[1]), fyne.NewPos(line[2], line[3]))
				atEnd := math.Min(math.Hypot(float64(float32(x)-line[0]), float64(float32(y)-line[1])), math.Hypot(float64(float32(x)-line[2]), float64(float32(y)-line[3]))) < 4
				switch covered := picture.RGBAAt(x, y).A; {
				case far < 1 && !atEnd && covered != 255:
					t.Errorf("%v leaves %d, %d out: %d", line, x, y, covered)
				case far > 3.5 && covered != 0:
					t.Errorf("%v covers %d, %d: %d", line, x, y, covered)
				}
			}
		}
	}
}
