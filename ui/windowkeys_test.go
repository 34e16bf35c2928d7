package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// key presses a key as the window gets it: what has the focus is handed it, or the canvas where nothing has.
func (s *stage) key(name fyne.KeyName) {
	canvas := s.Window.Canvas()
	WindowKey(canvas, name, false, func() {
		event := &fyne.KeyEvent{Name: name}
		if focused := canvas.Focused(); focused != nil {
			focused.TypedKey(event)
		} else if canvas.OnTypedKey() != nil {
			canvas.OnTypedKey()(event)
		}
	})
}

func TestHelpAndRefreshWorkWhateverHasTheKeyboard(t *testing.T) {
	s := newStage(t)
	refreshed := 0
	s.Refresh = func() { refreshed++ }
	shell := NewShell(s.Console, Pages(s.Console)...)
	inputs := []fyne.Focusable{
		widget.NewEntry(), widget.NewButton("press", nil), widget.NewCheck("check", nil), widget.NewSelect([]string{"one"}, nil),
		widget.NewHyperlink("link", nil), newFormEntry(func() {}), newRailButton("rail", nil, func() {}), nil,
	}
	rows := container.NewVBox(shell.Content())
	for _, input := range inputs {
		if object, ok := input.(fyne.CanvasObject); ok {
			rows.Add(object)
		}
	}
	s.Window.SetContent(rows)
	shell.Update(s.state(t))
	check := func(what string) {
		t.Helper()
		before := refreshed
		s.key(fyne.KeyF5)
		s.key(fyne.KeyF1)
		if refreshed != before+1 || shell.help == nil {
			t.Errorf("%s: refreshed %d times, help %v", what, refreshed-before, shell.help != nil)
			return
		}
		shell.help.window.Close()
		// The newest window takes the place of the one that was closed, as the test driver has it.
	}
	for _, input := range inputs {
		s.Window.Canvas().Focus(input)
		check("an input")
	}
	dialog := showForm(s.Window, "Ask", fyne.NewSize(300, 200), nil)
	field := dialog.entry("", "", nil)
	dialog.set(field, widget.NewButton("Close", dialog.close))
	check("a dialog")
	s.Window.Canvas().Focus(field)
	check("a field of a dialog")
}

func TestEscLeavesADialogWhateverHasTheKeyboardInIt(t *testing.T) {
	s := newStage(t)
	s.Window.SetContent(widget.NewLabel(""))
	button, check := widget.NewButton("press", nil), widget.NewCheck("check", nil)
	for name, focus := range map[string]fyne.Focusable{"nothing": nil, "a button": button, "a check": check} {
		outer := showModal(s.Window, "Outer", widget.NewLabel(""), fyne.NewSize(300, 200), nil, choice{text: "Close"})
		inner := showModal(s.Window, "Inner", container.NewVBox(button, check), fyne.NewSize(200, 100), nil, choice{text: "Close"})
		s.Window.Canvas().Focus(focus)
		s.key(fyne.KeyEscape)
		if !inner.hidden || outer.hidden {
			t.Errorf("with %s focused: the inner dialog is closed %v, the outer one %v", name, inner.hidden, outer.hidden)
		}
		s.key(fyne.KeyEscape)
		if !outer.hidden {
			t.Errorf("with %s focused: the outer dialog stays", name)
		}
	}
	outer := showModal(s.Window, "Outer", widget.NewLabel(""), fyne.NewSize(300, 200), nil, choice{text: "Close"})
	form := showForm(s.Window, "Form", fyne.NewSize(300, 200), nil)
	field := form.entry("", "", nil)
	form.set(field)
	s.Window.Canvas().Focus(field)
	s.key(fyne.KeyEscape)
	if !form.done || outer.hidden {
		t.Errorf("a field that takes Esc itself: the form is closed %v, the dialog below it %v", form.done, outer.hidden)
	}
}

func TestEnterPressesTheButtonThatIsMarked(t *testing.T) {
	s := newStage(t)
	cancelled, done := 0, 0
	confirmed := widget.NewButton("Do it", func() { done++ })
	showModal(s.Window, "Ask", confirmed, fyne.NewSize(300, 200), nil, choice{text: "Cancel", enter: true, run: func() { cancelled++ }})
	s.Window.Canvas().Focus(confirmed)
	s.key(fyne.KeyReturn)
	if done != 1 || cancelled != 0 {
		t.Errorf("done %d times, cancelled %d times", done, cancelled)
	}
	s.Window.Canvas().Focus(nil)
	s.key(fyne.KeyReturn)
	if cancelled != 1 {
		t.Errorf("Enter without a marked button: cancelled %d times", cancelled)
	}
}

