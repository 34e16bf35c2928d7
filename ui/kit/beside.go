package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// besideText puts a button right behind a text, and at the right end where the text takes all of the room.
type besideText struct{ text *widget.Label }

func withButton(text *widget.Label, button fyne.CanvasObject) *fyne.Container {
	return container.New(besideText{text}, text, button)
}

// Layout gives the text the width that its longest line needs.
func (b besideText) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	button := objects[1].MinSize()
	width := float32(0)
	for line := range strings.SplitSeq(b.text.Text, "\n") {
		width = max(width, fyne.MeasureText(line, theme.TextSize(), b.text.TextStyle).Width)
	}
	width = min(width+2*theme.InnerPadding()+1, size.Width-button.Width)
	objects[0].Resize(fyne.NewSize(width, size.Height))
	objects[1].Resize(button)
	objects[1].Move(fyne.NewPos(width, 0))
}

// MinSize is as high as the text needs at the width that it has.
func (besideText) MinSize(objects []fyne.CanvasObject) fyne.Size {
	text, button := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(text.Width+button.Width, max(text.Height, button.Height))
}
