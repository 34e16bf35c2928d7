package softcanvas

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

func TestWhatNeedsMoreRoomGetsItWithTheNextFrame(t *testing.T) {
	label, below := widget.NewLabel("short"), widget.NewLabel("below")
	c := newCanvas(t, container.NewVBox(container.NewHBox(label), below))
	before := below.Position().Y
	label.Text = "three\nlines\nnow"
	label.Refresh()
	c.Frame(moment)
	if label.Size().Height < label.MinSize().Height || below.Position().Y <= before {
		t.Errorf("it is %v high and needs %v; what is below is at %v", label.Size().Height, label.MinSize().Height, below.Position().Y)
	}
}

func TestAnObjectIsOfTheCanvasAsLongAsItIsShown(t *testing.T) {
	one, other := widget.NewLabel("one"), widget.NewLabel("other")
	c := newCanvas(t, container.NewVBox(one, other))
	if !c.Holds(one) || c.Holds(widget.NewLabel("of no window")) {
		t.Error("it does not know what it shows")
	}
	one.Hide()
	c.Frame(moment.Add(keep / 2))
	if !c.Holds(one) {
		t.Error("what was hidden just now is forgotten")
	}
	c.KeepAlive(moment.Add(keep))
	c.Frame(moment.Add(keep + time.Second))
	if c.Holds(one) || !c.Holds(other) {
		t.Error("after a minute it holds what is hidden, or not what is shown")
	}
}

func TestAPositionCountsFromTheWindowsCorner(t *testing.T) {
	inner := widget.NewLabel("inner")
	c := newCanvas(t, container.NewPadded(container.NewPadded(inner)))
	at := c.PositionOf(inner)
	if at.X <= 0 || at.X != at.Y {
		t.Errorf("it is at %v", at)
	}
	if at := c.PositionOf(widget.NewLabel("elsewhere")); at != (fyne.Position{}) {
		t.Errorf("what is not there is at %v", at)
	}
}
