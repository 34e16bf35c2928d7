package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2/theme"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"lockwire/ui/kit"
)

// colorAt is the colour of a pixel of the display, 0xRRGGBB.
func colorAt(t *testing.T, display string, x, y int16) uint32 {
	t.Helper()
	xgb.Logger.SetOutput(io.Discard)
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	pixel, err := xproto.GetImage(conn, xproto.ImageFormatZPixmap, xproto.Drawable(root), x, y, 1, 1, 0xffffffff).Reply()
	if err != nil || len(pixel.Data) < 3 {
		t.Fatalf("pixel at %d, %d: %v", x, y, err)
	}
	return uint32(pixel.Data[2])<<16 | uint32(pixel.Data[1])<<8 | uint32(pixel.Data[0])
}

// rail is the colour behind the rail of a theme.
func rail(appearance kit.Appearance) uint32 {
	r, g, b, _ := kit.Theme{Appearance: appearance}.Color(kit.ColorRail, theme.VariantLight).RGBA()
	return r>>8<<16 | g>>8<<8 | b>>8
}

func TestAWindowThatIsOpenFollowsTheDesktopFromDayToNight(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the program")
	}
	need(t, "Xvfb", "openbox", "xdotool")
	s := open(t, build(t, released), "--try", "--page", "settings")
	s.engine()
	desktop := func(variant string) {
		folder := filepath.Join(s.folder, "fyne")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "settings.json"), []byte(`{"theme":"`+variant+`"}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	window := s.window()
	s.do("windowmove", window, "0", "0")
	// Left of the rail's buttons, and below all of them.
	shown := func(appearance kit.Appearance) func() bool {
		return func() bool {
			return colorAt(t, s.display, 12, 200) == rail(appearance) && colorAt(t, s.display, 60, 640) == rail(appearance)
		}
	}
	for range 2 {
		desktop("light")
		s.wait("a light window", shown(kit.Light))
		desktop("dark")
		s.wait("a dark window", shown(kit.Dark))
	}
	s.close(os.Interrupt)
}
