package kit

import (
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/uitest/screen"
)

// machines are so many components, as a list offers them.
func machines(n int) []Option {
	options := make([]Option, n)
	for i := range options {
		options[i] = Option{Name: fmt.Sprintf("machine-%03d", i), About: fmt.Sprintf("server, 10.0.0.%d", i)}
	}
	options[n-1] = Option{Name: "vault", About: "repository, backup"}
	return options
}

// inWindow shows a field in a window that has the usual size.
func inWindow(t *testing.T, field fyne.CanvasObject) fyne.Window {
	t.Helper()
	window := screen.New(t, Theme{Appearance: Light})
	window.SetContent(container.NewVBox(field, widget.NewButton("next", nil), layout.NewSpacer()))
	return window
}

// keys types keys and runes at what has the keyboard: a word in brackets is a key.
func keys(window fyne.Window, typed ...any) {
	for _, k := range typed {
		switch k := k.(type) {
		case string:
			screen.TypeText(window.Canvas(), k)
		case fyne.KeyName:
			screen.TypeKey(window.Canvas(), k)
		}
	}
}

func TestTypingFiltersByWordsOfNameRoleTagAndAddress(t *testing.T) {
	options := []Option{{Name: "old vault", About: "server, 10.0.0.5"}, {Name: "vault", About: "repository, tag backup, 10.0.0.2"}, {Name: "vaulting", About: "server"}, {Name: "component:vault-9", About: "proxy"}}
	for typed, want := range map[string][]string{
		"":               {"old vault", "vault", "vaulting", "component:vault-9"},
		"vault":          {"vault", "vaulting", "component:vault-9", "old vault"}, // those first whose names fit best
		"VAULT rep":      {"vault"},
		"server 10.0":    {"old vault"},
		"tag backup":     {"vault"},
		"nothing at all": nil,
	} {
		var found []string
		for _, o := range matching(options, typed) {
			found = append(found, o.Name)
		}
		if !slices.Equal(found, want) {
			t.Errorf("%q finds %q, not %q", typed, found, want)
		}
	}
}

func TestAFieldIsFilledByKeys(t *testing.T) {
	for name, c := range map[string]struct {
		keys []any
		want string
		open bool
	}{
		"Down opens and Enter takes the first":       {[]any{fyne.KeyDown, fyne.KeyReturn}, "machine-000", false},
		"arrows move":                                {[]any{fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyUp, fyne.KeyReturn}, "machine-001", false},
		"typing narrows and opens":                   {[]any{"vau", fyne.KeyReturn}, "vault", false},
		"a word of the role finds it":                {[]any{"repos", fyne.KeyReturn}, "vault", false},
		"Esc closes and leaves the text":             {[]any{"vau", fyne.KeyEscape}, "vau", false},
		"a page and back":                            {[]any{fyne.KeyDown, fyne.KeyPageDown, fyne.KeyPageDown, fyne.KeyPageUp, fyne.KeyReturn}, "machine-009", false},
		"beyond the end is the end":                  {append([]any{fyne.KeyDown}, slices.Repeat([]any{fyne.KeyPageDown}, 99)...), "", true},
		"Tab completes what was typed":               {[]any{"vau", fyne.KeyTab}, "vault", false},
		"Tab leaves what was not typed":              {[]any{fyne.KeyDown, fyne.KeyTab}, "", false},
		"what nothing has says so and stays":         {[]any{"v", "zzz"}, "vzzz", true},
		"taking back finds it again":                 {[]any{"vq", fyne.KeyBackspace, "ault", fyne.KeyBackspace, fyne.KeyReturn}, "vault", false},
		"typing over what was taken looks for other": {[]any{"vau", fyne.KeyReturn, fyne.KeyDown, "004", fyne.KeyReturn}, "machine-004", false},
	} {
		t.Run(name, func(t *testing.T) {
			e := NewPickEntry(func() []Option { return machines(500) })
			window := inWindow(t, e)
			window.Canvas().Focus(e)
			keys(window, c.keys...)
			if e.Text != c.want || e.isOpen() != c.open {
				t.Errorf("%q, open %v", e.Text, e.isOpen())
			}
		})
	}
}

func TestTheListMakesNoMoreWidgetsThanAreInSight(t *testing.T) {
	e := NewPickEntry(func() []Option { return machines(500) })
	window := inWindow(t, e)
	e.Open()
	if len(e.list.rows) != optionsInSight {
		t.Errorf("%d rows", len(e.list.rows))
	}
	screen.MustContain(t, screen.Text(e.list), "machine-000", "1–9 of 500")
	e.list.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.Delta{DY: -3 * optionHeight}})
	screen.MustContain(t, screen.Text(e.list), "machine-011", "4–12 of 500")
	keys(window, "vault rep")
	if len(e.list.rows) != 1 || e.list.first != 0 {
		t.Errorf("%d rows from %d", len(e.list.rows), e.list.first)
	}
}

