package kit

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lockwire/ui/uitest/screen"
)

func TestTheButtonThatCopiesStandsBesideItsText(t *testing.T) {
	window := screen.New(t, Theme{Appearance: Light})
	list := NewDetailList()
	window.SetContent(list.Content)
	gap := func() float32 {
		var button, label fyne.CanvasObject
		screen.Walk(list.Content, func(o fyne.CanvasObject) {
			if _, is := o.(*IconButton); is {
				button = o
			}
		})
		label = list.values[0]
		place := fyne.CurrentApp().Driver().AbsolutePositionForObject
		if end := place(button).X + button.Size().Width; end > window.Canvas().Size().Width {
			t.Errorf("the button ends at %v", end)
		}
		width := fyne.MeasureText(list.values[0].Text, theme.TextSize(), fyne.TextStyle{}).Width
		return place(button).X - place(label).X - width
	}
	for _, value := range []string{"127.0.0.1:8000", "01a22e9e-49eb-7d9c-8386-d286bbd3748c", "::1"} {
		list.Set([]Detail{{Name: "Dialled", Value: value, Copied: true}})
		if got := gap(); got < 0 || got > 40 {
			t.Errorf("%v between %q and its button", got, value)
		}
	}
	list.Set([]Detail{{Name: "Dialled", Value: strings.Repeat("too long for a line ", 40), Copied: true}})
	list.Content.Refresh() // as a screen does when something has become higher
	if gap() > 0 || list.values[0].Size().Height < 40 {
		t.Errorf("a long text is not wrapped before its button: %v high", list.values[0].Size().Height)
	}
}
