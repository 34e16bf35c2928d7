package softcanvas

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// area is a rectangle of a canvas, in Fyne's units.
type area struct{ from, to fyne.Position }

func areaOf(at fyne.Position, size fyne.Size) area {
	return area{at, at.AddXY(size.Width, size.Height)}
}

func (a area) within(b area) area {
	return area{
		fyne.NewPos(max(a.from.X, b.from.X), max(a.from.Y, b.from.Y)),
		fyne.NewPos(min(a.to.X, b.to.X), min(a.to.Y, b.to.Y)),
	}
}

func (a area) empty() bool { return a.to.X <= a.from.X || a.to.Y <= a.from.Y }

func (a area) has(p fyne.Position) bool {
	return p.X >= a.from.X && p.Y >= a.from.Y && p.X < a.to.X && p.Y < a.to.Y
}

// everywhere clips nothing.
var everywhere = area{fyne.NewPos(-1e6, -1e6), fyne.NewPos(1e6, 1e6)}

// visit is called for an object that is visible, at a place, with what of the canvas it may draw on; done is called after its children.
type visitor interface {
	visit(o fyne.CanvasObject, at fyne.Position, clip area)
	done(o fyne.CanvasObject)
}

// walk visits an object and all that is in it, where it is visible.
func walk(o fyne.CanvasObject, offset fyne.Position, clip area, v visitor) {
	if o == nil || !o.Visible() {
		return
	}
	at := offset.Add(o.Position())
	inside, clips := children(o)
	if _, scrolls := o.(fyne.Scrollable); scrolls || clips {
		clip = areaOf(at, o.Size()).within(clip)
	}
	v.visit(o, at, clip)
	for _, child := range inside {
		walk(child, at, clip, v)
	}
	v.done(o)
}

// children gives what an object consists of, and whether nothing of it is drawn outside of it. A widget that has no renderer yet, or
// whose renderer was forgotten, gets one.
func children(o fyne.CanvasObject) (inside []fyne.CanvasObject, clips bool) {
	switch o := o.(type) {
	case *fyne.Container:
		return o.Objects, false
	case fyne.Widget:
		renderer := test.WidgetRenderer(o)
		_, clips = renderer.(interface{ IsClip() })
		return renderer.Objects(), clips
	}
	return nil, false
}

// finder finds the uppermost object at a point of which something holds.
type finder struct {
	point   fyne.Position
	matches func(fyne.CanvasObject) bool
	found   fyne.CanvasObject
	at      fyne.Position // the point, as the object counts
}

func (f *finder) visit(o fyne.CanvasObject, at fyne.Position, clip area) {
	if clip.has(f.point) && areaOf(at, o.Size()).has(f.point) && f.matches(o) {
		f.found, f.at = o, f.point.Subtract(at)
	}
}

func (f *finder) done(fyne.CanvasObject) {}

// locator finds where an object is.
type locator struct {
	wanted fyne.CanvasObject
	found  bool
	at     fyne.Position
}

func (l *locator) visit(o fyne.CanvasObject, at fyne.Position, _ area) {
	if o == l.wanted {
		l.found, l.at = true, at
	}
}

func (l *locator) done(fyne.CanvasObject) {}
