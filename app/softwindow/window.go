package softwindow

import (
	"errors"
	"image"
	"log/slog"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/driver/software"
	"github.com/go-gl/glfw/v3.4/glfw"

	"lockwire/ui/softcanvas"
)

// window is a window without OpenGL.
type window struct {
	driver   *driver
	native   *glfw.Window
	screen   *screen // shows frames; nil until the window is shown
	canvas   *softcanvas.Canvas
	pointer  *softcanvas.Pointer
	keyboard *softcanvas.Keyboard

	title               string
	icon                fyne.Resource
	menu                *fyne.MainMenu
	fixed, full         bool
	visible, master     bool
	closed              bool
	onClosed, intercept func()
	before              image.Rectangle // the place that it had before it took the whole screen
	least               image.Point     // size in pixels that the system lets it have
	pointed             struct {        // where the mouse went to since it was last looked at
		at    fyne.Position
		moved bool
	}
	cursors map[desktop.Cursor]*glfw.Cursor
	cursor  desktop.Cursor
}

// firstSize is what a window has before it is given a size.
const firstSize = 100

// openHidden opens a window without OpenGL.
func openHidden(title string) (*glfw.Window, error) {
	glfw.DefaultWindowHints()
	glfw.WindowHint(glfw.ClientAPI, glfw.NoAPI)
	glfw.WindowHint(glfw.Visible, glfw.False)
	native, err := glfw.CreateWindow(firstSize, firstSize, title, nil, nil)
	if err == nil && native == nil { // glfw keeps some reasons to itself
		err = errors.New("the system gives none")
	}
	return native, err
}

func newWindow(d *driver, title string) *window {
	native, err := openHidden(title)
	if err != nil {
		panic("open a window that is drawn by software: " + err.Error()) // Use has opened one
	}
	w := &window{driver: d, native: native, canvas: softcanvas.New(), title: title, cursors: map[desktop.Cursor]*glfw.Cursor{}}
	w.pointer = softcanvas.NewPointer(w.canvas, d.after)
	w.keyboard = softcanvas.NewKeyboard(w.canvas, clipboard{}, func() *fyne.MainMenu { return w.menu })
	w.canvas.SetScale(scaleFor(native))
	w.listen()
	w.SetIcon(nil)
	return w
}

// Native is the window as GLFW knows it.
func (w *window) Native() *glfw.Window { return w.native }

// Seen tells whether somebody can see the window.
func (w *window) seen() bool {
	return w.visible && !w.closed && w.native.GetAttrib(glfw.Iconified) == glfw.False
}

// draw draws what has changed, and shows it.
func (w *window) draw(now time.Time) {
	w.fit()
	frame, changed := w.canvas.Frame(now)
	if w.screen == nil || len(changed) == 0 {
		return
	}
	if err := w.screen.show(frame, changed); err != nil {
		slog.Error("the window cannot be drawn", "reason", err.Error())
		w.driver.Quit()
	}
}

// fit keeps the window from being smaller than its content.
func (w *window) fit() {
	scale := w.canvas.Scale()
	size := w.canvas.MinSize()
	least := image.Pt(softcanvas.Pixels(size.Width, scale), softcanvas.Pixels(size.Height, scale))
	if least == w.least {
		return
	}
	w.least = least
	w.limit()
	if width, height := w.native.GetSize(); !w.full && (width < least.X || height < least.Y) {
		w.native.SetSize(max(width, least.X), max(height, least.Y))
	}
}

func (w *window) limit() {
	if w.fixed {
		width, height := w.native.GetSize()
		w.native.SetSizeLimits(width, height, width, height)
		return
	}
	w.native.SetSizeLimits(w.least.X, w.least.Y, glfw.DontCare, glfw.DontCare)
}

// rescale takes over another scale of the system or of the user.
func (w *window) rescale() {
	if scale := scaleFor(w.native); scale != w.canvas.Scale() {
		w.canvas.SetScale(scale)
		w.least = image.Point{}
		width, height := w.native.GetSize()
		w.resized(width, height)
	}
}

func (w *window) resized(width, height int) {
	if width <= 0 || height <= 0 { // minimised on Windows
		return
	}
	scale := w.canvas.Scale()
	w.canvas.Resize(fyne.NewSize(float32(width)/scale, float32(height)/scale))
}

func (w *window) Title() string { return w.title }

func (w *window) SetTitle(title string) {
	w.title = title
	w.native.SetTitle(title)
}

func (w *window) FullScreen() bool { return w.full }

