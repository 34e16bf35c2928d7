package softcanvas

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// moment is when the tests take place.
var moment = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

// newCanvas makes a canvas of 400 x 300 that shows something.
func newCanvas(t *testing.T, content fyne.CanvasObject) *Canvas {
	t.Helper()
	test.NewTempApp(t)
	c := New()
	c.SetPadded(false)
	c.SetContent(content)
	c.Resize(fyne.NewSize(400, 300))
	c.Frame(moment)
	return c
}

// heard is a widget that notes what it hears.
type heard struct {
	widget.BaseWidget
	of []string
}

func newHeard() *heard {
	h := &heard{}
	h.ExtendBaseWidget(h)
	return h
}

func (h *heard) note(what string) { h.of = append(h.of, what) }

// take gives what was heard since the last time.
func (h *heard) take() []string {
	of := h.of
	h.of = nil
	return of
}

func (h *heard) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(widget.NewLabel("heard"))
}

func (h *heard) Tapped(*fyne.PointEvent)          { h.note("tapped") }
func (h *heard) TappedSecondary(*fyne.PointEvent) { h.note("secondary") }
func (h *heard) MouseIn(*desktop.MouseEvent)      { h.note("in") }
func (h *heard) MouseMoved(*desktop.MouseEvent)   { h.note("moved") }
func (h *heard) MouseOut()                        { h.note("out") }
func (h *heard) Cursor() desktop.Cursor           { return desktop.PointerCursor }
func (h *heard) Dragged(e *fyne.DragEvent)        { h.note("dragged") }
func (h *heard) DragEnd()                         { h.note("dropped") }
func (h *heard) Scrolled(e *fyne.ScrollEvent) {
	if e.Scrolled.DY < 0 {
		h.note("scrolled down")
	}
}

// twice knows double clicks, too.
type twice struct{ *heard }

func newTwice() *twice {
	h := &twice{&heard{}}
	h.ExtendBaseWidget(h)
	return h
}

func (h *twice) DoubleTapped(*fyne.PointEvent) { h.note("double") }

// waits are what is to be called later.
type waits []func()

func (w *waits) after(_ time.Duration, f func()) { *w = append(*w, f) }

func (w *waits) pass() {
	all := *w
	*w = nil
	for _, f := range all {
		f()
	}
}
