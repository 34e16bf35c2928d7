//go:build !linux && !windows

package softwindow

import (
	"errors"
	"image"

	"github.com/go-gl/glfw/v3.4/glfw"
)

// choosePlatform has nothing to choose.
func choosePlatform() {}

// screen is for systems whose windows this package draws in.
type screen struct{}

func openScreen(*glfw.Window) (*screen, error) {
	return nil, errors.New("windows are drawn by software on Linux and Windows only")
}

func (*screen) show(*image.RGBA, []image.Rectangle) error { return nil }
func (*screen) close()                                    {}
