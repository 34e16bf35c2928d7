package kit

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/grid"
)

const (
	// optionsInSight is how many rows a list shows; it makes no more widgets than that.
	optionsInSight = 9
	// optionsWidth is how wide a list is where its field is narrower.
	optionsWidth  = 420
	optionsMargin = 4
)

// optionList lies over the window and shows options at a field. It has the keyboard while it is open: what does not move in it goes
// on to the field.
type optionList struct {
	widget.BaseWidget
	field  *PickEntry
	canvas fyne.Canvas
	shown  []Option
	cursor int // the option that Enter takes; -1 for none
	first  int // the option in the first row
	rows   []*optionRow
	panel  *canvas.Rectangle
	words  *canvas.Text // how many there are, or that there is none
}

func newOptionList(field *PickEntry, on fyne.Canvas) *optionList {
	l := &optionList{field: field, canvas: on, panel: canvas.NewRectangle(nil), words: canvas.NewText("", nil)}
	l.panel.CornerRadius, l.panel.StrokeWidth = 5, 1
	l.ExtendBaseWidget(l)
	return l
}

// isOpen reports whether it is shown. What lies below may have been closed together with it.
func (l *optionList) isOpen() bool {
	return slices.Contains(l.canvas.Overlays().List(), fyne.CanvasObject(l))
}

func (l *optionList) show() {
	l.canvas.Overlays().Add(l)
	l.canvas.Focus(l)
}

// set shows options, from the one that Enter takes on.
func (l *optionList) set(options []Option, cursor int) {
	l.shown, l.cursor, l.first = options, cursor, 0
	l.reveal()
	l.Refresh()
}

// inSight is how many rows are shown.
func (l *optionList) inSight() int { return min(len(l.shown), optionsInSight) }

// reveal scrolls to the option that Enter takes.
func (l *optionList) reveal() {
	if l.cursor >= 0 && l.cursor < l.first {
		l.first = l.cursor
	}
	l.scroll(max(l.first, l.cursor-l.inSight()+1))
}

func (l *optionList) scroll(first int) { l.first = max(0, min(first, len(l.shown)-l.inSight())) }

// move moves the keys by some rows.
func (l *optionList) move(rows int) {
	if len(l.shown) == 0 {
		return
	}
	l.cursor = max(0, min(l.cursor+rows, len(l.shown)-1))
	l.reveal()
	l.Refresh()
}

// take takes the option at which the keys are. It reports whether there is one.
func (l *optionList) take() bool {
	if l.cursor < 0 || l.cursor >= len(l.shown) {
		return false
	}
	l.field.take(l.shown[l.cursor])
	return true
}

// TypedKey moves in the list, takes, closes, or goes on to the field.
func (l *optionList) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyDown:
		l.move(1)
	case fyne.KeyUp:
		l.move(-1)
	case fyne.KeyPageDown:
		l.move(l.inSight())
	case fyne.KeyPageUp:
		l.move(-l.inSight())
	case fyne.KeyReturn, fyne.KeyEnter:
		if !l.take() {
			l.field.close()
			l.field.TypedKey(key)
		}
	case fyne.KeyEscape:
		l.field.close()
	case fyne.KeyTab:
		l.leave()
	default:
		l.field.TypedKey(key)
	}
}

// leave goes to the next field, or back to the one before. What was typed is completed on the way.
func (l *optionList) leave() {
	if !l.field.typed || !l.take() {
		l.field.close()
	}
	if l.isOpen() { // it stays open for another one
		l.field.close()
	}
	if grid.Modifiers()&fyne.KeyModifierShift != 0 {
		l.canvas.FocusPrevious()
	} else {
		l.canvas.FocusNext()
	}
}

// AccessibilityLabel and AccessibilityRole tell assistive tools what it is.
func (l *optionList) AccessibilityLabel() string             { return "Close the list" }
func (l *optionList) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// AcceptsTab has Tab come here.
func (l *optionList) AcceptsTab() bool { return true }

// TypedRune and the methods below go on to the field.
func (l *optionList) TypedRune(r rune)                 { l.field.TypedRune(r) }
func (l *optionList) TypedShortcut(s fyne.Shortcut)    { l.field.TypedShortcut(s) }
func (l *optionList) KeyDown(key *fyne.KeyEvent)       { l.field.KeyDown(key) }
func (l *optionList) KeyUp(key *fyne.KeyEvent)         { l.field.KeyUp(key) }
func (l *optionList) FocusGained()                     {}
func (l *optionList) FocusLost()                       {}
func (l *optionList) MouseUp(*desktop.MouseEvent)      {}
func (l *optionList) Tapped(at *fyne.PointEvent)       { l.pressed(at.Position) }
func (l *optionList) MouseDown(at *desktop.MouseEvent) { l.pressed(at.Position) }

