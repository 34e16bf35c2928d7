package components

import (
	"testing"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestARevocationSaysWhichSessionsEnd(t *testing.T) {
	s, _, state := uitest.Linked(t)
	target := uitest.ComponentByName(state, "vault")
	state.Sessions = []engine.Session{{ID: engine.NewID(), Source: "x", SourceName: "fileserver", Target: target.ID, TargetName: "vault", RouteName: "nightly", State: engine.SessionLive}}
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.Open(string(target.ID))
	screen.Press(t, s.Window, "Revoke…")
	screen.MustContain(t, uitest.Top(s), "1 live session ends", "nightly: fileserver to vault")
	screen.Press(t, s.Window, "Cancel")
	if c := uitest.ComponentByName(s.State(t), "vault"); !c.Revoked.IsZero() {
		t.Error("cancelled, and revoked all the same")
	}
	screen.Press(t, s.Window, "Revoke…")
	screen.Press(t, s.Window, "Revoke")
	if c := uitest.ComponentByName(s.State(t), "vault"); c.Revoked.IsZero() {
		t.Error("not revoked")
	}
}
