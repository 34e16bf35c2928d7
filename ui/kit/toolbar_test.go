package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/uitest/screen"
)

func TestTheFilterEndsAtTheRightAndGivesWayToButtons(t *testing.T) {
	screen.New(t, Theme{Appearance: Light})
	filter, button, hidden := NewFilter(nil), widget.NewButton("Add a thing with a long title…", nil), widget.NewButton("For others", nil)
	hidden.Hide()
	bar := NewToolbar(filter, button, hidden)
	needs := bar.MinSize().Width
	for _, c := range []struct {
		name          string
		width, wanted float32
	}{
		{"wide", 1000, FilterWidth},
		{"as wide as both", needs - filter.MinSize().Width + FilterWidth, FilterWidth},
		{"narrower", needs + 20, filter.MinSize().Width + 20},
		{"as narrow as can be", needs, filter.MinSize().Width},
	} {
		bar.Resize(fyne.NewSize(c.width, bar.MinSize().Height))
		if filter.Size().Width != c.wanted || filter.Position().X+filter.Size().Width != c.width {
			t.Errorf("%s: the filter is %v wide at %v, wanted %v at the end of %v", c.name, filter.Size().Width, filter.Position().X, c.wanted, c.width)
		}
		if end := button.Position().X + button.Size().Width; end > filter.Position().X {
			t.Errorf("%s: the button ends at %v, the filter begins at %v", c.name, end, filter.Position().X)
		}
	}
	alone := NewToolbar(filter)
	if alone.MinSize() != filter.MinSize() {
		t.Errorf("a filter alone needs %v, itself %v", alone.MinSize(), filter.MinSize())
	}
}
