package main

import (
	"bytes"
	"image"
	"strconv"
	"syscall"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// TestWithoutOpenGLTheWindowIsDrawnBySoftware works with a window on a display that has no OpenGL, and looks at what the display shows.
func TestWithoutOpenGLTheWindowIsDrawnBySoftware(t *testing.T) {
	need(t, "Xvfb", "openbox", "xdotool")
	s := bareDisplay(t, "-extension", "GLX")
	s.start(s.command("openbox"))
	s.run(build(t, released), "--try", "--theme", "light")
	pictures := s.pictures()

	s.tap("Traffic rules")
	row := s.see("Files to the vault")
	s.wait("a row that can be seen", func() bool { return !pictures.empty(row) })
	s.tap("filter")
	s.do("type", "leased")
	s.wait("the filter", func() bool { return s.shows("Leased line") && !s.shows("Files to the vault") })
	s.wait("a window without the row", func() bool { return pictures.empty(row) })

	s.do("key", "ctrl+a")
	s.do("key", "ctrl+x")
	s.see("Files to the vault")
	s.wait("the row in the window", func() bool { return !pictures.empty(row) })
	s.do("key", "ctrl+v")
	s.wait("what was cut, in the field", func() bool { return !s.shows("Files to the vault") })

	s.do("windowsize", "--sync", s.window(), "1100", "700")
	s.wait("the page in the other size", func() bool { return pictures.size() == image.Pt(1100, 700) && !pictures.empty(s.see("Leased line")) })

	s.do("key", "F10")
	s.do("key", "Left", "Up", "Return") // the last item of the last menu
	s.see("by software: this display has no OpenGL")
	s.do("key", "Escape")
	s.close(syscall.SIGTERM)
}

// pictures are what the display shows of the window.
type pictures struct {
	s *screen
	x *xgb.Conn
}

func (s *screen) pictures() *pictures {
	s.t.Helper()
	x, err := xgb.NewConnDisplay(s.display)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(x.Close)
	return &pictures{s, x}
}

// empty tells whether a part of the window has one colour only.
func (p *pictures) empty(part seen) bool {
	p.s.t.Helper()
	root := xproto.Setup(p.x).DefaultScreen(p.x).Root
	at, err := xproto.TranslateCoordinates(p.x, xproto.Window(p.s.number()), root, int16(part.X), int16(part.Y)).Reply()
	if err != nil {
		p.s.t.Fatal(err)
	}
	picture, err := xproto.GetImage(p.x, xproto.ImageFormatZPixmap, xproto.Drawable(root), at.DstX, at.DstY, uint16(part.Width), uint16(part.Height), 0xffffffff).Reply()
	if err != nil {
		p.s.t.Fatal(err)
	}
	return bytes.Equal(picture.Data[4:], picture.Data[:len(picture.Data)-4])
}

// size is that of the window.
func (p *pictures) size() image.Point {
	p.s.t.Helper()
	window, err := xproto.GetGeometry(p.x, xproto.Drawable(p.s.number())).Reply()
	if err != nil {
		p.s.t.Fatal(err)
	}
	return image.Pt(int(window.Width), int(window.Height))
}

// number is the window as X11 knows it.
func (s *screen) number() uint32 {
	s.t.Helper()
	number, err := strconv.ParseUint(s.window(), 10, 32)
	if err != nil {
		s.t.Fatal(err)
	}
	return uint32(number)
}
