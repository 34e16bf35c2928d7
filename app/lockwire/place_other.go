//go:build !linux && !windows

package main

import (
	"image"

	"fyne.io/fyne/v2"
)

// placeOf is not known here.
func placeOf(fyne.Window) (image.Rectangle, bool) { return image.Rectangle{}, false }
