package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// yieldingRow lays its first object out at the left and the others at the right. Where the row is too narrow for all of them, the
// later ones are left out: a row of texts never sets the least width of the window.
type yieldingRow struct{}

// MinSize asks for the height of the highest object and for no width.
func (yieldingRow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var height float32
	for _, o := range objects {
		height = max(height, o.MinSize().Height)
	}
	return fyne.NewSize(0, height)
}

// Layout shows as many of the objects as fit.
func (yieldingRow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var taken float32
	fitting := 0
	for _, o := range objects {
		taken += padded(o)
		if taken-theme.Padding() > size.Width && fitting > 0 {
			break
		}
		fitting++
	}
	right := size.Width
	for i := len(objects) - 1; i >= 0; i-- {
		o := objects[i]
		if i >= fitting {
			o.Hide()
			continue
		}
		o.Show()
		width := o.MinSize().Width
		o.Resize(fyne.NewSize(width, size.Height))
		if i == 0 {
			o.Move(fyne.NewPos(0, 0))
			continue
		}
		o.Move(fyne.NewPos(right-width, 0))
		right -= padded(o)
	}
}

// padded is the width that an object takes with the room beside it; one without width takes none.
func padded(o fyne.CanvasObject) float32 {
	width := o.MinSize().Width
	if width == 0 {
		return 0
	}
	return width + theme.Padding()
}
