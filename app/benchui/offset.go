//go:build linux

package main

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// farthestScrolled is how far down the one of the scrollers in sight is that is scrolled farthest. It must be called on the window's goroutine.
func farthestScrolled(o fyne.CanvasObject) (offset float32) {
	if !o.Visible() {
		return 0
	}
	var parts []fyne.CanvasObject
	switch o := o.(type) {
	case *fyne.Container:
		parts = o.Objects
	case *container.Scroll:
		offset, parts = o.Offset.Y, []fyne.CanvasObject{o.Content}
	case fyne.Widget:
		parts = test.WidgetRenderer(o).Objects()
	}
	for _, part := range parts {
		offset = max(offset, farthestScrolled(part))
	}
	return offset
}
