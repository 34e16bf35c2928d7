package softcanvas

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// placed is what is known of an object that is part of the frames.
type placed struct {
	least fyne.Size // what it needed at the last frame
	seen  time.Time
}

// keep is how long an object that is no longer shown is still known: one that is hidden may be refreshed before it comes back.
const keep = time.Minute

// settler lays out anew what has children that need another size than before, as Fyne's own driver does before each frame.
type settler struct {
	c      *Canvas
	now    time.Time
	open   []*bool // for each object around: whether it has to be laid out
	rooted bool    // a whole tree needs another size
}

// settle lays out what needs it, keeps in mind what is shown, and has renderers live on that Fyne would forget after a minute.
func (c *Canvas) settle(now time.Time) {
	s := &settler{c: c, now: now}
	for _, tree := range c.trees() {
		s.rooted = false
		walk(tree, fyne.Position{}, everywhere, s)
		if s.rooted {
			least := tree.MinSize()
			if size := tree.Size().Max(least); size != tree.Size() {
				tree.Resize(size)
			} else {
				layOut(tree)
			}
		}
	}
	for o, p := range c.known {
		if now.Sub(p.seen) > keep {
			delete(c.known, o)
			c.painter.pictures.drop(o)
		}
	}
}

func (s *settler) visit(fyne.CanvasObject, fyne.Position, area) { s.open = append(s.open, new(bool)) }

func (s *settler) done(o fyne.CanvasObject) {
	changed := *s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
	if changed {
		layOut(o)
	}
	p := s.c.known[o]
	if p == nil {
		p = &placed{}
		s.c.known[o] = p
	}
	p.seen = s.now
	if least := o.MinSize(); least != p.least {
		p.least = least
		if len(s.open) > 0 {
			*s.open[len(s.open)-1] = true
		} else {
			s.rooted = true
		}
	}
}

// KeepAlive keeps in mind what is shown while nothing of it changes.
func (c *Canvas) KeepAlive(now time.Time) {
	for _, tree := range c.trees() {
		walk(tree, fyne.Position{}, everywhere, keeper{c, now})
	}
}

type keeper struct {
	c   *Canvas
	now time.Time
}

func (k keeper) visit(o fyne.CanvasObject, _ fyne.Position, _ area) {
	if p := k.c.known[o]; p != nil {
		p.seen = k.now
	}
}

func (k keeper) done(fyne.CanvasObject) {}

// layOut gives the children of an object their places.
func layOut(o fyne.CanvasObject) {
	switch o := o.(type) {
	case *fyne.Container:
		if o.Layout != nil {
			o.Layout.Layout(o.Objects, o.Size())
		}
	case fyne.Widget:
		test.WidgetRenderer(o).Layout(o.Size())
	}
}

// Restyle gives all that is shown the colours and sizes of a theme that has changed.
func (c *Canvas) Restyle() {
	c.painter.forgetAll()
	for _, tree := range c.trees() {
		restyle(tree)
	}
	c.arrange()
}

func restyle(o fyne.CanvasObject) {
	inside, _ := children(o)
	for _, child := range inside {
		if child != nil {
			restyle(child)
		}
	}
	layOut(o)
	o.Refresh()
}
