package softcanvas

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// DoubleTap is how long after a click a second one makes it a double click.
const DoubleTap = 300 * time.Millisecond

// dragFrom is how far the mouse moves, in Fyne's units, before it drags.
const dragFrom = 2

// Pointer hands the mouse of a window on to what is on its canvas.
type Pointer struct {
	canvas *Canvas
	after  func(time.Duration, func()) // calls a function on the goroutine of the window after a time

	place   fyne.Position
	buttons desktop.MouseButton // those that are down
	over    desktop.Hoverable   // what knows that the mouse is over it
	pressed fyne.CanvasObject   // what the button went down on

	drag struct {
		object  fyne.Draggable // what is dragged
		offset  fyne.Position  // of the object when the drag began
		start   fyne.Position  // of the object in its parent
		last    fyne.Position  // of the mouse
		started bool
	}
	clicks struct {
		on    fyne.CanvasObject
		count int
		wait  int // which wait for a second click is the newest
	}
}

// NewPointer makes the mouse of a canvas. After calls a function on the goroutine of the window once a time has passed.
func NewPointer(c *Canvas, after func(time.Duration, func())) *Pointer {
	return &Pointer{canvas: c, after: after}
}

// Move moves the mouse, and gives the shape that it has there.
func (p *Pointer) Move(to fyne.Position) desktop.Cursor {
	before := p.place
	p.place = to
	if p.canvas.menu != nil {
		p.canvas.menu.pointAt(to)
	}
	cursor := desktop.Cursor(desktop.DefaultCursor)
	object, at := p.canvas.at(to, func(o fyne.CanvasObject) bool {
		if shaped, ok := o.(desktop.Cursorable); ok {
			cursor = shaped.Cursor()
		}
		_, hovers := o.(desktop.Hoverable)
		return hovers
	})
	p.beginDrag(before)
	p.hover(object, at)
	p.dragOn()
	return cursor
}

// beginDrag begins to drag what was under the mouse, where that has gone far enough with its button down.
func (p *Pointer) beginDrag(before fyne.Position) {
	if p.buttons == 0 || p.buttons == desktop.MouseButtonSecondary || p.drag.started {
		return
	}
	moved := p.place.Subtract(p.drag.last)
	if max(moved.X, -moved.X, moved.Y, -moved.Y) < dragFrom {
		return
	}
	object, at := p.canvas.at(before, func(o fyne.CanvasObject) bool {
		_, drags := o.(fyne.Draggable)
		return drags
	})
	if object == nil {
		return
	}
	p.drag.object, p.drag.offset, p.drag.start, p.drag.started = object.(fyne.Draggable), before.Subtract(at), object.Position(), true
}

// dragOn tells what is dragged where the mouse is.
func (p *Pointer) dragOn() {
	if p.drag.object == nil || p.buttons == desktop.MouseButtonSecondary {
		return
	}
	if p.buttons != 0 {
		moved := p.drag.start.Subtract(p.drag.object.(fyne.CanvasObject).Position())
		p.drag.object.Dragged(&fyne.DragEvent{
			PointEvent: fyne.PointEvent{AbsolutePosition: p.place, Position: p.place.Subtract(p.drag.offset).Add(moved)},
			Dragged:    fyne.NewDelta(p.place.X-p.drag.last.X, p.place.Y-p.drag.last.Y),
		})
	}
	p.drag.last = p.place
}

// dragged tells whether an object is the one that is dragged.
func (p *Pointer) dragged(o any) bool {
	object, ok := o.(fyne.Draggable)
	return ok && p.drag.object != nil && object == p.drag.object
}

// hover tells what the mouse is over, and what it has left.
func (p *Pointer) hover(object fyne.CanvasObject, at fyne.Position) {
	hovers, _ := object.(desktop.Hoverable)
	switch {
	case hovers == nil || p.dragged(object):
		if p.over != nil && !p.dragged(p.over) {
			p.leave()
		}
	case hovers == p.over:
		hovers.MouseMoved(p.event(at, p.buttons, 0))
	default:
		p.leave()
		p.over = hovers
		hovers.MouseIn(p.event(at, p.buttons, 0))
	}
}

func (p *Pointer) leave() {
	if over := p.over; over != nil {
		p.over = nil
		over.MouseOut()
	}
}

// Leave tells that the mouse has left the window.
func (p *Pointer) Leave() {
	if p.buttons == 0 {
		p.leave()
	}
}

func (p *Pointer) event(at fyne.Position, button desktop.MouseButton, held fyne.KeyModifier) *desktop.MouseEvent {
	return &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at, AbsolutePosition: p.place}, Button: button, Modifier: held}
}

