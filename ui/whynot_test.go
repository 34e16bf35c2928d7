package ui

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// unfold opens everything that is folded.
func unfold(o fyne.CanvasObject) {
	walk(o, func(o fyne.CanvasObject) {
		if fold, ok := o.(*widget.Accordion); ok {
			fold.OpenAll()
		}
	})
}

func TestTheSimulatorSaysWhyOtherRulesDidNotDecide(t *testing.T) {
	s := newStage(t)
	s.link(t)
	s.put(t, "Backups", "10.0.0.0/24", "10.0.0.0/24", nil)
	s.put(t, "Branch", "10.1.0.0/16", "10.0.0.2", nil)
	s.put(t, "Old", "10.1.0.0/16", "10.0.0.2", func(r *engine.Rule) { r.Enabled = false })
	page := NewSimulatorPage(s.Console).(*simulatorPage)
	s.show(t, page)
	page.askAbout("fileserver", "vault", false)
	unfold(page.answer)
	shown := textOf(s.Window.Content())
	for _, want := range []string{"Rules that decide", "Backups: matches as written", "Why not?  2 rules did not decide, 1 more off", "not in its source",
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
	for _, step := range []struct {
		filter string
		shown  int
		rest   string // empty: not there
	}{
		{"", mostReasons, "50 more; type to find one."},
		{"stricter", 1, ""},
		{"SITE 24", 13, ""},
		{"no such", 0, "No reason has these words."},
	} {
		list.filter.SetText(step.filter)
		rest := ""
		if list.rest.Visible() {
			rest = list.rest.Text
		}
		if len(list.rows.Objects) != step.shown || rest != step.rest {
			t.Errorf("%q: %d shown, %q", step.filter, len(list.rows.Objects), rest)
		}
	}
	if got := whyNotTitle(&engine.WhyNot{Off: 3}); got != "Why not?  every rule that is on decided, 3 more off" {
		t.Errorf("the title is %q", got)
	}
}
