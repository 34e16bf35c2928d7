package softcanvas

import (
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/theme"
)

// Canvas is what a window shows: its content, a menu above that, and dialogs and menus over both. All of it belongs to the
// goroutine of the window.
type Canvas struct {
	software.WindowlessCanvas // content, overlays, focus and shortcuts

	menu           *menuBar // nil where the window has none
	layers         *layers
	known          map[fyne.CanvasObject]*placed
	dirty          bool
	painter        *painter
	keyDown, keyUp func(*fyne.KeyEvent)
}

// New makes an empty canvas.
func New() *Canvas {
	c := &Canvas{WindowlessCanvas: software.NewCanvasWithPainter(nil), known: map[fyne.CanvasObject]*placed{}, dirty: true}
	c.painter = newPainter()
	c.layers = &layers{OverlayStack: c.WindowlessCanvas.Overlays(), changed: c.SetDirty}
	return c
}

// SetDirty asks for a new frame. Fyne calls it where something has moved or was hidden.
func (c *Canvas) SetDirty() { c.dirty = true }

// Dirty tells whether something has changed since the last frame.
func (c *Canvas) Dirty() bool { return c.dirty }

// Refresh asks for a new frame, in which an object is drawn anew.
func (c *Canvas) Refresh(o fyne.CanvasObject) {
	c.forget(o)
	c.dirty = true
}

// forget drops what an object and all that is in it looked like, also where that is hidden now.
func (c *Canvas) forget(o fyne.CanvasObject) {
	if c.known[o] == nil {
		return // it was in no frame
	}
	c.painter.pictures.drop(o)
	inside, _ := children(o)
	for _, child := range inside {
		c.forget(child)
	}
}

// Overlays are the dialogs and menus over the page.
func (c *Canvas) Overlays() fyne.OverlayStack { return c.layers }

// Holds tells whether an object was part of a frame lately.
func (c *Canvas) Holds(o fyne.CanvasObject) bool { return c.known[o] != nil }

// trees are what is drawn, the lowest first.
func (c *Canvas) trees() []fyne.CanvasObject {
	var all []fyne.CanvasObject
	if content := c.Content(); content != nil {
		all = append(all, content)
	}
	if c.menu != nil {
		all = append(all, c.menu)
	}
	return append(all, c.layers.List()...)
}

// PositionOf gives where an object is on the canvas; 0, 0 where it is not on it.
func (c *Canvas) PositionOf(o fyne.CanvasObject) fyne.Position {
	l := &locator{wanted: o}
	for _, tree := range c.trees() {
		walk(tree, fyne.Position{}, everywhere, l)
	}
	return l.at
}

// at finds the uppermost object at a point of which something holds, and where the point is in it. What lies under a dialog is not found.
func (c *Canvas) at(point fyne.Position, matches func(fyne.CanvasObject) bool) (fyne.CanvasObject, fyne.Position) {
	f := &finder{point: point, matches: matches}
	if top := c.layers.Top(); top != nil {
		walk(top, fyne.Position{}, everywhere, f)
		return f.found, f.at
	}
	if c.menu != nil {
		walk(c.menu, fyne.Position{}, everywhere, f)
	}
	if f.found == nil && c.Content() != nil {
		walk(c.Content(), fyne.Position{}, everywhere, f)
	}
	return f.found, f.at
}

// SetContent shows something below the menu.
func (c *Canvas) SetContent(content fyne.CanvasObject) {
	c.WindowlessCanvas.SetContent(content)
	c.arrange()
}

// Resize gives the canvas another size.
func (c *Canvas) Resize(size fyne.Size) {
	c.WindowlessCanvas.Resize(size)
	c.arrange()
}

// SetPadded sets whether there is a margin around the content.
func (c *Canvas) SetPadded(padded bool) {
	c.WindowlessCanvas.SetPadded(padded)
	c.arrange()
}

// SetScale sets how many pixels a unit has.
func (c *Canvas) SetScale(scale float32) {
	c.WindowlessCanvas.SetScale(scale)
	c.painter.forgetAll()
	c.dirty = true
}

