package simulator

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// unfold opens the list of why not.
func unfold(o fyne.CanvasObject) {
	screen.Walk(o, func(o fyne.CanvasObject) {
		if button, ok := o.(*widget.Button); ok && strings.HasPrefix(button.Text, "Why not? ") {
			test.Tap(button)
		}
	})
}

func TestTheSimulatorSaysWhyOtherRulesDidNotDecide(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	s.Put(t, "Backups", "10.0.0.0/24", "10.0.0.0/24", nil)
	s.Put(t, "Branch", "10.1.0.0/16", "10.0.0.2", nil)
	s.Put(t, "Site", "10.2.0.0/16", "10.0.0.2", nil)
	s.Put(t, "Headquarters", "10.3.0.0/16", "10.0.0.2", nil)
	s.Put(t, "Old", "10.1.0.0/16", "10.0.0.2", func(r *engine.Rule) { r.Enabled = false })
	page := New(s.Console).(*view)
	s.Show(t, page)
	page.askAbout("fileserver", "vault", false)
	if shown := screen.Text(s.Window.Content()); strings.Contains(shown, "Headquarters") {
		t.Errorf("a long list is unfolded:\n%s", shown)
	}
	unfold(page.answer)
	shown := screen.Text(s.Window.Content())
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
