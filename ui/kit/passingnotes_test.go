package kit_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/kit"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// notesOver are notes over a page with a field.
func notesOver(t *testing.T) (*kit.PassingNotes, *uitest.Clock, fyne.Window, *widget.Entry) {
	t.Helper()
	window, clock, field := screen.New(t, kit.Theme{Appearance: kit.Light}), &uitest.Clock{}, widget.NewEntry()
	notes := kit.NewPassingNotes(window, clock.After)
	window.SetContent(container.NewStack(field, notes.Content))
	return notes, clock, window, field
}

func texts(notes *kit.PassingNotes) string { return strings.Join(notes.Texts(), "; ") }

func TestANoteGoesByItself(t *testing.T) {
	notes, clock, _, _ := notesOver(t)
	notes.Tell("3 sessions cut")
	clock.Pass(5 * time.Second)
	if got := texts(notes); got != "3 sessions cut" {
		t.Errorf("after 5 s: %q", got)
	}
	notes.Offer("Rule removed", "Undo", func() {})
	clock.Pass(2 * time.Second)
	if got := texts(notes); got != "Rule removed" {
		t.Errorf("after 7 s: %q", got)
	}
	clock.Pass(10 * time.Second)
	if got := texts(notes); got != "" {
		t.Errorf("after 17 s: %q", got)
	}
}

func TestANoteStaysWhileTheMouseIsOnItOrOnItsButton(t *testing.T) {
	notes, clock, window, _ := notesOver(t)
	notes.Offer("Rule removed", "Undo", func() {})
	var hovered []desktop.Hoverable // the note, and what is in it
	screen.Walk(notes.Content, func(o fyne.CanvasObject) {
		if h, ok := o.(desktop.Hoverable); ok && o.Visible() {
			hovered = append(hovered, h)
		}
	})
	if len(hovered) < 3 {
		t.Fatalf("%d parts see the mouse", len(hovered))
	}
	for _, part := range hovered {
		part.MouseIn(&desktop.MouseEvent{})
		clock.Pass(time.Minute)
		part.MouseOut()
		if got := texts(notes); got != "Rule removed" {
			t.Fatalf("%T: %q", part, got)
		}
	}
	clock.Pass(13 * time.Second)
	if got := texts(notes); got != "" {
		t.Errorf("once the mouse is gone: %q", got)
	}
	// A dialog over it keeps it, too.
	notes.Tell("3 sessions cut")
	dialog := kit.ShowModal(window, "Anything", widget.NewLabel(""), fyne.NewSize(100, 100), nil)
	clock.Pass(time.Minute)
	if got := texts(notes); got != "3 sessions cut" {
		t.Errorf("under a dialog: %q", got)
	}
	dialog.Hide()
	clock.Pass(7 * time.Second)
	if got := texts(notes); got != "" {
		t.Errorf("after the dialog: %q", got)
	}
}

func TestANoteIsReachedAndPressedByKey(t *testing.T) {
	notes, clock, window, field := notesOver(t)
	undone := 0
	if notes.Reach() {
		t.Error("there is a note before the first")
	}
	window.Canvas().Focus(field)
	notes.Offer("Rule removed", "Undo", func() { undone++ })
	if window.Canvas().Focused() != field {
		t.Fatal("a note takes the keyboard away from what is typed in")
	}
	notes.Reach()
	clock.Pass(time.Minute) // it stays
	screen.TypeKey(window.Canvas(), fyne.KeyReturn)
	if undone != 1 || texts(notes) != "" || window.Canvas().Focused() != field {
		t.Errorf("undone %d times, %q shown, %T has the keyboard", undone, texts(notes), window.Canvas().Focused())
	}
	notes.Reach()
	if got := texts(notes); got != "Rule removed" {
		t.Errorf("the last note is %q", got)
	}
	screen.TypeKey(window.Canvas(), fyne.KeyReturn) // it has nothing to undo any more, only a cross
	notes.Reach()
	screen.TypeKey(window.Canvas(), fyne.KeyEscape)
	clock.Pass(time.Minute)
	if undone != 1 || texts(notes) != "" || window.Canvas().Focused() != field {
		t.Errorf("undone %d times, %q shown", undone, texts(notes))
	}
}

func TestANoteIsNotInTheWayOfThePage(t *testing.T) {
	notes, _, window, _ := notesOver(t)
	pressed := 0
	window.SetContent(container.NewStack(widget.NewButton("page", func() { pressed++ }), notes.Content))
	notes.Offer("Rule removed", "Undo", func() {})
	size := window.Canvas().Size()
	test.TapCanvas(window.Canvas(), fyne.NewPos(20, 20))
	if pressed != 1 {
		t.Error("a click beside the note does not reach the page")
	}
	test.TapCanvas(window.Canvas(), fyne.NewPos(size.Width-150, size.Height-30))
	if pressed != 1 {
		t.Error("a click on the note reaches what is below it")
	}
}

func TestOnlyTheNewestNotesAreShown(t *testing.T) {
	notes, _, _, _ := notesOver(t)
	for _, words := range []string{"a", "b", "c", "d"} {
		notes.Tell(words)
	}
	if got := notes.Texts(); !slices.Equal(got, []string{"b", "c", "d"}) {
		t.Errorf("%q", got)
	}
}

func TestNotesInEveryTheme(t *testing.T) {
	for _, look := range []kit.Appearance{kit.Light, kit.Dark, kit.Contrast} {
		notes, _, window, _ := notesOver(t)
		fyne.CurrentApp().Settings().SetTheme(kit.Theme{Appearance: look})
		notes.Tell("3 sessions cut")
		notes.Offer("Undone: import of 5 rules", "Undo", func() {})
		notes.Tell("The history is exported: 12,000 sessions written to /home/anna/Downloads/a-folder-with-a-long-name/lockwire-sessions.csv")
		window.Resize(fyne.NewSize(560, 260))
		test.AssertRendersToImage(t, "passingnotes-"+string(look)+".png", window.Canvas())
	}
}
