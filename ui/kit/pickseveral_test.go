package kit

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/ui/uitest/screen"
)

func TestSeveralAreChosenByTypingAndRemovedOneByOne(t *testing.T) {
	changes := 0
	p := NewPickSeveral("a component", func() []Option { return machines(60) })
	p.OnChanged = func() { changes++ }
	window := inWindow(t, p.Content)
	window.Canvas().Focus(p.Entry)
	keys(window, "vau", fyne.KeyReturn, "007", fyne.KeyReturn, fyne.KeyEscape)
	if !slices.Equal(p.Chosen, []string{"vault", "machine-007"}) || p.Entry.Text != "" || changes != 2 {
		t.Errorf("%q, %d changes, text %q", p.Chosen, changes, p.Entry.Text)
	}
	keys(window, fyne.KeyDown) // what is chosen stands first
	if shown := screen.Text(p.Entry.list); !strings.HasPrefix(strings.TrimSpace(shown), "machine-007") && !strings.HasPrefix(strings.TrimSpace(shown), "vault") {
		t.Errorf("it begins with %q", shown)
	}
	keys(window, fyne.KeyReturn, fyne.KeyEscape)
	if len(p.Chosen) != 1 {
		t.Errorf("Enter on what is chosen removes it: %q", p.Chosen)
	}
	screen.Press(t, window, p.Chosen[0])
	if len(p.Chosen) != 0 || p.chips.Visible() {
		t.Errorf("%q stays", p.Chosen)
	}
}

func TestAChoiceOfManyIsCountedAndBounded(t *testing.T) {
	p := NewPickSeveral("a component", func() []Option { return machines(500) })
	window := inWindow(t, p.Content)
	var all []string
	for _, o := range machines(500) {
		all = append(all, o.Name)
	}
	p.Choose(all...)
	window.Canvas().Capture()
	if len(p.chips.chip) > mostChips {
		t.Errorf("%d widgets", len(p.chips.chip))
	}
	shown := screen.Text(p.chips)
	screen.MustContain(t, shown, "machine-000", "more…")
	if p.chips.lines != chipLines || p.chips.Size().Height > 70 {
		t.Errorf("%d lines, %v", p.chips.lines, p.chips.Size())
	}
	p.Choose("vault")
	window.Canvas().Capture()
	if shown := screen.Text(p.chips); strings.Contains(shown, "more") || p.chips.Size().Height > 40 {
		t.Errorf("%q at %v", shown, p.chips.Size())
	}
}

func TestWhatStandsForManyIsChosenAlone(t *testing.T) {
	p := NewPickSeveral("", func() []Option { return nil })
	p.Alone = func(name string) bool { return strings.HasPrefix(name, "tag:") }
	inWindow(t, p.Content)
	for _, c := range []struct{ toggled, want string }{{"a", "a"}, {"b", "a b"}, {"tag:x", "tag:x"}, {"a", "a"}} {
		p.toggle(c.toggled)
		if got := strings.Join(p.Chosen, " "); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}

func TestWhatIsBelowAChoiceMakesRoomForIt(t *testing.T) {
	window := screen.New(t, Theme{Appearance: Light})
	d := ShowForm(window, "Ask", fyne.NewSize(500, 400), nil)
	p, next := d.PickSeveral("", func() []Option { return machines(60) }), d.Entry("", "", nil)
	d.Set(d.Rows(NewFormField("Sources", p.Content, "hint"), NewFormField("Next", next, "")))
	for _, names := range [][]string{{"machine-001"}, {"machine-001", "machine-002", "machine-003", "machine-004", "machine-005"}, nil} {
		p.Choose(names...)
		position := fyne.CurrentApp().Driver().AbsolutePositionForObject
		end := position(p.Content).Y + p.Content.MinSize().Height
		if begin := position(next).Y; begin < end || begin > end+40 {
			t.Errorf("%d chosen: they end at %v, what is below begins at %v", len(names), end, begin)
		}
	}
}

func TestAClickTakesOneAndClosesTheList(t *testing.T) {
	p := NewPickSeveral("", func() []Option { return machines(60) })
	window := inWindow(t, p.Content)
	screen.Click(p.Entry)
	screen.TapText(t, window, "machine-004")
	if p.Entry.isOpen() || !slices.Equal(p.Chosen, []string{"machine-004"}) {
		t.Errorf("%q, open %v", p.Chosen, p.Entry.isOpen())
	}
}
