package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Muted is a wrapped label of low importance.
func Muted(text string) *widget.Label {
	label := Wrapped(text)
	label.Importance = widget.LowImportance
	return label
}

// SetLabel changes a label only if its text differs: every change repaints the whole window.
func SetLabel(label *widget.Label, text string) {
	if label.Text != text {
		label.SetText(text)
	}
}

// Separated is a separator with space around it.
func Separated() fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(6, 6, 0, 0), widget.NewSeparator())
}

// ButtonRow is a row of buttons below or above text, which begins where the text begins.
func ButtonRow(buttons ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(0, 0, theme.InnerPadding(), 0), container.NewHBox(buttons...))
}

// BoldLabel is a label in bold.
func BoldLabel(text string) *widget.Label {
	return widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
}

// Wrapped is a label that wraps between words.
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

// Centered is a wrapped label in the middle of its area.
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

// Caption is a muted label of one line.
func Caption(text string) *widget.Label {
	label := widget.NewLabel(text)
	label.Importance = widget.LowImportance
	return label
}
