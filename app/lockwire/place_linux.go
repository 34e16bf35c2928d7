package main

import (
	"image"
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// placeOf asks the X server where a window is: Fyne can place one, and does not tell where it is. Wayland tells no program.
func placeOf(window fyne.Window) (place image.Rectangle, known bool) {
	native, ok := window.(driver.NativeWindow)
	if !ok {
		return place, false
	}
	native.RunNative(func(context any) {
		if x11, ok := context.(driver.X11WindowContext); ok && x11.WindowHandle != 0 {
			place, known = placeOnX(xproto.Window(x11.WindowHandle))
		}
	})
	return place, known
}

func placeOnX(window xproto.Window) (image.Rectangle, bool) {
	xgb.Logger.SetOutput(io.Discard) // as in checkDisplay
	x, err := xgb.NewConn()
	if err != nil {
		return image.Rectangle{}, false
	}
	defer x.Close()
	size, err := xproto.GetGeometry(x, xproto.Drawable(window)).Reply()
	if err != nil {
		return image.Rectangle{}, false
	}
	at, err := xproto.TranslateCoordinates(x, window, size.Root, 0, 0).Reply()
	if err != nil {
		return image.Rectangle{}, false
	}
	left, top := int(at.DstX), int(at.DstY)
	return image.Rect(left, top, left+int(size.Width), top+int(size.Height)), true
}
