package ui

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// unfold opens the list of why not.
func unfold(o fyne.CanvasObject) {
	walk(o, func(o fyne.CanvasObject) {
		if button, ok := o.(*widget.Button); ok && strings.HasPrefix(button.Text, "Why not? ") {
			test.Tap(button)
		}
	})
}

func TestTheSimulatorSaysWhyOtherRulesDidNotDecide(t *testing.T) {
	s := newStage(t)
	s.link(t)
	s.put(t, "Backups", "10.0.0.0/24", "10.0.0.0/24", nil)
	s.put(t, "Branch", "10.1.0.0/16", "10.0.0.2", nil)
	s.put(t, "Site", "10.2.0.0/16", "10.0.0.2", nil)
	s.put(t, "Headquarters", "10.3.0.0/16", "10.0.0.2", nil)
	s.put(t, "Old", "10.1.0.0/16", "10.0.0.2", func(r *engine.Rule) { r.Enabled = false })
	page := NewSimulatorPage(s.Console).(*simulatorPage)
	s.show(t, page)
	page.askAbout("fileserver", "vault", false)
	if shown := textOf(s.Window.Content()); strings.Contains(shown, "Headquarters") {
		t.Errorf("a long list is unfolded:\n%s", shown)
	}
	unfold(page.answer)
	shown := textOf(s.Window.Content())
	for _, want := range []string{"Rules that decide", "Backups: matches as written", "Why not?  4 rules did not decide, 1 more off", "not in its source",
		"its source (10.1.0.0/16) contains no address of fileserver (10.0.0.1) or vault (10.0.0.2)", "neither of the two has a public address"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
	if strings.Contains(shown, "Old") {
		t.Error("a rule that is off has a reason")
	}
}

func TestReasonsAreFilteredAsOneTypes(t *testing.T) {
	newStage(t)
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
	newStage(t)
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
	newStage(b)
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
