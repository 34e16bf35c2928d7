package ui

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

func TestARowLeavesOutWhatDoesNotFit(t *testing.T) {
	test.NewTempApp(t)
	for _, test := range []struct {
		name  string
		width float32
		shown []bool
	}{
		{"all fit", 400, []bool{true, true, true}},
		{"two fit", 250, []bool{true, true, false}},
		{"the first fits", 120, []bool{true, false, false}},
		{"not even the first fits", 50, []bool{true, false, false}},
	} {
		var objects []fyne.CanvasObject
		for range 3 {
			box := canvas.NewRectangle(color.Black)
			box.SetMinSize(fyne.NewSize(100, 10))
			objects = append(objects, box)
		}
		row := container.New(yieldingRow{}, objects...)
		row.Resize(fyne.NewSize(test.width, 20))
		if least := row.MinSize().Width; least != 0 {
			t.Errorf("%s: the row asks for a width of %v", test.name, least)
		}
		for i, o := range objects {
			if o.Visible() != test.shown[i] {
				t.Errorf("%s: object %d is shown: %v", test.name, i, o.Visible())
			}
		}
		if test.shown[2] {
			if end := objects[2].Position().X + objects[2].Size().Width; end != test.width {
				t.Errorf("%s: the last object ends at %v", test.name, end)
			}
		}
	}
}
