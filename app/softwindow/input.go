package softwindow

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/storage"
	"github.com/go-gl/glfw/v3.4/glfw"

	"lockwire/ui/softcanvas"
)

// listen has the window hear of what happens to it.
func (w *window) listen() {
	n := w.native
	n.SetCloseCallback(func(*glfw.Window) {
		n.SetShouldClose(false)
		if w.intercept != nil {
			w.intercept()
			return
		}
		w.Close()
	})
	n.SetSizeCallback(func(_ *glfw.Window, width, height int) {
		w.rescale()
		w.resized(width, height)
		w.redraw()
	})
	n.SetPosCallback(func(*glfw.Window, int, int) { w.rescale() })
	n.SetContentScaleCallback(func(*glfw.Window, float32, float32) { w.rescale() })
	n.SetRefreshCallback(func(*glfw.Window) {
		w.canvas.Again()
		w.redraw()
	})
	n.SetIconifyCallback(func(*glfw.Window, bool) { w.canvas.Again() })
	n.SetFocusCallback(func(_ *glfw.Window, has bool) { w.focused(has) })
	n.SetCursorPosCallback(func(_ *glfw.Window, x, y float64) {
		scale := w.canvas.Scale()
		w.pointed.at, w.pointed.moved = fyne.NewPos(float32(int(x))/scale, float32(int(y))/scale), true
	})
	n.SetCursorEnterCallback(func(_ *glfw.Window, entered bool) {
		if !entered {
			w.settlePointer()
			w.pointer.Leave()
		}
	})
	n.SetMouseButtonCallback(func(_ *glfw.Window, button glfw.MouseButton, action glfw.Action, held glfw.ModifierKey) {
		w.settlePointer()
		if name := mouseButton(button); name != 0 && action != glfw.Repeat {
			w.pointer.Press(name, action == glfw.Press, modifiers(held))
		}
	})
	n.SetScrollCallback(func(_ *glfw.Window, x, y float64) {
		w.settlePointer()
		if x == 0 && w.driver.held&fyne.KeyModifierShift != 0 {
			x, y = y, x
		}
		w.pointer.Scroll(float32(x), float32(y))
	})
	n.SetCharCallback(func(_ *glfw.Window, char rune) { w.keyboard.Rune(char) })
	n.SetKeyCallback(w.key)
}

// redraw draws at once: while a window of Windows is moved or sized by its frame, the loop of the driver stands still.
func (w *window) redraw() {
	if w.seen() && w.screen != nil {
		w.draw(time.Now())
	}
}

func (w *window) focused(has bool) {
	d := w.driver
	switch {
	case has:
		before := d.front
		d.front = w
		if before == nil {
			d.program.call(hooks.OnEnteredForeground)
		}
	case d.front == w:
		w.keyboard.Lost()
		d.held = 0
		d.front = nil
		d.program.call(hooks.OnExitedForeground)
	}
}

// settlePointer tells of the newest place of the mouse: of many in one turn only one counts.
func (w *window) settlePointer() {
	if !w.pointed.moved || w.closed {
		return
	}
	w.pointed.moved = false
	if cursor := w.pointer.Move(w.pointed.at); cursor != w.cursor {
		w.cursor = cursor
		w.shape(cursor)
	}
}

// shapes are the standard shapes of the mouse.
var shapes = map[desktop.Cursor]glfw.StandardCursor{
	desktop.DefaultCursor: glfw.ArrowCursor, desktop.TextCursor: glfw.IBeamCursor, desktop.CrosshairCursor: glfw.CrosshairCursor,
	desktop.PointerCursor: glfw.HandCursor, desktop.HResizeCursor: glfw.HResizeCursor, desktop.VResizeCursor: glfw.VResizeCursor,
	desktop.NESWResizeCursor: glfw.ResizeNESWCursor, desktop.NWSEResizeCursor: glfw.ResizeNWSECursor,
}

// shape gives the mouse a shape.
func (w *window) shape(cursor desktop.Cursor) {
	if cursor == desktop.HiddenCursor {
		w.native.SetInputMode(glfw.CursorMode, glfw.CursorHidden)
		return
	}
	w.native.SetInputMode(glfw.CursorMode, glfw.CursorNormal)
	made := w.cursors[cursor]
	if made == nil {
		if standard, ok := shapes[cursor]; ok {
			made = glfw.CreateStandardCursor(standard)
		} else if picture, x, y := cursor.Image(); picture != nil {
			made = glfw.CreateCursor(picture, x, y)
		}
		if made == nil { // a desktop need not have all of them
			return
		}
		w.cursors[cursor] = made
	}
	w.native.SetCursor(made)
}

func (w *window) key(_ *glfw.Window, key glfw.Key, code int, action glfw.Action, held glfw.ModifierKey) {
	w.driver.held = heldAfter(held, key, action)
	pressed := softcanvas.Key{Name: keyName(key, glfw.GetKeyName(key, code)), Latin: latin(key), Held: modifiers(held), Code: code}
	if action == glfw.Release {
		w.keyboard.Up(pressed)
		return
	}
	w.keyboard.Down(pressed, action == glfw.Repeat)
}

// drops tells of files that are dropped on the window.
func (w *window) drops(dropped func(fyne.Position, []fyne.URI)) {
	if dropped == nil {
		w.native.SetDropCallback(nil)
		return
	}
	w.native.SetDropCallback(func(_ *glfw.Window, names []string) {
		all := make([]fyne.URI, len(names))
		for i, name := range names {
			all[i] = storage.NewFileURI(name)
		}
		dropped(w.pointed.at, all)
	})
}
