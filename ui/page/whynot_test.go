package page

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/uitest/screen"
)

func TestReasonsAreFilteredAsOneTypes(t *testing.T) {
	screen.New(t, kit.Theme{Appearance: kit.Light})
	why := &engine.WhyNot{}
	for i := range 250 {
		verdict := engine.Verdict{Rule: fmt.Sprintf("Site %03d", i), Lost: engine.OutsideTarget, Text: "does not match"}
		if i == 249 {
			verdict.Lost = engine.StricterLimit
		}
		why.Rules = append(why.Rules, verdict)
	}
	list := newWhyNotList(why)
	test.NewTempWindow(t, list.content).Resize(fyne.NewSize(900, 600))
	list.fold()
	for _, step := range []struct {
		filter string
		shown  int
		more   string // empty: not there
		none   bool
	}{
		{"", moreReasons, "Show more of the other 200", false},
		{"stricter", 1, "", false},
		{"SITE 24", 13, "", false},
		{"no such", 0, "", true},
		{"site 1", 50, "Show more of the other 83", false},
	} {
		list.filter.SetText(step.filter)
		more := ""
		if list.more.Visible() {
			more = list.more.Text
		}
		if len(list.rows.Objects) != step.shown || more != step.more || list.rest.Visible() != step.none {
			t.Errorf("%q: %d shown, %q, none %v", step.filter, len(list.rows.Objects), more, list.rest.Visible())
		}
	}
	test.Tap(list.more)
	if len(list.rows.Objects) != 2*moreReasons {
		t.Errorf("more: %d shown", len(list.rows.Objects))
	}
	list.filter.SetText("")
	if len(list.rows.Objects) != moreReasons {
		t.Errorf("after another filter: %d shown", len(list.rows.Objects))
	}
	if got := whyNotTitle(&engine.WhyNot{Off: 3}); got != "Why not?  every rule that is on decided, 3 more off" {
		t.Errorf("the title is %q", got)
	}
}

func TestAShortListOfReasonsIsUnfolded(t *testing.T) {
	screen.New(t, kit.Theme{Appearance: kit.Light})
	for count, unfolded := range map[int]bool{0: false, 1: true, fewReasons: true, fewReasons + 1: false} {
		list := newWhyNotList(&engine.WhyNot{Rules: make([]engine.Verdict, count)})
		if got := list.body.Visible(); got != unfolded {
			t.Errorf("%d reasons: unfolded %v", count, got)
		}
		list.fold()
		if got := list.body.Visible(); got == unfolded {
			t.Errorf("%d reasons: folding does nothing", count)
		}
	}
}

// BenchmarkFilterReasons filters the reasons of 200 rules, as a letter that is typed does.
func BenchmarkFilterReasons(b *testing.B) {
	screen.New(b, kit.Theme{Appearance: kit.Light})
	why := &engine.WhyNot{}
	for i := range 200 {
		why.Rules = append(why.Rules, engine.Verdict{Rule: fmt.Sprintf("Site %03d", i), Lost: engine.OutsideTarget,
			Text: "does not match: its target (172.16.0.31) contains no address of fileserver (10.0.0.1) or vault (10.0.0.2)"})
	}
	list := newWhyNotList(why)
	test.NewTempWindow(b, list.content).Resize(fyne.NewSize(900, 600))
	list.fold()
	for i := 0; b.Loop(); i++ {
		list.filter.SetText([]string{"", "site", "site 1", "site 19"}[i%4])
	}
}