// A dialog that is closed once more, as one is that was closed while its work ended, must not take the keys from the next one.
func TestADialogIsClosedOnce(t *testing.T) {
	s := newStage(t)
	first := showModal(s.Window, "First", widget.NewLabel(""), fyne.NewSize(300, 200), nil, choice{text: "Close"})
	first.hide()
	second := showModal(s.Window, "Second", widget.NewLabel(""), fyne.NewSize(300, 200), nil, choice{text: "Close"})
	first.hide()
	s.key(fyne.KeyEscape)
	if !second.hidden {
		t.Error("Esc does not close the second dialog")
	}
}

func TestAPageThatIsLeftTakesNoKeys(t *testing.T) {
	s := newStage(t)
	s.put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	shell := NewShell(s.Console, NewRulesPage(s.Console), NewSessionsPage(s.Console))
	s.Window.SetContent(shell.Content())
	shell.Update(s.state(t))
	table := shell.Shown().(*rulesPage).table
	s.Window.Canvas().Focus(table)
	s.key(fyne.KeyHome)
	shell.Show("sessions")
	s.key(fyne.KeyDelete)
	if focused := s.Window.Canvas().Focused(); focused != nil || s.Window.Canvas().Overlays().Top() != nil {
		t.Errorf("%T has the keyboard of the page that was left", focused)
	}
}

func TestTabGoesThroughAPageAsOneReads(t *testing.T) {
	s := newStage(t)
	s.put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	page := NewRulesPage(s.Console).(*rulesPage)
	shell := NewShell(s.Console, page)
	s.Window.SetContent(shell.Content())
	shell.Update(s.state(t))
	var went []string
	for range 4 {
		s.tab(false)
		switch o := s.Window.Canvas().Focused().(type) {
		case *widget.Button:
			went = append(went, o.Text)
		case *widget.Entry:
			went = append(went, o.PlaceHolder)
		case *railButton:
			went = append(went, o.title)
		default:
			went = append(went, "the table")
		}
	}
	if got := strings.Join(went, ", "); got != "Add…, filter, the table, Traffic rules" {
		t.Errorf("it goes to %s", got)
	}
}

// tab presses Tab, with Shift where it goes back.
func (s *stage) tab(back bool) {
	canvas := s.Window.Canvas()
	WindowKey(canvas, fyne.KeyTab, back, func() {
		if back {
			canvas.FocusPrevious()
		} else {
			canvas.FocusNext()
		}
	})
}

func TestTabSkipsTextsAndScrollsToWhereItGoes(t *testing.T) {
	s := newStage(t)
	rows := container.NewVBox()
	var fields []*widget.Entry
	for range 40 {
		text, field := wrapped("a text of which a part can be selected"), widget.NewEntry()
		text.Selectable = true
		fields = append(fields, field)
		rows.Add(text)
		rows.Add(field)
	}
	scroll := container.NewVScroll(rows)
	s.Window.SetContent(border(nil, nil, nil, nil, container.NewHSplit(scroll, widget.NewLabel(""))))
	place := fyne.CurrentApp().Driver().AbsolutePositionForObject
	check := func(want *widget.Entry) {
		t.Helper()
		if s.Window.Canvas().Focused() != want {
			t.Fatalf("%T has the keyboard", s.Window.Canvas().Focused())
		}
		if top, bottom := place(want).Y, place(want).Y+want.Size().Height; top < place(scroll).Y || bottom > place(scroll).Y+scroll.Size().Height {
			t.Errorf("from %v to %v it is out of sight", top, bottom)
		}
	}
	for _, field := range fields {
		s.tab(false)
		check(field)
	}
	if scroll.Offset.Y == 0 {
		t.Fatal("all of it is in sight anyway")
	}
	s.tab(true)
	check(fields[38])
	s.tab(false)
	s.tab(false)
	check(fields[0]) // around
}

func TestTabFindsNoEndInADialogOfTextsAlone(t *testing.T) {
	s := newStage(t)
	s.Window.SetContent(widget.NewLabel(""))
	text := wrapped("text")
	text.Selectable = true
	s.Window.SetContent(text)
	s.tab(false)
	if focused := s.Window.Canvas().Focused(); focused != nil {
		t.Errorf("%T has the keyboard", focused)
	}
}

func TestTheTabsOfAPageAreReachedByTheKeyboardAndTheOneThatIsLeftTakesNoKeys(t *testing.T) {
	page, cutting, _ := liveSessions(t, 1)
	page.console.Window.Canvas().Focus(page.live)
	page.live.TypedShortcut(&fyne.ShortcutSelectAll{})
	for _, command := range page.Commands() {
		if command.Title == "Live sessions or history" {
			command.Run()
		}
	}
	if page.tabs.SelectedIndex() != historyTab || page.console.Window.Canvas().Focused() != nil || len(cutting.cut) != 0 {
		t.Errorf("tab %d is shown, %T has the keyboard", page.tabs.SelectedIndex(), page.console.Window.Canvas().Focused())
	}
}
