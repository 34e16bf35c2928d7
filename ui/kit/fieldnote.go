package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// fieldNote is the text below a field: a hint, or an error in the room of the hint.
type fieldNote struct {
	content     *fyne.Container
	hint, wrong *widget.Label
	cut         bool   // the error is longer than the room
	cutChanged  func() // is called when what is cut changes; nil where the note grows instead
}

func newFieldNote(hint string) *fieldNote {
	n := &fieldNote{hint: Wrapped(hint), wrong: Wrapped("")}
	n.hint.Importance, n.wrong.Importance = widget.LowImportance, widget.DangerImportance
	n.hint.SizeName, n.wrong.SizeName = theme.SizeNameCaptionText, theme.SizeNameCaptionText
	n.wrong.Hide()
	n.content = container.New(n, n.hint, n.wrong)
	return n
}

// set shows an error, or the hint for an empty one.
func (n *fieldNote) set(words string) {
	Present(n.hint, words == "")
	Present(n.wrong, words != "")
	n.wrong.Text = words
	n.fit(n.content.Size())
	n.content.Refresh()
	if n.cutChanged != nil {
		n.cutChanged()
	}
}

// fit wraps the error, or cuts it where it would take more than the room.
func (n *fieldNote) fit(room fyne.Size) {
	n.wrong.Wrapping, n.wrong.Truncation = fyne.TextWrapWord, fyne.TextTruncateOff
	n.wrong.Resize(fyne.NewSize(room.Width, 0))
	n.wrong.Refresh()
	n.cut = n.cutChanged != nil && n.wrong.Text != "" && room.Width > 0 && n.wrong.MinSize().Height > n.hint.MinSize().Height+1
	if n.cut {
		n.wrong.Wrapping, n.wrong.Truncation = fyne.TextWrapOff, fyne.TextTruncateEllipsis
	}
	n.wrong.Resize(room)
	n.wrong.Refresh()
}

// Layout places hint and error.
func (n *fieldNote) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	n.hint.Resize(size)
	before := n.cut
	n.fit(size)
	if n.cut != before && n.cutChanged != nil {
		n.cutChanged()
	}
}

// MinSize is the room of the hint, so that nothing moves when an error comes or goes.
func (n *fieldNote) MinSize([]fyne.CanvasObject) fyne.Size {
	least := n.hint.MinSize()
	if n.cutChanged == nil && n.wrong.Visible() {
		least = least.Max(n.wrong.MinSize())
	}
	return fyne.NewSize(0, least.Height)
}
