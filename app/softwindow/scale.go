package softwindow

import (
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// usualDots is how many dots an inch of a screen has at which Fyne draws as its programs say.
const usualDots = 120

// scaleFor is the scale of a window: the system's and the user's, as with Fyne's own driver, so that a window keeps its size
// where the graphics driver comes or goes.
func scaleFor(native *glfw.Window) float32 {
	return float32(math.Round(float64(systemScale(native)*userScale()*10))) / 10
}

// userScale is what FYNE_SCALE or Fyne's settings ask for.
func userScale() float32 {
	env := os.Getenv("FYNE_SCALE")
	if scale, err := strconv.ParseFloat(env, 32); err == nil && scale > 0 {
		return float32(scale)
	}
	if scale := fyne.CurrentApp().Settings().Scale(); env != "auto" && scale > 0 {
		return scale
	}
	return 1
}

// systemScale is what Windows says; elsewhere it follows from the size of the screen that the window is on.
func systemScale(native *glfw.Window) float32 {
	if runtime.GOOS == "windows" {
		scale, _ := native.GetContentScale()
		return scale
	}
	if off := os.Getenv("FYNE_DISABLE_DPI_DETECTION"); off == "1" || strings.EqualFold(off, "t") || strings.EqualFold(off, "true") {
		return 1
	}
	monitor := monitorOf(native)
	if monitor == nil {
		return 1
	}
	width, _ := monitor.GetPhysicalSize()
	mode := monitor.GetVideoMode()
	if mode == nil {
		return 1
	}
	return detectedScale(width, mode.Width)
}

// detectedScale is the scale for a screen of so many millimetres and pixels. A screen that says something impossible is a usual one.
func detectedScale(millimetres, pixels int) float32 {
	dots := float32(pixels) / (float32(millimetres) / 25.4)
	if !(dots >= 10 && dots <= 1000) {
		return 1
	}
	return max(dots/usualDots, 1)
}

// monitorOf is the screen that the middle of a window is on, else the first one; nil where there is none.
func monitorOf(native *glfw.Window) *glfw.Monitor {
	left, top := native.GetPos()
	width, height := native.GetSize()
	x, y := left+width/2, top+height/2
	for _, monitor := range glfw.GetMonitors() {
		left, top := monitor.GetPos()
		if mode := monitor.GetVideoMode(); mode != nil && x >= left && y >= top && x < left+mode.Width && y < top+mode.Height {
			return monitor
		}
	}
	return glfw.GetPrimaryMonitor()
}
