package routes

import (
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestRoutesBeginWithTheirFirstRowAndThenLeaveTheChoiceToTheirUser(t *testing.T) {
	s, _, state := uitest.Linked(t)
	page := New(s.Console).(*view)
	s.BeginsWithItsFirstRow(t, page, state, func() bool { return page.chosen() != nil }, func() { page.Table.Select("") })
}

// TestProtectionAndTargetAreReadableWithoutOpenLegs draws the table as wide as it is in a window of 1280.
func TestProtectionAndTargetAreReadableWithoutOpenLegs(t *testing.T) {
	s, _, state := uitest.Linked(t)
	r := &state.Routes[0]
	r.TargetName, r.Backend, r.Listen = "Backup vault", "127.0.0.1:36173", "127.0.0.1:20064"
	r.Listeners = []engine.Listener{{ComponentName: "File server", State: engine.ListenerUp, Protection: engine.Protection{State: engine.ProtectionSealed, Why: "rule Files to the vault"}}}
	p := New(s.Console).(*view)
	s.Window.SetContent(p.Content())
	s.Window.Resize(fyne.NewSize(1117, 700))
	p.Update(state)
	s.Window.Canvas().Capture()
	screen.MustContain(t, screen.Text(p.Table), "sealed: rule Files to the vault", "Backup vault", "File server", "127.0.0.1:36173", "listening")
}