func (w *window) SetFullScreen(full bool) {
	if full == w.full {
		return
	}
	w.full = full
	if !full {
		w.native.SetMonitor(nil, w.before.Min.X, w.before.Min.Y, w.before.Dx(), w.before.Dy(), glfw.DontCare)
		return
	}
	monitor := monitorOf(w.native)
	if monitor == nil || monitor.GetVideoMode() == nil {
		w.full = false
		return
	}
	x, y := w.native.GetPos()
	width, height := w.native.GetSize()
	w.before = image.Rect(x, y, x+width, y+height)
	mode := monitor.GetVideoMode()
	w.native.SetMonitor(monitor, 0, 0, mode.Width, mode.Height, mode.RefreshRate)
}

// Resize gives the content a size; the window is as large as the content needs at least.
func (w *window) Resize(size fyne.Size) {
	size = size.Max(w.canvas.MinSize())
	w.canvas.Resize(size)
	scale := w.canvas.Scale()
	w.native.SetSize(softcanvas.Pixels(size.Width, scale), softcanvas.Pixels(size.Height, scale))
	if w.fixed {
		w.limit()
	}
}

func (w *window) RequestFocus() {
	if w.visible {
		w.native.Focus()
	}
}

func (w *window) FixedSize() bool { return w.fixed }

func (w *window) SetFixedSize(fixed bool) {
	w.fixed = fixed
	w.limit()
}

func (w *window) CenterOnScreen() {
	monitor := monitorOf(w.native)
	if monitor == nil {
		return
	}
	left, top, width, height := monitor.GetWorkarea()
	ownWidth, ownHeight := w.native.GetSize()
	w.native.SetPos(left+(width-ownWidth)/2, top+(height-ownHeight)/2)
}

// RequestPosition puts the window somewhere on the screens.
func (w *window) RequestPosition(x, y int) { w.native.SetPos(x, y) }

// RequestAlwaysOnTop has the window stay above others.
func (w *window) RequestAlwaysOnTop() { w.native.SetAttrib(glfw.Floating, glfw.True) }

// RequestFullScreenSecondary takes the screen that the window is on.
func (w *window) RequestFullScreenSecondary() { w.SetFullScreen(true) }

func (w *window) Padded() bool          { return w.canvas.Padded() }
func (w *window) SetPadded(padded bool) { w.canvas.SetPadded(padded) }

func (w *window) Icon() fyne.Resource {
	if w.icon == nil {
		return w.driver.program.Icon()
	}
	return w.icon
}

// iconSide is the side of the window's icon in pixels.
const iconSide = 64

func (w *window) SetIcon(icon fyne.Resource) {
	w.icon = icon
	if icon = w.Icon(); icon == nil {
		return
	}
	easel := software.NewTransparentCanvas()
	easel.SetPadded(false)
	easel.SetContent(canvas.NewImageFromResource(icon))
	easel.Resize(fyne.NewSquareSize(iconSide))
	w.native.SetIcon([]image.Image{easel.Capture()})
}

func (w *window) SetMaster()                 { w.master = true }
func (w *window) MainMenu() *fyne.MainMenu   { return w.menu }
func (w *window) SetOnClosed(f func())       { w.onClosed = f }
func (w *window) SetCloseIntercept(f func()) { w.intercept = f }
func (w *window) Content() fyne.CanvasObject { return w.canvas.Content() }
func (w *window) Canvas() fyne.Canvas        { return w.canvas }
func (w *window) Clipboard() fyne.Clipboard  { return clipboard{} }

func (w *window) SetMainMenu(menu *fyne.MainMenu) {
	w.menu = menu
	w.canvas.SetMainMenu(menu)
}

func (w *window) SetOnDropped(dropped func(fyne.Position, []fyne.URI)) { w.drops(dropped) }

func (w *window) SetContent(content fyne.CanvasObject) {
	w.canvas.SetContent(content)
	width, height := w.native.GetSize()
	w.resized(width, height) // Fyne's canvas grows with its content, and the window does when it is drawn
}

// Show shows the window, and takes it out of the task bar where it was minimised.
func (w *window) Show() {
	if w.closed {
		return
	}
	if w.screen == nil {
		var err error
		if w.screen, err = openScreen(w.native); err != nil {
			slog.Error("the window cannot be drawn", "reason", err.Error())
			w.driver.Quit()
			return
		}
	}
	w.fit()
	w.native.Show()
	if w.native.GetAttrib(glfw.Iconified) == glfw.True {
		w.native.Restore()
	}
	w.visible = true
	w.canvas.Again()
}

func (w *window) Hide() {
	w.visible = false
	w.native.Hide()
}

func (w *window) ShowAndRun() {
	w.Show()
	fyne.CurrentApp().Run()
}

// Close closes the window; the driver lets go of it later.
func (w *window) Close() {
	if w.closed {
		return
	}
	w.closed = true
	if f := w.onClosed; f != nil {
		f()
	}
}

// destroy lets go of the window.
func (w *window) destroy() {
	if w.screen != nil {
		w.screen.close()
	}
	for _, cursor := range w.cursors {
		cursor.Destroy()
	}
	w.native.Destroy()
}
