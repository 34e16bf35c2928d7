package kit

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// passingNote is one note: a sign, its words, a button where there is one, and a cross.
type passingNote struct {
	widget.BaseWidget
	notes     *PassingNotes
	icon      *widget.Icon
	label     *widget.Label
	action    *noteButton // nil where the note only reports
	close     *noteButton
	back      *canvas.Rectangle
	held      int // the mouse or the keyboard is on it, or on one of its buttons
	gone      bool
	stopClock func()
}

func newPassingNote(notes *PassingNotes, words, button string, do func()) *passingNote {
	n := &passingNote{notes: notes, icon: widget.NewIcon(theme.NewColoredResource(theme.ConfirmIcon(), ColorSealed)), label: Wrapped(words),
		back: canvas.NewRectangle(nil), stopClock: func() {}}
	n.back.CornerRadius, n.back.StrokeWidth = 5, 1
	n.close = newNoteButton(n, "", func() {
		hideTip(n.close)
		notes.remove(n)
	})
	n.close.SetIcon(theme.CancelIcon())
	n.close.Importance = widget.LowImportance
	if do != nil {
		n.action = newNoteButton(n, button, func() {
			notes.remove(n)
			do()
		})
	}
	n.ExtendBaseWidget(n)
	return n
}

// wait removes the note after its time, unless something holds it.
func (n *passingNote) wait() {
	stays := noteStays
	if n.action != nil {
		stays = offerStays
	}
	n.stop()
	if n.gone {
		return
	}
	n.stopClock = n.notes.after(stays, func() {
		switch {
		case n.notes.covered():
			n.wait() // nobody could read it
		case n.held == 0:
			n.notes.remove(n)
		}
	})
}

func (n *passingNote) stop() {
	n.stopClock()
	n.stopClock = func() {}
}

// hold keeps the note for as long as the mouse or the keyboard is on it; its time then begins anew.
func (n *passingNote) hold(on bool) {
	if on {
		n.held++
		n.stop()
		return
	}
	if n.held--; n.held == 0 {
		n.wait()
	}
}

// first is the button that the keyboard reaches first.
func (n *passingNote) first() fyne.Focusable {
	if n.action != nil {
		return n.action
	}
	return n.close
}

func (n *passingNote) owns(focused fyne.Focusable) bool {
	button, ok := focused.(*noteButton)
	return ok && button.note == n
}

// fit is the size of the note where it may have a width.
func (n *passingNote) fit(most float32) fyne.Size {
	others := float32(0)
	for _, o := range n.parts() {
		if o != n.label {
			others += o.MinSize().Width + theme.Padding()
		}
	}
	others += 2 * theme.Padding()
	words := fyne.MeasureText(n.label.Text, theme.TextSize(), n.label.TextStyle).Width + 2*theme.InnerPadding() + 1
	width := min(others+words, most)
	n.label.Resize(fyne.NewSize(width-others, 1)) // it says how high it is at a width
	return fyne.NewSize(width, max(n.label.MinSize().Height, n.close.MinSize().Height)+2*theme.Padding())
}

// AccessibilityLabel and AccessibilityRole tell assistive tools what it is.
func (n *passingNote) AccessibilityLabel() string             { return n.label.Text }
func (n *passingNote) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (n *passingNote) parts() []fyne.CanvasObject {
	parts := []fyne.CanvasObject{n.icon, n.label}
	if n.action != nil {
		parts = append(parts, n.action)
	}
	return append(parts, n.close)
}

// Tapped takes clicks, so that they do not reach what lies below the note.
func (n *passingNote) Tapped(*fyne.PointEvent) {}

// MouseIn, MouseMoved and MouseOut hold the note.
func (n *passingNote) MouseIn(*desktop.MouseEvent)    { n.hold(true) }
func (n *passingNote) MouseMoved(*desktop.MouseEvent) {}

// MouseOut lets it go.
func (n *passingNote) MouseOut() { n.hold(false) }

// CreateRenderer draws it.
func (n *passingNote) CreateRenderer() fyne.WidgetRenderer {
	r := &passingNoteRenderer{n}
	r.Refresh()
	return r
}

type passingNoteRenderer struct{ note *passingNote }

func (r *passingNoteRenderer) Destroy()           {}
func (r *passingNoteRenderer) MinSize() fyne.Size { return r.note.fit(noteWidth) }

func (r *passingNoteRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.note.back}, r.note.parts()...)
}

// Layout puts the parts beside each other. The words take what the others leave.
func (r *passingNoteRenderer) Layout(size fyne.Size) {
	n, padding := r.note, theme.Padding()
	n.back.Resize(size)
	place := func(o fyne.CanvasObject, x float32) {
		least := o.MinSize()
		o.Resize(least)
		o.Move(fyne.NewPos(x, (size.Height-least.Height)/2))
	}
	place(n.icon, 2*padding)
	left := 2*padding + n.icon.MinSize().Width
	right := size.Width - padding - n.close.MinSize().Width
	place(n.close, right)
	if n.action != nil {
		right -= padding + n.action.MinSize().Width
		place(n.action, right)
	}
	n.label.Resize(fyne.NewSize(right-left, 1))
	height := n.label.MinSize().Height
	n.label.Resize(fyne.NewSize(right-left, height))
	n.label.Move(fyne.NewPos(left, (size.Height-height)/2))
}

// Refresh takes up the colours of the theme in force.
func (r *passingNoteRenderer) Refresh() {
	r.note.back.FillColor, r.note.back.StrokeColor = Color(theme.ColorNameOverlayBackground), Color(theme.ColorNameInputBorder)
	canvas.Refresh(r.note)
}

// noteButton is a button of a note. Mouse and keyboard on it hold the note, as they do on the note itself.
type noteButton struct {
	widget.Button
	note *passingNote
}

func newNoteButton(note *passingNote, text string, tapped func()) *noteButton {
	b := &noteButton{note: note}
	b.Text, b.OnTapped = text, tapped
	b.ExtendBaseWidget(b)
	return b
}

// MouseIn and the methods below hold the note, and let it go.
func (b *noteButton) MouseIn(e *desktop.MouseEvent) {
	b.note.hold(true)
	b.Button.MouseIn(e)
	b.tip()
}

func (b *noteButton) MouseOut() {
	b.note.hold(false)
	b.Button.MouseOut()
	hideTip(b)
}

func (b *noteButton) FocusGained() {
	b.note.hold(true)
	b.Button.FocusGained()
	b.tip()
}

func (b *noteButton) FocusLost() {
	b.note.hold(false)
	b.Button.FocusLost()
	hideTip(b)
}

// tip shows the name of a button that is only an icon.
func (b *noteButton) tip() {
	if b.Text == "" {
		showTip(b, b.AccessibilityLabel())
	}
}

// AccessibilityLabel is the text, or the name of the cross.
func (b *noteButton) AccessibilityLabel() string { return cmp.Or(b.Text, "Close this note") }

// TypedKey presses it, and leaves the keyboard where the note puts it; Esc removes the note.
func (b *noteButton) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.OnTapped()
	case fyne.KeyEscape:
		b.note.notes.remove(b.note)
	default:
		b.Button.TypedKey(e)
	}
}
