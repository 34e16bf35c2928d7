package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// FilterWidth is the width of the filter on every page, where there is room for it.
const FilterWidth = 220

// NewFilter is the field that filters a table by words.
func NewFilter(changed func(string)) *widget.Entry {
	filter := widget.NewEntry()
	filter.SetPlaceHolder("filter")
	filter.OnChanged = changed
	return filter
}

// NonePasses replaces the rows of a table when none matches the filter.
func NonePasses(what string) fyne.CanvasObject {
	return container.NewCenter(Caption("No " + what + " matches the filter."))
}

// NewToolbar is the row above a table: tools at the left, the filter always at the right end.
func NewToolbar(filter *widget.Entry, left ...fyne.CanvasObject) *fyne.Container {
	return container.New(toolbarLayout{}, append(left, filter)...)
}

// toolbarLayout puts objects side by side, and the last one to the right end. That one gives way where the window is narrow, so that a
// row of buttons does not keep it wide.
type toolbarLayout struct{}

// Layout places what is shown.
func (toolbarLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	padding, x := theme.Padding(), float32(0)
	last := len(objects) - 1
	for _, o := range objects[:last] {
		if !o.Visible() {
			continue
		}
		width := o.MinSize().Width
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(width, size.Height))
		x += width + padding
	}
	width := max(min(FilterWidth, size.Width-x), objects[last].MinSize().Width)
	objects[last].Move(fyne.NewPos(size.Width-width, 0))
	objects[last].Resize(fyne.NewSize(width, size.Height))
}

// MinSize has the last object as narrow as it can be.
func (toolbarLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		if size.Width > 0 {
			size.Width += theme.Padding()
		}
		size.Width += o.MinSize().Width
		size.Height = max(size.Height, o.MinSize().Height)
	}
	return size
}
