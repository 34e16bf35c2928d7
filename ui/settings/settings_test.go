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
	page.automatic.check.SetChecked(true)
	screen.MustContain(t, uitest.Top(s), "1 link loses encryption", "fileserver")
	screen.Press(t, s.Window, "Cancel")
	if page.automatic.check.Checked || s.State(t).Rules.Settings.DisablePublicIPTrafficEncryption != 0 {
		t.Error("cancelled, and set all the same")
	}
	page.automatic.check.SetChecked(true)
	screen.Press(t, s.Window, "Save the setting")
	if s.State(t).Rules.Settings.DisablePublicIPTrafficEncryption != 1 {
		t.Error("not set")
	}
}

func TestASettingThatTheEngineRefusesIsMarkedBesideItsField(t *testing.T) {
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
	page.dns.entry.SetText("dns.example")
	if page.dns.field.Problem() == "" || page.dns.save.Visible() {
		t.Error("a DNS server that is no address can be saved")
	}
	page.dns.entry.SetText("10.0.0.53")
	page.dns.submit()
	if got := s.State(t).Rules.Settings.DNSServer; got != "10.0.0.53" {
		t.Errorf("the DNS server is %q", got)
	}
	page.Update(s.State(t))
	page.linger.entry.SetText("60")
	page.linger.submit()
	if got := s.State(t).Rules.Settings.LingerSeconds; got != 60 {
		t.Errorf("linger is %d", got)
	}
}

// conflict has somebody else set a setting that is being typed, and gives the page with what was typed saved.
func conflict(t *testing.T) (*uitest.Stage, *view) {
	t.Helper()
	s, _, state := uitest.Linked(t)
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.linger.entry.SetText("60")
	page.timeZone.entry.SetText("Europe/Berl")
	if _, err := s.Local.Apply(t.Context(), engine.Change{Setting: &engine.SettingChange{Name: settingLinger, Value: "30"}}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	page.Update(uitest.FullState(t, s)) // it is seen before it is saved, and still is not written over
	page.linger.submit()
	screen.MustContain(t, uitest.Top(s), "Changed meanwhile", "linger, in seconds", "Mine", "60", "Theirs", "30")
	if got := s.State(t).Rules.Settings.LingerSeconds; got != 30 {
		t.Fatalf("linger is %d", got)
	}
	return s, page
}

func TestASettingThatSomebodyElseSavedIsReloaded(t *testing.T) {
	s, page := conflict(t)
	screen.Press(t, s.Window, "Take theirs")
	if page.linger.entry.Text != "30" || page.linger.save.Visible() || page.timeZone.entry.Text != "Europe/Berl" {
		t.Errorf("the fields hold %q and %q", page.linger.entry.Text, page.timeZone.entry.Text)
	}
	page.linger.entry.SetText("45")
	page.linger.submit()
	if got := s.State(t).Rules.Settings.LingerSeconds; got != 45 || uitest.Top(s) != "" {
		t.Errorf("linger is %d, and it asks %q", got, uitest.Top(s))
	}
}

func TestASettingThatSomebodyElseSavedIsWrittenOverOnceItWasSeen(t *testing.T) {
	s, page := conflict(t)
	screen.Press(t, s.Window, "Save mine over it")
	if got := s.State(t).Rules.Settings.LingerSeconds; got != 60 {
		t.Errorf("linger is %d", got)
	}
	page.Update(uitest.FullState(t, s))
	if page.linger.entry.Text != "60" || page.linger.save.Visible() || page.timeZone.entry.Text != "Europe/Berl" {
		t.Errorf("the fields hold %q and %q", page.linger.entry.Text, page.timeZone.entry.Text)
	}
}

func TestASettingThatIsNotTypedAnyMoreShowsWhatSomebodyElseSaved(t *testing.T) {
	s, page := conflict(t)
	s.Key("Escape")
	if page.linger.kept != "15" { // the setting is 0
		t.Errorf("the linger that holds is shown as %q", page.linger.kept)
	}
	if page.linger.entry.Text != "60" {
		t.Errorf("what was typed is lost: %q", page.linger.entry.Text)
	}
	page.linger.entry.SetText("15") // as it was
	page.Update(uitest.FullState(t, s))
	if page.linger.entry.Text != "30" {
		t.Errorf("the field holds %q", page.linger.entry.Text)
	}
}

func TestTwoAdministratorsWhoSetDifferentThingsAreNotInEachOthersWay(t *testing.T) {
	s, _, state := uitest.Linked(t)
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	if _, err := s.Local.Apply(t.Context(), engine.Change{Setting: &engine.SettingChange{Name: settingLinger, Value: "30"}}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	page.cut.SetChecked(true)
	if got := s.State(t).Rules.Settings; got.CutSessionsThatShouldBeSealed != 1 || got.LingerSeconds != 30 || uitest.Top(s) != "" {
		t.Errorf("%+v, and it asks %q", got, uitest.Top(s))
	}
}

// What is stored may be written otherwise than it was typed. That is nobody else's doing.
func TestWhatOneSavedOneselfIsNotSaidToBeSomebodyElses(t *testing.T) {
	for _, c := range []struct{ linger, dns, shownLinger, shownDNS string }{
		{"0", "10.0.0.53, 10.0.0.54 ", "15", "10.0.0.53, 10.0.0.54"},
		{" 030 ", " 10.0.0.53", "30", "10.0.0.53"},
	} {
		s, _, _ := uitest.Linked(t)
		page := New(s.Console).(*view)
		s.Window.SetContent(page.Content())
		page.Update(uitest.FullState(t, s))
		page.linger.entry.SetText("20")
		page.linger.submit()
		page.Update(uitest.FullState(t, s))
		page.linger.entry.SetText(c.linger)
		page.linger.submit()
		page.dns.entry.SetText(c.dns)
		page.dns.submit()
		page.Update(uitest.FullState(t, s))
		for field, shown := range map[*settingField]string{page.linger: c.shownLinger, page.dns: c.shownDNS} {
			if field.entry.Text != shown || field.save.Visible() || field.field.Problem() != "" {
				t.Errorf("the field holds %q, not %q, and says %q", field.entry.Text, shown, field.field.Problem())
			}
		}
	}
}