// SetMainMenu gives the canvas a menu, or none.
func (c *Canvas) SetMainMenu(menu *fyne.MainMenu) {
	open := c.menu != nil && c.menu.popUp != nil
	if open {
		c.menu.close()
	}
	c.menu = nil
	if menu != nil && len(menu.Items) > 0 {
		c.menu = newMenuBar(menu, c)
	}
	c.arrange()
}

// ToggleMenu opens the first menu, or closes the one that is open.
func (c *Canvas) ToggleMenu() {
	if c.menu != nil {
		c.menu.toggle(0)
	}
}

// MinSize is what menu and content need.
func (c *Canvas) MinSize() fyne.Size {
	var size fyne.Size
	if content := c.Content(); content != nil {
		size = content.MinSize()
	}
	if c.Padded() {
		size = size.Add(fyne.NewSquareSize(2 * theme.Padding()))
	}
	return size.AddWidthHeight(0, c.menuHeight())
}

func (c *Canvas) menuHeight() float32 {
	if c.menu == nil {
		return 0
	}
	return c.menu.MinSize().Height
}

// arrange puts the content below the menu.
func (c *Canvas) arrange() {
	c.dirty = true
	size, top := c.Size(), c.menuHeight()
	if c.menu != nil {
		c.menu.Move(fyne.Position{})
		c.menu.Resize(fyne.NewSize(size.Width, top))
	}
	content := c.Content()
	if content == nil {
		return
	}
	var margin float32
	if c.Padded() {
		margin = theme.Padding()
	}
	content.Resize(fyne.NewSize(size.Width-2*margin, size.Height-top-2*margin))
	content.Move(fyne.NewPos(margin, top+margin))
}

// Frame draws what has changed, and gives the whole frame with the parts of it that differ from the frame before. It is valid until the next call.
func (c *Canvas) Frame(now time.Time) (*image.RGBA, []image.Rectangle) {
	c.dirty = false
	c.settle(now)
	return c.painter.frame(c)
}

// Again has the next frame differ everywhere: the window has lost what it showed.
func (c *Canvas) Again() {
	c.painter.shown = nil
	c.dirty = true
}

// Capture draws the canvas.
func (c *Canvas) Capture() image.Image {
	picture, _ := newPainter().frame(c)
	return picture
}

// typedShortcut runs what was registered for a shortcut on the canvas.
func (c *Canvas) typedShortcut(shortcut fyne.Shortcut) {
	if typed, ok := c.WindowlessCanvas.(fyne.Shortcutable); ok {
		typed.TypedShortcut(shortcut)
	}
}

// OnKeyDown and the three below are Fyne's desktop.Canvas.
func (c *Canvas) OnKeyDown() func(*fyne.KeyEvent) { return c.keyDown }

// SetOnKeyDown sets what is called for a key that goes down while nothing has the focus.
func (c *Canvas) SetOnKeyDown(f func(*fyne.KeyEvent)) { c.keyDown = f }

// OnKeyUp is called for a key that is let go while nothing has the focus.
func (c *Canvas) OnKeyUp() func(*fyne.KeyEvent) { return c.keyUp }

// SetOnKeyUp sets it.
func (c *Canvas) SetOnKeyUp(f func(*fyne.KeyEvent)) { c.keyUp = f }

// PixelCoordinateForPosition tells which pixel is at a position.
func (c *Canvas) PixelCoordinateForPosition(p fyne.Position) (x, y int) {
	return Pixels(p.X, c.Scale()), Pixels(p.Y, c.Scale())
}

// layers are the overlays of a canvas, which is drawn anew when one comes or goes.
type layers struct {
	fyne.OverlayStack
	changed func()
}

func (l *layers) Add(o fyne.CanvasObject) {
	l.OverlayStack.Add(o)
	l.changed()
}

func (l *layers) Remove(o fyne.CanvasObject) {
	l.OverlayStack.Remove(o)
	l.changed()
}
