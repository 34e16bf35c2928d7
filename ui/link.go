package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// link is something that leads somewhere when it is clicked. It is reached by Tab, and Space and Enter press it.
type link struct {
	widget.BaseWidget
	content fyne.CanvasObject
	tapped  func()
	back    *canvas.Rectangle
	hover   bool
	focused bool
}

func newLink(content fyne.CanvasObject, tapped func()) *link {
	l := &link{content: content, tapped: tapped, back: canvas.NewRectangle(color.Transparent)}
	l.back.CornerRadius = 5
	l.ExtendBaseWidget(l)
	return l
}

// CreateRenderer draws it.
func (l *link) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(l.back, l.content))
}

func (l *link) paint() {
	l.back.FillColor = color.Transparent
	if l.hover || l.focused {
		l.back.FillColor = colorOf(theme.ColorNameHover)
	}
	l.back.StrokeWidth = 0
	if l.focused {
		l.back.StrokeWidth, l.back.StrokeColor = 1, colorOf(theme.ColorNameFocus)
	}
	l.back.Refresh()
}

// Tapped goes there.
func (l *link) Tapped(*fyne.PointEvent) { l.tapped() }

// Cursor shows that it can be clicked.
func (l *link) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn and the methods below show that it is under the mouse, or takes the keys.
func (l *link) MouseIn(*desktop.MouseEvent)    { l.hover = true; l.paint() }
func (l *link) MouseMoved(*desktop.MouseEvent) {}
func (l *link) MouseOut()                      { l.hover = false; l.paint() }
func (l *link) FocusGained()                   { l.focused = true; l.paint() }
func (l *link) FocusLost()                     { l.focused = false; l.paint() }
func (l *link) TypedRune(rune)                 {}

// TypedKey presses it.
func (l *link) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeySpace || e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter {
		l.tapped()
	}
}
