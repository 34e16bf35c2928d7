package softcanvas

import (
	"image"
	"slices"
	"testing"
)

func TestFramesAreComparedTileByTile(t *testing.T) {
	for _, test := range []struct {
		name    string
		touched []image.Point
		want    []image.Rectangle
	}{
		{"nothing", nil, nil},
		{"one pixel", []image.Point{{70, 10}}, []image.Rectangle{image.Rect(64, 0, 128, 64)}},
		{"neighbours in a row", []image.Point{{63, 0}, {64, 0}}, []image.Rectangle{image.Rect(0, 0, 128, 64)}},
		{"two that are apart", []image.Point{{0, 0}, {199, 0}}, []image.Rectangle{image.Rect(0, 0, 64, 64), image.Rect(192, 0, 200, 64)}},
		{"one below the other", []image.Point{{70, 0}, {70, 64}, {70, 129}}, []image.Rectangle{image.Rect(64, 0, 128, 150)}},
		{"with a row between", []image.Point{{70, 0}, {70, 140}}, []image.Rectangle{image.Rect(64, 0, 128, 64), image.Rect(64, 128, 128, 150)}},
		{"rows of other columns", []image.Point{{0, 0}, {70, 70}}, []image.Rectangle{image.Rect(0, 0, 64, 64), image.Rect(64, 64, 128, 128)}},
		{"two columns, one of which ends", []image.Point{{0, 0}, {199, 0}, {0, 70}, {199, 70}, {0, 140}}, []image.Rectangle{
			image.Rect(0, 0, 64, 128), image.Rect(192, 0, 200, 128), image.Rect(0, 128, 64, 150),
		}},
	} {
		before, now := image.NewRGBA(image.Rect(0, 0, 200, 150)), image.NewRGBA(image.Rect(0, 0, 200, 150))
		for _, p := range test.touched {
			now.Pix[now.PixOffset(p.X, p.Y)] = 1
		}
		if got := differences(before, now); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, not %v", test.name, got, test.want)
		}
	}
	frame := image.NewRGBA(image.Rect(0, 0, 200, 150))
	for name, before := range map[string]*image.RGBA{"the first frame": nil, "another size": image.NewRGBA(image.Rect(0, 0, 100, 150))} {
		if got := differences(before, frame); !slices.Equal(got, []image.Rectangle{frame.Rect}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
