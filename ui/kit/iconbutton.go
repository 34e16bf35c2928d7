package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// IconButton is a button that is only an icon. Its name appears beside it while the mouse or the keyboard is on it, and assistive tools have it.
type IconButton struct {
	widget.Button
	name string
	// About continues the name where several buttons have the same one. Only assistive tools have it.
	About string
}

// NewIconButton makes a button with a name, which says what it does.
func NewIconButton(icon fyne.Resource, name string, tapped func()) *IconButton {
	b := &IconButton{name: name}
	b.Icon = icon
	b.OnTapped = func() {
		hideTip(b)
		tapped()
	}
	b.ExtendBaseWidget(b)
	return b
}

// AccessibilityLabel is the name, with what it is about.
func (b *IconButton) AccessibilityLabel() string {
	if b.About != "" {
		return b.name + ": " + b.About
	}
	return b.name
}

// MouseIn and the methods below show the name, and take it away.
func (b *IconButton) MouseIn(e *desktop.MouseEvent) { b.Button.MouseIn(e); showTip(b, b.name) }
func (b *IconButton) MouseOut()                     { b.Button.MouseOut(); hideTip(b) }
func (b *IconButton) FocusGained()                  { b.Button.FocusGained(); showTip(b, b.name) }
func (b *IconButton) FocusLost()                    { b.Button.FocusLost(); hideTip(b) }

// TypedKey has Enter press it, as Space does.
func (b *IconButton) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyReturn || key.Name == fyne.KeyEnter {
		key = &fyne.KeyEvent{Name: fyne.KeySpace}
	}
	b.Button.TypedKey(key)
}
