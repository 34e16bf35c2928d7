package ui

import (
	"testing"

	"lockwire/engine"
)

func TestARevocationSaysWhichSessionsEnd(t *testing.T) {
	s, _, state := linked(t)
	target := componentByName(state, "vault")
	state.Sessions = []engine.Session{{ID: engine.NewID(), Source: "x", SourceName: "fileserver", Target: target.ID, TargetName: "vault", RouteName: "nightly", State: engine.SessionLive}}
	page := NewComponentsPage(s.Console).(*ComponentsPage)
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.Open(string(target.ID))
	press(t, s.Window, "Revoke…")
	mustContain(t, top(s), "1 live session ends", "nightly: fileserver to vault")
	press(t, s.Window, "Cancel")
	if c := componentByName(s.state(t), "vault"); !c.Revoked.IsZero() {
		t.Error("cancelled, and revoked all the same")
	}
	press(t, s.Window, "Revoke…")
	press(t, s.Window, "Revoke")
	if c := componentByName(s.state(t), "vault"); c.Revoked.IsZero() {
		t.Error("not revoked")
	}
}
