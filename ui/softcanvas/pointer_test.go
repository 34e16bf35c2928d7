package softcanvas

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// hear compares what a widget heard.
func hear(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, not %q", what, got, want)
	}
}

func TestTheMouseReachesWhatIsUnderIt(t *testing.T) {
	left, right := newHeard(), newHeard()
	c := newCanvas(t, container.NewGridWithColumns(2, left, right))
	var later waits
	p := NewPointer(c, later.after)
	click := func(button desktop.MouseButton) {
		p.Press(button, true, 0)
		p.Press(button, false, 0)
	}

	if cursor := p.Move(fyne.NewPos(100, 100)); cursor != desktop.PointerCursor {
		t.Errorf("the cursor is %v", cursor)
	}
	hear(t, "it comes", left.take(), "in")
	p.Move(fyne.NewPos(101, 100))
	hear(t, "it moves", left.take(), "moved")
	click(desktop.MouseButtonPrimary)
	hear(t, "a click", left.take(), "tapped")
	click(desktop.MouseButtonSecondary)
	hear(t, "a right click", left.take(), "secondary")
	p.Scroll(0, -1)
	hear(t, "the wheel", left.take(), "scrolled down")
	p.Move(fyne.NewPos(300, 100))
	hear(t, "it leaves", left.take(), "out")
	hear(t, "it comes to the other", right.take(), "in")
	p.Press(desktop.MouseButtonPrimary, true, 0)
	p.Move(fyne.NewPos(301, 100))
	hear(t, "a hand that trembles", right.take(), "moved")
	p.Move(fyne.NewPos(310, 100))
	p.Move(fyne.NewPos(100, 100))
	p.Press(desktop.MouseButtonPrimary, false, 0)
	hear(t, "a drag, which is no click", right.take(), "dragged", "out", "dragged", "dropped")
	hear(t, "what it drags over", left.take(), "in")
	p.Move(fyne.NewPos(100, 101))
	p.Press(desktop.MouseButtonPrimary, true, 0)
	p.Press(desktop.MouseButtonPrimary, false, 0)
	p.Leave()
	hear(t, "out of the window", left.take(), "moved", "tapped", "out")
}

func TestTwoClicksAreADoubleClick(t *testing.T) {
	both := newTwice()
	c := newCanvas(t, both)
	var later waits
	p := NewPointer(c, later.after)
	p.Move(fyne.NewPos(10, 10))
	click := func() {
		p.Press(desktop.MouseButtonPrimary, true, 0)
		p.Press(desktop.MouseButtonPrimary, false, 0)
	}
	both.take()
	click()
	hear(t, "one click at once", both.take())
	later.pass()
	hear(t, "one click after the time", both.take(), "tapped")
	click()
	click()
	hear(t, "two clicks", both.take(), "double")
	click() // while the time of the first is not over
	later.pass()
	hear(t, "a third one", both.take(), "tapped")
}

func TestAClickBesideTakesTheFocus(t *testing.T) {
	entry := widget.NewEntry()
	c := newCanvas(t, container.NewVBox(entry, widget.NewLabel("beside")))
	p := NewPointer(c, func(_ time.Duration, f func()) { f() })
	c.Focus(entry)
	p.Move(fyne.NewPos(20, 20))
	p.Press(desktop.MouseButtonPrimary, true, 0)
	p.Press(desktop.MouseButtonPrimary, false, 0)
	if c.Focused() != entry {
		t.Fatalf("a click into the field takes the focus from it")
	}
	p.Move(fyne.NewPos(20, 250))
	p.Press(desktop.MouseButtonPrimary, true, 0)
	if c.Focused() != nil {
		t.Errorf("%v has it still", c.Focused())
	}
}

func TestWhatLiesUnderADialogIsNotReached(t *testing.T) {
	under := newHeard()
	c := newCanvas(t, under)
	over := widget.NewModalPopUp(widget.NewLabel("over"), c)
	over.Show()
	c.Frame(moment)
	var later waits
	p := NewPointer(c, later.after)
	p.Move(fyne.NewPos(10, 10))
	p.Press(desktop.MouseButtonPrimary, true, 0)
	p.Press(desktop.MouseButtonPrimary, false, 0)
	hear(t, "under the dialog", under.take())
	over.Hide()
	if !c.Dirty() {
		t.Error("the dialog that went is not taken off the window")
	}
}
