package main

import (
	"image"
	"unsafe"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"golang.org/x/sys/windows"
)

var (
	user32         = windows.NewLazySystemDLL("user32.dll")
	getClientRect  = user32.NewProc("GetClientRect")
	clientToScreen = user32.NewProc("ClientToScreen")
)

// placeOf asks Windows where a window is, without its frame: Fyne can place one, and does not tell where it is.
func placeOf(window fyne.Window) (place image.Rectangle, known bool) {
	native, ok := window.(driver.NativeWindow)
	if !ok {
		return place, false
	}
	native.RunNative(func(context any) {
		handle, ok := context.(driver.WindowsWindowContext)
		if !ok || handle.HWND == 0 {
			return
		}
		var size struct{ left, top, right, bottom int32 }
		var at struct{ x, y int32 }
		if done, _, _ := getClientRect.Call(handle.HWND, uintptr(unsafe.Pointer(&size))); done == 0 {
			return
		}
		if done, _, _ := clientToScreen.Call(handle.HWND, uintptr(unsafe.Pointer(&at))); done == 0 {
			return
		}
		place, known = image.Rect(int(at.x), int(at.y), int(at.x+size.right), int(at.y+size.bottom)), true
	})
	return place, known
}
