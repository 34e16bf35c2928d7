package main

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// preferPlace is the preference with the window's place among the screens: left, top, width and height in pixels, without its frame.
const preferPlace = "place"

// givePlace gives the window the size and the place that it had when it was closed; size is that of a first start, and wins
// where it was asked for.
func givePlace(window fyne.Window, kept fyne.Preferences, size fyne.Size, asked bool) {
	if !asked {
		size = fyne.NewSize(float32(kept.FloatWithFallback("width", float64(size.Width))), float32(kept.FloatWithFallback("height", float64(size.Height))))
	}
	window.Resize(fitting(size, largestOf(workAreas()), 1))
	place := kept.IntList(preferPlace)
	movable, ok := window.(desktop.Window)
	if len(place) != 4 || !ok {
		return
	}
	if before := image.Rect(place[0], place[1], place[0]+place[2], place[1]+place[3]); reachable(before, screens()) {
		movable.RequestPosition(before.Min.X, before.Min.Y)
	}
}

// fitScreen makes a window that is larger than the largest screen as large as that. The scale that it is drawn at is known only
// once it is shown.
func fitScreen(window fyne.Window) {
	canvas := window.Canvas()
	if size := fitting(canvas.Size(), largestOf(workAreas()), canvas.Scale()); size != canvas.Size() {
		window.Resize(size)
	}
}

// frameHeight is what a window manager's title bar may take, in pixels. No system tells before the window has one.
const frameHeight = 40

// fitting gives the size, in Fyne's units, that a window may have on a screen of so many pixels at a scale. A screen without
// extent is one that is not known.
func fitting(size fyne.Size, screen image.Point, scale float32) fyne.Size {
	if screen.X <= 0 || screen.Y <= frameHeight || scale <= 0 {
		return size
	}
	return fyne.NewSize(min(size.Width, float32(screen.X)/scale), min(size.Height, float32(screen.Y-frameHeight)/scale))
}

// largestOf gives the extent of the largest of the screens.
func largestOf(screens []image.Rectangle) (extent image.Point) {
	for _, screen := range screens {
		if size := screen.Size(); size.X*size.Y > extent.X*extent.Y {
			extent = size
		}
	}
	return extent
}

// keepPlace remembers where the window is and how large.
func keepPlace(window fyne.Window, kept fyne.Preferences) {
	size := window.Canvas().Size()
	kept.SetFloat("width", float64(size.Width))
	kept.SetFloat("height", float64(size.Height))
	if now, known := placeOf(window); known {
		kept.SetIntList(preferPlace, []int{now.Min.X, now.Min.Y, now.Dx(), now.Dy()})
	}
}

// What must be seen of a window's top edge, in pixels, so that it can be taken hold of.
const (
	graspWidth  = 120
	graspHeight = 40
)

// reachable tells whether a window could be taken hold of on one of the screens: one may have been unplugged.
func reachable(window image.Rectangle, screens []image.Rectangle) bool {
	top := image.Rect(window.Min.X, window.Min.Y, window.Max.X, window.Min.Y+graspHeight)
	for _, screen := range screens {
		if seen := top.Intersect(screen); seen.Dx() >= min(graspWidth, top.Dx()) && seen.Dy() >= graspHeight {
			return true
		}
	}
	return false
}

// workAreas are the parts of the screens that the desktop leaves to windows, in pixels.
func workAreas() []image.Rectangle {
	var all []image.Rectangle
	for _, monitor := range glfw.GetMonitors() {
		x, y, width, height := monitor.GetWorkarea()
		all = append(all, image.Rect(x, y, x+width, y+height))
	}
	return all
}

// screens are where the screens lie. Fyne has the library that it asks ready once there is a window.
func screens() []image.Rectangle {
	var all []image.Rectangle
	for _, monitor := range glfw.GetMonitors() {
		if mode := monitor.GetVideoMode(); mode != nil {
			x, y := monitor.GetPos()
			all = append(all, image.Rect(x, y, x+mode.Width, y+mode.Height))
		}
	}
	return all
}
