package softwindow

import (
	"errors"
	"fmt"
	"image"
	"io"

	fynedriver "fyne.io/fyne/v2/driver"
	"github.com/go-gl/glfw/v3.4/glfw"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// choosePlatform has GLFW use X11, also where it would use Wayland: there a window without OpenGL has no connection of ours to draw through.
func choosePlatform() { glfw.InitHint(glfw.PlatformHint, int(glfw.PlatformX11)) }

// screen shows frames in a window of X11, through a connection of its own.
type screen struct {
	x      *xgb.Conn
	window xproto.Drawable
	pen    xproto.Gcontext
	depth  byte
	format format
	strip  []byte        // what is sent at a time
	read   chan struct{} // closed when nothing more comes from the display
}

// mostBytes is what one request of X11 may carry, without its header.
const mostBytes = 4*65535 - 64

// openScreen prepares to draw in a window.
func openScreen(native *glfw.Window) (*screen, error) {
	xgb.Logger.SetOutput(io.Discard) // it tells of displays without an authority file, which are none of a user's concern
	x, err := xgb.NewConn()
	if err != nil {
		return nil, fmt.Errorf("connect to the display: %w", err)
	}
	s := &screen{x: x, window: xproto.Drawable(native.GetX11Window()), read: make(chan struct{})}
	go func() { // events and errors that nobody takes would fill the connection
		defer close(s.read)
		for {
			if event, err := x.WaitForEvent(); event == nil && err == nil {
				return
			}
		}
	}()
	if err := s.prepare(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// prepare finds out how pixels lie in the window.
func (s *screen) prepare() error {
	of, err := xproto.GetGeometry(s.x, s.window).Reply()
	if err != nil {
		return fmt.Errorf("ask the display about the window: %w", err)
	}
	look, err := xproto.GetWindowAttributes(s.x, xproto.Window(s.window)).Reply()
	if err != nil {
		return fmt.Errorf("ask the display about the window: %w", err)
	}
	setup := xproto.Setup(s.x)
	s.depth = of.Depth
	for _, f := range setup.PixmapFormats {
		if f.Depth == of.Depth {
			s.format.bytes, s.format.pad = int(f.BitsPerPixel)/8, int(f.ScanlinePad)/8
		}
	}
	for _, depth := range setup.DefaultScreen(s.x).AllowedDepths {
		for _, visual := range depth.Visuals {
			if visual.VisualId == look.Visual {
				s.format.masks = [3]uint32{visual.RedMask, visual.GreenMask, visual.BlueMask}
			}
		}
	}
	s.format.big = setup.ImageByteOrder == xproto.ImageOrderMSBFirst
	if !s.format.known() {
		return errors.New("the display has no colours of 16 bits or more; a window that is drawn by software needs them")
	}
	if s.pen, err = xproto.NewGcontextId(s.x); err != nil {
		return fmt.Errorf("draw in the window: %w", err)
	}
	if err := xproto.CreateGCChecked(s.x, s.pen, s.window, 0, nil).Check(); err != nil {
		return fmt.Errorf("draw in the window: %w", err)
	}
	return nil
}

// show sends parts of a frame, and waits until the display has taken them: so there is never more than one on its way.
func (s *screen) show(frame *image.RGBA, parts []image.Rectangle) error {
	for _, part := range parts {
		row := s.format.row(part.Dx())
		for rows := max(1, mostBytes/row); part.Dy() > 0; part.Min.Y += rows {
			strip := part
			strip.Max.Y = min(part.Min.Y+rows, part.Max.Y)
			s.strip = s.format.encode(s.strip[:0], frame, strip)
			xproto.PutImage(s.x, xproto.ImageFormatZPixmap, s.window, s.pen, uint16(strip.Dx()), uint16(strip.Dy()), int16(strip.Min.X), int16(strip.Min.Y), 0, s.depth, s.strip)
			if strip.Max.Y == part.Max.Y {
				break
			}
		}
	}
	if _, err := xproto.GetInputFocus(s.x).Reply(); err != nil {
		return fmt.Errorf("the display does not answer: %w", err)
	}
	return nil
}

func (s *screen) close() {
	s.x.Close()
	<-s.read
}

// RunNative tells of the window as X11 knows it.
func (w *window) RunNative(f func(any)) {
	f(fynedriver.X11WindowContext{WindowHandle: uintptr(w.native.GetX11Window())})
}