// Press tells that a button went down, or with down false that it was let go.
func (p *Pointer) Press(button desktop.MouseButton, down bool, held fyne.KeyModifier) {
	p.drag.last = p.place
	dragging := p.drag.started
	object, at := p.canvas.at(p.place, func(o fyne.CanvasObject) bool {
		switch o.(type) {
		case fyne.Tappable, fyne.SecondaryTappable, fyne.DoubleTappable, fyne.Focusable, desktop.Mouseable:
			return true
		case fyne.Draggable:
			return dragging
		}
		return false
	})
	if mouseable, ok := object.(desktop.Mouseable); ok {
		p.pressMouseable(mouseable, p.event(at, button, held), down)
	}
	p.unfocusBeside(object)
	if down {
		p.buttons |= button
	} else {
		p.buttons &^= button
		p.endDrag(object)
	}
	_, taps := object.(fyne.Tappable)
	secondary, tapsSecondary := object.(fyne.SecondaryTappable)
	switch {
	case down && (taps || tapsSecondary):
		p.pressed = object
	case !down && button == desktop.MouseButtonSecondary && tapsSecondary && object == p.pressed:
		p.tapSecondary(secondary, at)
	}
	if !down && button == desktop.MouseButtonPrimary && !dragging {
		p.tap(object, at)
	}
}

// pressMouseable tells a widget of a button itself. The one that is dragged hears of the end, wherever the mouse is.
func (p *Pointer) pressMouseable(under desktop.Mouseable, event *desktop.MouseEvent, down bool) {
	if down {
		under.MouseDown(event)
		return
	}
	if dragged, ok := p.drag.object.(desktop.Mouseable); ok {
		event.Position = p.place.Subtract(p.drag.offset)
		under = dragged
	}
	under.MouseUp(event)
}

// unfocusBeside takes the focus from a widget beside which was clicked.
func (p *Pointer) unfocusBeside(clicked fyne.CanvasObject) {
	focused := p.canvas.Focused()
	if object, ok := clicked.(fyne.Focusable); ok && object == focused {
		return
	}
	if object, ok := focused.(fyne.CanvasObject); ok {
		if found, _ := p.canvas.at(p.place, func(o fyne.CanvasObject) bool { return o == object }); found != nil {
			return
		}
	}
	p.canvas.Unfocus()
}

// endDrag ends a drag over an object.
func (p *Pointer) endDrag(object fyne.CanvasObject) {
	if p.drag.object == nil {
		return
	}
	left := p.over != nil && p.dragged(p.over) && !p.dragged(object)
	if p.drag.started {
		p.drag.object.DragEnd()
		p.drag.started = false
	}
	if left {
		p.leave()
	}
	p.drag.object = nil
}

// tapSecondary tells of a click with the right button. Where that only closed a menu, what lies under it is told, too.
func (p *Pointer) tapSecondary(object fyne.SecondaryTappable, at fyne.Position) {
	top := p.canvas.Overlays().Top()
	object.TappedSecondary(&fyne.PointEvent{Position: at, AbsolutePosition: p.place})
	if top == nil || slices.Contains(p.canvas.Overlays().List(), top) {
		return
	}
	under, at := p.canvas.at(p.place, func(o fyne.CanvasObject) bool {
		_, taps := o.(fyne.SecondaryTappable)
		return taps
	})
	if under, ok := under.(fyne.SecondaryTappable); ok {
		under.TappedSecondary(&fyne.PointEvent{Position: at, AbsolutePosition: p.place})
	}
}

// tap tells of a click. What knows double clicks is told of a single one only when there was time for a second.
func (p *Pointer) tap(object fyne.CanvasObject, at fyne.Position) {
	event := &fyne.PointEvent{Position: at, AbsolutePosition: p.place}
	if _, doubles := object.(fyne.DoubleTappable); !doubles {
		pressed := p.pressed
		p.pressed = nil
		if tappable, ok := object.(fyne.Tappable); ok && object == pressed {
			tappable.Tapped(event)
		}
		return
	}
	p.clicks.count++
	p.clicks.on = object
	if p.clicks.count > 1 {
		p.endClicks(object, event)
		return
	}
	p.clicks.wait++
	wait := p.clicks.wait
	p.after(DoubleTap, func() {
		if wait == p.clicks.wait && p.clicks.count > 0 {
			p.endClicks(object, event)
		}
	})
}

// endClicks tells of the clicks that were counted: on an object first, and where.
func (p *Pointer) endClicks(first fyne.CanvasObject, event *fyne.PointEvent) {
	double, pressed := p.clicks.count == 2 && p.clicks.on == first, p.pressed
	p.clicks.count, p.clicks.on, p.pressed = 0, nil, nil
	if double {
		first.(fyne.DoubleTappable).DoubleTapped(event)
	} else if tappable, ok := first.(fyne.Tappable); ok && first == pressed {
		tappable.Tapped(event)
	}
}

// What one notch of a wheel scrolls, and from how many at once on it scrolls faster, as in Fyne's own driver.
const (
	notch      = 25
	fastFrom   = 10
	fastFactor = 125
)

// Scroll turns the wheel by some notches.
func (p *Pointer) Scroll(x, y float32) {
	object, at := p.canvas.at(p.place, func(o fyne.CanvasObject) bool {
		_, scrolls := o.(fyne.Scrollable)
		return scrolls
	})
	scrolls, ok := object.(fyne.Scrollable)
	if !ok {
		return
	}
	faster := func(by float32) float32 {
		if max(by, -by) >= fastFrom {
			by *= fastFactor
		}
		return by * notch
	}
	scrolls.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: at, AbsolutePosition: p.place}, Scrolled: fyne.NewDelta(faster(x), faster(y))})
}
