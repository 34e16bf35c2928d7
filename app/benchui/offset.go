//go:build linux

package main

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// scrollers calls with the scrollers in sight. It must be called on the window's goroutine.
func scrollers(o fyne.CanvasObject, each func(*container.Scroll)) {
	if o == nil || !o.Visible() {
		return
	}
	var parts []fyne.CanvasObject
	switch o := o.(type) {
	case *fyne.Container:
		parts = o.Objects
	case *container.Scroll:
		each(o)
		parts = []fyne.CanvasObject{o.Content}
	case fyne.Widget:
		parts = test.WidgetRenderer(o).Objects()
	}
	for _, part := range parts {
		scrollers(part, each)
	}
}

// farthestScrolled is how far down the one of the scrollers in sight is that is scrolled farthest.
func farthestScrolled(o fyne.CanvasObject) (offset float32) {
	scrollers(o, func(s *container.Scroll) { offset = max(offset, s.Offset.Y) })
	return offset
}

// longest is the scroller in sight that has the most to scroll; nil where nothing scrolls by more than its own height.
func longest(o fyne.CanvasObject) (found *container.Scroll) {
	var most float32
	scrollers(o, func(s *container.Scroll) {
		if below := s.Content.MinSize().Height - s.Size().Height; below > max(most, s.Size().Height) {
			found, most = s, below
		}
	})
	return found
}

var errNothingScrolls = errors.New("nothing scrolls")

// overTable is the middle of the longest scroller, for the mouse.
func (w *window) overTable() (at fyne.Position, err error) {
	fyne.DoAndWait(func() {
		table := longest(w.Content())
		if table == nil {
			err = errNothingScrolls
			return
		}
		size := table.Size()
		at = fyne.CurrentApp().Driver().AbsolutePositionForObject(table).AddXY(size.Width/2, size.Height/2)
	})
	return at, err
}
