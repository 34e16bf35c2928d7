package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Reveal scrolls to an object, and never beyond the end of the content. It is for an object whose surroundings became shorter.
func Reveal(o fyne.CanvasObject) {
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(o); canvas != nil {
		reveal(canvas, o)
	}
}

// reveal scrolls every container around an object so that it becomes visible. Fyne does not scroll to the widget that Tab reaches.
func reveal(canvas fyne.Canvas, o fyne.CanvasObject) {
	scrollsOf(topmost(canvas), func(s *container.Scroll) {
		position := fyne.CurrentApp().Driver().AbsolutePositionForObject
		within := position(o).Subtract(position(s.Content)) // where it is on the sheet that is scrolled
		if !inside(within, o.Size(), s.Content.Size()) {
			return
		}
		offset := s.Offset
		if s.Direction != container.ScrollHorizontalOnly {
			offset.Y = min(shifted(offset.Y, s.Size().Height, within.Y, o.Size().Height), max(s.Content.MinSize().Height-s.Size().Height, 0))
		}
		if s.Direction != container.ScrollVerticalOnly {
			offset.X = min(shifted(offset.X, s.Size().Width, within.X, o.Size().Width), max(s.Content.MinSize().Width-s.Size().Width, 0))
		}
		if offset != s.Offset {
			s.ScrollToOffset(offset)
		}
	})
}

// besideRevealed is the margin that stays visible around a revealed object, to show that there is more.
const besideRevealed = 12

// shifted is the nearest offset that shows a part. Of a part larger than the room it shows the beginning.
func shifted(offset, room, begin, length float32) float32 {
	begin, length = max(begin-besideRevealed, 0), length+2*besideRevealed
	switch {
	case begin < offset || length > room:
		return begin
	case begin+length > offset+room:
		return begin + length - room
	}
	return offset
}

func inside(at fyne.Position, size, whole fyne.Size) bool {
	return at.X >= 0 && at.Y >= 0 && at.X+size.Width <= whole.Width+1 && at.Y+size.Height <= whole.Height+1
}

// scrollsOf visits every visible scroller, the outermost first.
func scrollsOf(o fyne.CanvasObject, visit func(*container.Scroll)) {
	if o == nil || !o.Visible() {
		return
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			scrollsOf(child, visit)
		}
	case *container.Scroll:
		if o.Content != nil {
			visit(o)
			scrollsOf(o.Content, visit)
		}
	case *container.Split:
		scrollsOf(o.Leading, visit)
		scrollsOf(o.Trailing, visit)
	case *container.AppTabs:
		if tab := o.Selected(); tab != nil {
			scrollsOf(tab.Content, visit)
		}
	case *widget.PopUp:
		scrollsOf(o.Content, visit)
	}
}
