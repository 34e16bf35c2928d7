package components

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestATokenForSeveralMachinesSaysItsRiskCountsWhoComesAndIsRevoked(t *testing.T) {
	s, a, state := uitest.Linked(t)
	var asked engine.TokenRequest
	made := engine.Token{ID: engine.NewID(), Secret: "abcdefghijklmnop", Expires: uitest.Moment.Add(8 * time.Hour)}
	a.OnToken = func(request engine.TokenRequest) (engine.Token, error) {
		asked = request
		return made, nil
	}
	var revoked engine.ID
	a.OnRevoke = func(id engine.ID) error {
		revoked = id
		return nil
	}
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	s.Window.Resize(fyne.NewSize(1280, 900))
	screen.Press(t, s.Window, "Add component…")
	if strings.Contains(uitest.Top(s), "How many") {
		t.Error("one machine is asked how many it is")
	}
	page.adding.several.kind.SetSelected(severalMachines)
	screen.MustContain(t, uitest.Top(s), "How many", "Counts for", "1 day")
	if body := page.adding.dialog.Body; body.Content.MinSize().Height > body.Size().Height {
		t.Errorf("the fields need %v and have %v, in a window that has room", body.Content.MinSize().Height, body.Size().Height)
	}
	for _, name := range []string{"branch-1", "*-branch-*", "branch-*"} {
		page.adding.name.SetText(name)
		if can := name == "branch-*"; page.adding.make.Disabled() == can {
			t.Errorf("a token for several called %s can be made: %v", name, !can)
		}
	}
	page.adding.several.uses.SetText("20000")
	if !page.adding.make.Disabled() {
		t.Error("a token can be made for 20,000 machines")
	}
	page.adding.several.uses.SetText("")
	test.Type(page.adding.several.uses, "3")
	page.adding.several.valid.SetSelected("8 hours")
	screen.Press(t, s.Window, "Make the token")
	if asked.Name != "branch-*" || asked.Uses != 3 || asked.Valid != 8*time.Hour {
		t.Fatalf("asked for %+v", asked)
	}
	shown := uitest.Top(s)
	screen.MustContain(t, shown, "Whoever reads this token can join as any of branch-*", "3 machines have used it", made.Secret, model.RolloutCommand(false, nil), "0 of 3 have joined")
	for line := range strings.SplitSeq(shown, "\n") {
		if strings.Contains(line, "lockwire-agent") && strings.Contains(line, made.Secret) {
			t.Error("the token stands in a command line")
		}
	}
	one, other := engine.ComponentStatus{Component: uitest.NewComponent(t, "branch-7", "10.0.0.9"), Online: true}, engine.ComponentStatus{Component: uitest.NewComponent(t, "stranger", "10.0.0.8"), Online: true}
	joined := *state
	joined.Components = append(joined.Components[:len(joined.Components):len(joined.Components)], one, other)
	page.Update(&joined)
	screen.MustContain(t, uitest.Top(s), "1 of 3 have joined since the token was made, 1 of them are online")
	screen.Press(t, s.Window, "Revoke this token")
	screen.MustContain(t, uitest.Top(s), "The token was revoked and lets nobody in any more")
	for _, gone := range []string{made.Secret, "can join as any of", model.RolloutCommand(false, nil)} {
		if strings.Contains(uitest.Top(s), gone) {
			t.Errorf("the token was revoked, and %q still stands there", gone)
		}
	}
	if revoked != made.ID {
		t.Errorf("revoked was %q", revoked)
	}
}