func TestTheMouseOpensTakesAndCloses(t *testing.T) {
	e := NewPickEntry(func() []Option { return machines(60) })
	taken := ""
	e.OnTaken = func(o Option) { taken = o.Name }
	window := inWindow(t, e)
	click := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	e.MouseDown(click)
	e.MouseUp(click)
	if !e.isOpen() {
		t.Fatal("a click does not open it")
	}
	row := e.list.rows[3]
	test.TapCanvas(window.Canvas(), fyne.CurrentApp().Driver().AbsolutePositionForObject(row).AddXY(20, 10))
	if e.Text != "machine-003" || taken != e.Text || e.isOpen() {
		t.Errorf("%q, told %q, open %v", e.Text, taken, e.isOpen())
	}
	test.Tap(e.ActionItem.(fyne.Tappable))
	if !e.isOpen() || e.list.cursor != 3 {
		t.Fatal("the mark opens it at what is chosen")
	}
	test.TapCanvas(window.Canvas(), fyne.NewPos(900, 700))
	if e.isOpen() || e.Text != "machine-003" {
		t.Error("a click beside it does not close it")
	}
}

func TestTheEntryAtTheCursorOfAListIsCompleted(t *testing.T) {
	options := func() []Option {
		return []Option{{Name: "any"}, {Name: "component:vault", About: "10.0.0.2"}, {Name: "component:web"}, {Name: "tag:backup"}}
	}
	for name, c := range map[string]struct {
		text string
		keys []any
		want string
	}{
		"an entry":                       {"", []any{"tag", fyne.KeyReturn}, "tag:backup"},
		"the second":                     {"10.1.0.0/16", []any{fyne.KeyEnd, ", web", fyne.KeyReturn}, "10.1.0.0/16, component:web"},
		"the first":                      {"web, 10.0.0.7", []any{fyne.KeyRight, fyne.KeyRight, fyne.KeyDown, fyne.KeyReturn}, "component:web, 10.0.0.7"},
		"Down adds behind what is whole": {"tag:backup", []any{fyne.KeyEnd, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn}, "tag:backup, component:vault"},
		"Down adds behind an address":    {"10.0.0.9", []any{fyne.KeyEnd, fyne.KeyDown, fyne.KeyReturn}, "10.0.0.9, any"},
		"Esc takes back what was begun":  {"10.0.0.9", []any{fyne.KeyEnd, fyne.KeyDown, fyne.KeyEscape}, "10.0.0.9"},
		"an address stays an address":    {"", []any{"10.0.0.2", fyne.KeyReturn}, "10.0.0.2"},
		"and is replaced on purpose":     {"", []any{"10.0.0.2", fyne.KeyDown, fyne.KeyReturn}, "component:vault"},
	} {
		t.Run(name, func(t *testing.T) {
			e := NewPickEntry(options)
			window := inWindow(t, e.WithPlus())
			e.SetText(c.text)
			window.Canvas().Focus(e)
			keys(window, c.keys...)
			if e.Text != c.want || e.isOpen() {
				t.Errorf("%q, open %v", e.Text, e.isOpen())
			}
		})
	}
}

func TestThePlusAddsAnEntry(t *testing.T) {
	done := 0
	e := NewPickEntry(func() []Option { return []Option{{Name: "tag:backup"}, {Name: "public", Do: func() { done++ }}} })
	whole := e.WithPlus()
	window := inWindow(t, whole)
	e.SetText("10.0.0.1")
	plus := func() {
		screen.Walk(whole, func(o fyne.CanvasObject) {
			if b, ok := o.(*IconButton); ok {
				test.Tap(b)
			}
		})
	}
	plus()
	keys(window, fyne.KeyReturn)
	if e.Text != "10.0.0.1, tag:backup" {
		t.Errorf("%q", e.Text)
	}
	plus()
	keys(window, fyne.KeyEscape)
	plus()
	keys(window, fyne.KeyDown, fyne.KeyReturn)
	if e.Text != "10.0.0.1, tag:backup" || done != 1 {
		t.Errorf("%q, done %d times", e.Text, done)
	}
}

// TestTheListFollowsItsField scrolls the page under an open list.
func TestTheListFollowsItsField(t *testing.T) {
	e := NewPickEntry(func() []Option { return machines(3) })
	above := widget.NewLabel("above")
	window := inWindow(t, container.NewVBox(above, e))
	e.Open()
	window.Canvas().Capture()
	before := e.list.panel.Position().Y
	above.Hide()
	window.Content().Refresh()
	window.Canvas().Capture()
	field := fyne.CurrentApp().Driver().AbsolutePositionForObject(e).Y
	if after := e.list.panel.Position().Y; after >= before || after < field+e.Size().Height {
		t.Errorf("the list moves from %v to %v, the field is at %v", before, after, field)
	}
}
