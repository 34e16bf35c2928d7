package ui

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// nameless says what is wrong with the name that assistive tools have of a control; nothing for what is right, or no control. Fields, checks
// and lists of Fyne's own have no names in Fyne 2.8; the calendar of a date is one.
func nameless(o fyne.CanvasObject) string {
	_, taps := o.(fyne.Tappable)
	_, focuses := o.(fyne.Focusable)
	kind := reflect.TypeOf(o).Elem()
	if button, is := o.(*widget.Button); is && button.Text == "" {
		icon := ""
		if button.Icon != nil {
			icon = button.Icon.Name()
		}
		return "a button that is only an icon (" + icon + ") has no name: use kit.NewIconButton"
	}
	if !taps && !focuses || !strings.HasPrefix(kind.PkgPath(), "lockwire/") {
		return ""
	}
	switch named, is := o.(fyne.Accessible); {
	case !is:
		if _, field := o.(interface{ Validate() error }); field {
			return ""
		}
		return "it has no name"
	case strings.TrimSpace(named.AccessibilityLabel()) == "":
		return "its name is empty"
	}
	return ""
}

// walkNamed visits what is shown, but for the inner parts of Fyne's fields of dates.
func walkNamed(t *testing.T, where string, root fyne.CanvasObject) (controls int) {
	t.Helper()
	said := map[string]bool{}
	within := map[fyne.CanvasObject]bool{}
	screen.Walk(root, func(o fyne.CanvasObject) {
		if _, is := o.(*widget.DateEntry); is {
			screen.Walk(o, func(part fyne.CanvasObject) { within[part] = true })
		}
		if within[o] {
			return
		}
		if _, taps := o.(fyne.Tappable); taps {
			controls++
		}
		if wrong := nameless(o); wrong != "" {
			if say := fmt.Sprintf("%s: %T: %s", where, o, wrong); !said[say] {
				said[say] = true
				t.Error(say)
			}
		}
	})
	return controls
}

func TestEveryControlHasANameForAssistiveTools(t *testing.T) {
	s, _, state := uitest.Linked(t)
	state.Sessions = []engine.Session{uitest.LiveSession(engine.Sealed), uitest.LiveSession(engine.Plain)}
	s.Put(t, "Branch uplink", "10.0.0.0/8", "any", nil)
	state.Rules = s.State(t).Rules
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	shell.Update(state)
	overlays := s.Window.Canvas().Overlays()
	controls, dialogs := 0, 0
	dialog := func(where string) {
		for overlays.Top() != nil {
			dialogs++
			controls += walkNamed(t, where, overlays.Top())
			top := overlays.Top()
			if on := s.Window.Canvas().OnTypedKey(); on != nil {
				on(&fyne.KeyEvent{Name: fyne.KeyEscape})
			}
			if overlays.Top() == top {
				overlays.Remove(top)
			}
		}
	}
	for _, p := range shell.pages {
		shell.Show(p.Name())
		shell.Update(state)
		if finder, finds := p.(page.Finder); finds {
			for _, found := range finder.Find(state) {
				if opener, opens := p.(page.Opener); opens {
					opener.Open(found.Thing)
				}
			}
		}
		shell.Update(state)
		controls += walkNamed(t, p.Name(), s.Window.Content())
		for _, command := range p.Commands() {
			command.Run()
			dialog(p.Name() + ", " + command.Title)
		}
		s.Window.Canvas().Unfocus()
	}
	s.Notes.Tell("Two sessions cut")
	controls += walkNamed(t, "a note", s.Window.Content())
	shell.Find()
	dialog("find")
	if controls < 200 || dialogs < 10 {
		t.Errorf("only %d controls and %d dialogs were looked at", controls, dialogs)
	}
}

func TestTheNameOfAnIconAppearsBesideIt(t *testing.T) {
	s := uitest.NewStage(t)
	pressed := 0
	button := kit.NewIconButton(nil, "Go there", func() { pressed++ })
	button.About = "vault is away"
	below := widget.NewLabel("below")
	s.Window.SetContent(kit.WithTips(kit.Border(button, nil, nil, nil, below)))
	canvas := s.Window.Canvas()
	shown := func() bool { return strings.Contains(screen.Text(s.Window.Content()), "Go there") }
	for _, step := range []struct {
		what string
		do   func()
		want bool
	}{
		{"nothing", func() {}, false},
		{"the mouse is on it", func() { test.MoveMouse(canvas, fyne.NewPos(20, 20)) }, true},
		{"the mouse is beside it", func() { test.MoveMouse(canvas, fyne.NewPos(20, 400)) }, false},
		{"the keyboard is on it", func() { canvas.Focus(button) }, true},
		{"the keyboard has left", func() { canvas.Unfocus() }, false},
		{"the mouse is on it again", func() { test.MoveMouse(canvas, fyne.NewPos(20, 20)) }, true},
		{"it was pressed", func() { test.Tap(button) }, false},
		{"the keyboard is on it again", func() { canvas.Unfocus(); canvas.Focus(button) }, true},
		{"another page is shown", func() { kit.HideTip(canvas) }, false},
	} {
		step.do()
		if shown() != step.want {
			t.Errorf("%s: that its name is shown is %t", step.what, shown())
		}
	}
	if pressed != 1 || button.AccessibilityLabel() != "Go there: vault is away" {
		t.Errorf("pressed %d times, named %q", pressed, button.AccessibilityLabel())
	}
	kit.ShowModal(s.Window, "A dialog", kit.NewIconButton(nil, "Add one", func() {}), fyne.NewSize(400, 200), nil, kit.Choice{Text: "Close"})
	top := canvas.Overlays().Top()
	screen.Walk(top, func(o fyne.CanvasObject) {
		if inner, is := o.(*kit.IconButton); is {
			test.MoveMouse(canvas, fyne.CurrentApp().Driver().AbsolutePositionForObject(inner).AddXY(5, 5))
		}
	})
	screen.MustContain(t, screen.Text(top), "Add one")
}
