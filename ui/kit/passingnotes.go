package kit

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

const (
	// noteStays is how long a note that only reports is shown.
	noteStays = 6 * time.Second
	// offerStays is how long a note with a button is shown: it has to be read, and then reached.
	offerStays = 12 * time.Second
	// mostNotes is how many notes are shown at a time. A further one takes the place of the oldest.
	mostNotes = 3
)

// After calls run on Fyne's goroutine after a time, unless stop is called before.
type After func(d time.Duration, run func()) (stop func())

// PassingNotes say over a page what was done, such as "3 sessions cut", and go by themselves. A note stays while the mouse is on
// it, while it has the keyboard, and while a dialog covers it. What went wrong is no passing note: ShowError says it.
type PassingNotes struct {
	// Content lies over the page, at its lower right. It takes no room of its own.
	Content *fyne.Container
	window  fyne.Window
	after   After
	shown   []*passingNote // the oldest first
	last    *passingNote   // the newest, shown or gone; nil before the first
	before  fyne.Focusable // what had the keyboard before a note was reached by key
}

// NewPassingNotes makes a place for notes in a window.
func NewPassingNotes(window fyne.Window, after After) *PassingNotes {
	return &PassingNotes{Content: container.New(notesLayout{}), window: window, after: after}
}

// Tell shows a note.
func (n *PassingNotes) Tell(words string) { n.put(newPassingNote(n, words, "", nil)) }

// Offer shows a note with a button, such as Undo. Pressing it removes the note first.
func (n *PassingNotes) Offer(words, button string, do func()) {
	n.put(newPassingNote(n, words, button, do))
}

// Texts are the notes that are shown, the oldest first.
func (n *PassingNotes) Texts() []string {
	texts := make([]string, len(n.shown))
	for i, note := range n.shown {
		texts[i] = note.label.Text
	}
	return texts
}

// Reach gives the newest note the keyboard, so that it stays and its button can be pressed. A note that has gone is shown again,
// without its button: what that took back may have changed since. It reports whether there is one.
func (n *PassingNotes) Reach() bool {
	if n.last == nil {
		return false
	}
	if len(n.shown) == 0 {
		n.put(newPassingNote(n, n.last.label.Text, "", nil))
	}
	if focused := n.window.Canvas().Focused(); !n.owns(focused) {
		n.before = focused
	}
	n.window.Canvas().Focus(n.shown[len(n.shown)-1].first())
	return true
}

func (n *PassingNotes) put(note *passingNote) {
	if len(n.shown) == mostNotes {
		n.remove(n.shown[0])
	}
	n.last = note
	n.shown = append(n.shown, note)
	n.present()
	note.wait()
}

// remove takes a note away. The keyboard goes back to what had it before the note was reached.
func (n *PassingNotes) remove(note *passingNote) {
	at := slices.Index(n.shown, note)
	if at < 0 {
		return
	}
	note.stop()
	note.gone = true
	n.shown = slices.Delete(n.shown, at, at+1)
	if canvas := n.window.Canvas(); note.owns(canvas.Focused()) {
		canvas.Unfocus()
		if n.before != nil {
			canvas.Focus(n.before)
		}
	}
	n.present()
}

func (n *PassingNotes) owns(focused fyne.Focusable) bool {
	return slices.ContainsFunc(n.shown, func(note *passingNote) bool { return note.owns(focused) })
}

func (n *PassingNotes) present() {
	n.Content.Objects = make([]fyne.CanvasObject, len(n.shown))
	for i, note := range n.shown {
		n.Content.Objects[i] = note
	}
	n.Content.Refresh()
}

// covered reports whether a dialog lies over the notes.
func (n *PassingNotes) covered() bool { return n.window.Canvas().Overlays().Top() != nil }

// notesLayout puts notes above each other at the lower right, the newest below.
type notesLayout struct{}

const (
	noteMargin = 12
	noteWidth  = 440 // at most; longer texts are wrapped
)

// Layout gives each note the width that its text needs.
func (notesLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := size.Height - noteMargin
	for i := len(objects) - 1; i >= 0; i-- {
		note := objects[i].(*passingNote)
		fit := note.fit(min(noteWidth, size.Width-2*noteMargin))
		y -= fit.Height
		note.Resize(fit)
		note.Move(fyne.NewPos(size.Width-noteMargin-fit.Width, y))
		y -= noteMargin / 2
	}
}

// MinSize is nothing, so that notes never make the window larger.
func (notesLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }
