package softwindow

import (
	"errors"
	"image"
	"unsafe"

	fynedriver "fyne.io/fyne/v2/driver"
	"github.com/go-gl/glfw/v3.4/glfw"
	"golang.org/x/sys/windows"
)

var (
	getDC             = windows.NewLazySystemDLL("user32.dll").NewProc("GetDC")
	releaseDC         = windows.NewLazySystemDLL("user32.dll").NewProc("ReleaseDC")
	setDIBitsToDevice = windows.NewLazySystemDLL("gdi32.dll").NewProc("SetDIBitsToDevice")
)

// choosePlatform has nothing to choose.
func choosePlatform() {}

// screen shows frames in a window of Windows.
type screen struct {
	window, context uintptr
	part            []byte // what is drawn at a time
}

// openScreen prepares to draw in a window.
func openScreen(native *glfw.Window) (*screen, error) {
	window := uintptr(unsafe.Pointer(native.GetWin32Window()))
	context, _, _ := getDC.Call(window)
	if context == 0 {
		return nil, errors.New("Windows lets nothing be drawn in the window")
	}
	return &screen{window: window, context: context}, nil
}

// bitmapHeader is BITMAPINFOHEADER.
type bitmapHeader struct {
	size                         uint32
	width, height                int32
	planes, bits                 uint16
	compression, bytes           uint32
	dotsAcross, dotsDown         int32
	coloursUsed, coloursRequired uint32
}

// show draws parts of a frame.
func (s *screen) show(frame *image.RGBA, parts []image.Rectangle) error {
	for _, part := range parts {
		s.part = s.part[:0]
		for y := part.Min.Y; y < part.Max.Y; y++ {
			s.part = appendBGRA(s.part, frame.Pix[frame.PixOffset(part.Min.X, y):frame.PixOffset(part.Max.X, y)])
		}
		width, height := uintptr(part.Dx()), uintptr(part.Dy())
		header := bitmapHeader{width: int32(part.Dx()), height: -int32(part.Dy()), planes: 1, bits: 32} // a height below 0: the upper row comes first
		header.size = uint32(unsafe.Sizeof(header))
		const noPalette = 0
		// It draws nothing while the session is locked or disconnected; Windows asks for all of it when somebody is back.
		setDIBitsToDevice.Call(s.context, uintptr(part.Min.X), uintptr(part.Min.Y), width, height, 0, 0, 0, height,
			uintptr(unsafe.Pointer(&s.part[0])), uintptr(unsafe.Pointer(&header)), noPalette)
	}
	return nil
}

func (s *screen) close() { releaseDC.Call(s.window, s.context) }

// RunNative tells of the window as Windows knows it.
func (w *window) RunNative(f func(any)) {
	f(fynedriver.WindowsWindowContext{HWND: uintptr(unsafe.Pointer(w.native.GetWin32Window()))})
}
