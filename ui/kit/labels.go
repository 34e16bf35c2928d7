package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// Muted is text of less weight.
func Muted(text string) *widget.Label {
	label := Wrapped(text)
	label.Importance = widget.LowImportance
	return label
}

func SetLabel(label *widget.Label, text string) {
	if label.Text != text {
		label.SetText(text)
	}
}

// Separated is a line with room around it, where lines of text are dense.
func Separated() fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(6, 6, 0, 0), widget.NewSeparator())
}

func BoldLabel(text string) *widget.Label {
	return widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
}

func Wrapped(text string) *widget.Label {
	label := widget.NewLabel(text)
	label.Wrapping = fyne.TextWrapWord
	return label
}

// FixedWidth lays its only object out at a width, as high as it needs.
type FixedWidth float32

// Layout gives the object the width.
func (w FixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, object := range objects {
		object.Resize(fyne.NewSize(float32(w), size.Height))
	}
}

// MinSize is as high as the object is at that width.
func (w FixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	height := float32(0)
	for _, object := range objects {
		object.Resize(fyne.NewSize(float32(w), object.Size().Height)) // wrapped text knows its height once it knows its width
		height = max(height, object.MinSize().Height)
	}
	return fyne.NewSize(float32(w), height)
}

func Centered(text string) *widget.Label {
	label := Wrapped(text)
	label.Alignment = fyne.TextAlignCenter
	label.Importance = widget.LowImportance
	return label
}

// Dense puts lines of text closer together than Fyne does, so that the explanation fits below the table.
func Dense(parts []fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(-6), parts...)
}

func Caption(text string) *widget.Label {
	label := widget.NewLabel(text)
	label.Importance = widget.LowImportance
	return label
}
