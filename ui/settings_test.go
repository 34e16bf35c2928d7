package ui

import (
	"testing"

	"lockwire/engine"
)

func TestAutomaticEncryptionIsTurnedOffOnlyAfterItsEffectWasSeen(t *testing.T) {
	s := newStage(t)
	s.link(t)
	components, err := s.local.Components(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	public, err := engine.ParseAddress("203.0.113.9")
	if err != nil {
		t.Fatal(err)
	}
	c := components[1].Component
	c.Report.Interfaces = append(c.Report.Interfaces, engine.Address{Address: public, Origin: engine.FromInterface})
	if err := s.local.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(c) }); err != nil {
		t.Fatal(err)
	}
	page := NewSettingsPage(s.Console).(*SettingsPage)
	s.Window.SetContent(page.Content())
	page.Update(fullState(t, s))
	page.automatic.SetChecked(true)
	mustContain(t, top(s), "1 link loses encryption", "fileserver")
	press(t, s.Window, "Cancel")
	if page.automatic.Checked || s.state(t).Rules.Settings.DisablePublicIPTrafficEncryption != 0 {
		t.Error("cancelled, and set all the same")
	}
	page.automatic.SetChecked(true)
	press(t, s.Window, "Change it")
	if s.state(t).Rules.Settings.DisablePublicIPTrafficEncryption != 1 {
		t.Error("not set")
	}
}

func TestASettingThatTheEngineRefusesIsToldBesideItsField(t *testing.T) {
	s, _, state := linked(t)
	page := NewSettingsPage(s.Console).(*SettingsPage)
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.linger.entry.SetText("abc")
	mustContain(t, page.linger.field.problem(), "abc", "such as 15")
	page.timeZone.entry.SetText("Europe/Nowhere")
	if page.timeZone.field.problem() == "" || page.timeZone.save.Visible() {
		t.Error("an unknown time zone can be saved")
	}
	page.linger.entry.SetText("60")
	page.linger.submit()
	if got := s.state(t).Rules.Settings.LingerSeconds; got != 60 {
		t.Errorf("linger is %d", got)
	}
}
