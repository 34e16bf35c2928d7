package settings

import (
	"testing"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestAutomaticEncryptionIsTurnedOffOnlyAfterItsEffectWasSeen(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	components, err := s.Local.Components(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	public, err := engine.ParseAddress("203.0.113.9")
	if err != nil {
		t.Fatal(err)
	}
	c := components[1].Component
	c.Report.Interfaces = append(c.Report.Interfaces, engine.Address{Address: public, Origin: engine.FromInterface})
	if err := s.Local.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(c) }); err != nil {
		t.Fatal(err)
	}
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(uitest.FullState(t, s))
	page.automatic.SetChecked(true)
	screen.MustContain(t, uitest.Top(s), "1 link loses encryption", "fileserver")
	screen.Press(t, s.Window, "Cancel")
	if page.automatic.Checked || s.State(t).Rules.Settings.DisablePublicIPTrafficEncryption != 0 {
		t.Error("cancelled, and set all the same")
	}
	page.automatic.SetChecked(true)
	screen.Press(t, s.Window, "Change it")
	if s.State(t).Rules.Settings.DisablePublicIPTrafficEncryption != 1 {
		t.Error("not set")
	}
}

func TestASettingThatTheEngineRefusesIsToldBesideItsField(t *testing.T) {
	s, _, state := uitest.Linked(t)
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.linger.entry.SetText("abc")
	screen.MustContain(t, page.linger.field.Problem(), "abc", "such as 15")
	page.timeZone.entry.SetText("Europe/Nowhere")
	if page.timeZone.field.Problem() == "" || page.timeZone.save.Visible() {
		t.Error("an unknown time zone can be saved")
	}
	page.linger.entry.SetText("60")
	page.linger.submit()
	if got := s.State(t).Rules.Settings.LingerSeconds; got != 60 {
		t.Errorf("linger is %d", got)
	}
}