// pressed closes the list for a click beside it. It does so while the button is down, so that letting it go reaches the field below.
func (l *optionList) pressed(at fyne.Position) {
	begin, end := l.panel.Position(), l.panel.Position().Add(l.panel.Size())
	if at.X < begin.X || at.Y < begin.Y || at.X > end.X || at.Y > end.Y {
		l.field.close()
	}
}

// Scrolled moves the rows under the wheel.
func (l *optionList) Scrolled(e *fyne.ScrollEvent) {
	before := l.first
	rows := int(e.Scrolled.DY / optionHeight)
	switch {
	case rows == 0 && e.Scrolled.DY > 0:
		rows = 1
	case rows == 0 && e.Scrolled.DY < 0:
		rows = -1
	}
	l.scroll(l.first - rows)
	if l.first != before {
		l.Refresh()
	}
}

// status says what the rows in sight are not enough for; empty where they are.
func (l *optionList) status() string {
	words := ""
	switch {
	case len(l.shown) == 0:
		return "Nothing matches these words."
	case len(l.shown) > l.inSight():
		words = fmt.Sprintf("%d–%d of %d; typing narrows the list", l.first+1, l.first+l.inSight(), len(l.shown))
	}
	if l.field.Stays && len(l.shown) > 1 {
		words = strings.TrimPrefix(words+"; Enter or Ctrl+click takes several", "; ")
	}
	return words
}

// CreateRenderer draws it.
func (l *optionList) CreateRenderer() fyne.WidgetRenderer { return &optionListRenderer{list: l} }

type optionListRenderer struct {
	list *optionList
	at   fyne.Position // of the field, for which it was laid out
}

func (d *optionListRenderer) Destroy()           {}
func (d *optionListRenderer) MinSize() fyne.Size { return fyne.Size{} }

// Objects follows the field, whose place is known only once it was drawn, and which may be scrolled.
func (d *optionListRenderer) Objects() []fyne.CanvasObject {
	l := d.list
	if d.at != d.place() {
		d.Layout(l.Size())
	}
	objects := []fyne.CanvasObject{l.panel}
	for _, row := range l.rows {
		objects = append(objects, row)
	}
	return append(objects, l.words)
}

// place is where the field is.
func (d *optionListRenderer) place() fyne.Position {
	return fyne.CurrentApp().Driver().AbsolutePositionForObject(d.list.field).Subtract(d.list.Position())
}

// Layout places the list below its field, or above it where there is more room.
func (d *optionListRenderer) Layout(size fyne.Size) {
	l := d.list
	at := d.place()
	d.at = at
	height := float32(len(l.rows))*optionHeight + 2*optionsMargin
	if l.words.Text != "" {
		height += optionHeight
	}
	width := min(max(l.field.Size().Width, optionsWidth), size.Width-2*optionsMargin)
	x := max(optionsMargin, min(at.X, size.Width-width-optionsMargin))
	y := at.Y + l.field.Size().Height + 2
	if below := size.Height - y - optionsMargin; height > below && at.Y > below {
		y = max(at.Y-height-2, optionsMargin)
	}
	l.panel.Move(fyne.NewPos(x, y))
	l.panel.Resize(fyne.NewSize(width, height))
	top := y + optionsMargin
	for _, row := range l.rows {
		row.Move(fyne.NewPos(x+optionsMargin, top))
		row.Resize(fyne.NewSize(width-2*optionsMargin, optionHeight))
		top += optionHeight
	}
	least := l.words.MinSize()
	l.words.Resize(least)
	l.words.Move(fyne.NewPos(x+optionsMargin+optionPadding, top+(optionHeight-least.Height)/2))
}

// Refresh fills the rows in sight.
func (d *optionListRenderer) Refresh() {
	l := d.list
	for len(l.rows) < l.inSight() {
		l.rows = append(l.rows, newOptionRow(l))
	}
	l.rows = l.rows[:l.inSight()]
	for i, row := range l.rows {
		at := l.first + i
		option := l.shown[at]
		row.set(at, option, at == l.cursor, l.field.Taken != nil, l.field.Taken != nil && l.field.Taken(option.Name))
	}
	l.panel.FillColor, l.panel.StrokeColor = Color(theme.ColorNameMenuBackground), Color(theme.ColorNameInputBorder)
	l.words.Text, l.words.Color, l.words.TextSize = l.status(), Color(ColorMuted), theme.CaptionTextSize()
	d.Layout(l.Size())
	l.panel.Refresh()
	l.words.Refresh()
	canvas.Refresh(l)
}
