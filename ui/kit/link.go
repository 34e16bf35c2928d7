package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Link makes its content clickable. Tab reaches it; Space and Enter press it.
type Link struct {
	widget.BaseWidget
	name    string
	content fyne.CanvasObject
	tapped  func()
	back    *canvas.Rectangle
	hover   bool
	focused bool
}

// NewLink makes a link that calls tapped. Its name says to assistive tools where it leads.
func NewLink(name string, content fyne.CanvasObject, tapped func()) *Link {
	l := &Link{name: name, content: content, tapped: tapped, back: canvas.NewRectangle(color.Transparent)}
	l.back.CornerRadius = 5
	l.ExtendBaseWidget(l)
	return l
}

// CreateRenderer draws it.
func (l *Link) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(l.back, l.content))
}

func (l *Link) paint() {
	l.back.FillColor = color.Transparent
	if l.hover || l.focused {
		l.back.FillColor = Color(theme.ColorNameHover)
	}
	l.back.StrokeWidth = 0
	if l.focused {
		l.back.StrokeWidth, l.back.StrokeColor = 1, Color(ColorFocusRing)
	}
	l.back.Refresh()
}

// AccessibilityLabel and AccessibilityRole tell assistive tools what it is.
func (l *Link) AccessibilityLabel() string             { return l.name }
func (l *Link) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleLink }

// Tapped goes there.
func (l *Link) Tapped(*fyne.PointEvent) { l.tapped() }

// Cursor shows that it can be clicked.
func (l *Link) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn and the methods below show that it is under the mouse, or takes the keys.
func (l *Link) MouseIn(*desktop.MouseEvent)    { l.hover = true; l.paint() }
func (l *Link) MouseMoved(*desktop.MouseEvent) {}
func (l *Link) MouseOut()                      { l.hover = false; l.paint() }
func (l *Link) FocusGained()                   { l.focused = true; l.paint() }
func (l *Link) FocusLost()                     { l.focused = false; l.paint() }
func (l *Link) TypedRune(rune)                 {}

// TypedKey presses it.
func (l *Link) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeySpace || e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter {
		l.tapped()
	}
}
