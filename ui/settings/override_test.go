package settings

import (
	"testing"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestTheOverrideIsReplacedByTrustedLinksThatWereShown(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	s.Join(t, map[string]string{"cloud": "203.0.113.9"})
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(uitest.FullState(t, s))
	if page.automatic.replacing.Visible() {
		t.Error("an override that is not set can be replaced")
	}
	page.automatic.check.SetChecked(true)
	screen.Press(t, s.Window, "Save the setting")
	page.Update(uitest.FullState(t, s))
	screen.Press(t, s.Window, "Replace by trusted links…")
	screen.MustContain(t, uitest.Top(s), "2 pairs stay plain by 1 trusted link", "cloud and fileserver (no route yet)", "cloud and vault (no route yet)")

	d := showReplace(s.Console, page.state)
	d.until.SetText("2020-01-31")
	screen.MustContain(t, d.untilField.Problem(), "over already")
	d.until.SetText("31.1.2027")
	screen.MustContain(t, d.untilField.Problem(), "write one as")
	d.reason.SetText(" ")
	screen.MustContain(t, d.reasonField.Problem(), "needs a reason")
	if !d.replace.Disabled() {
		t.Error("it can be done with fields that are wrong")
	}
	d.reason.SetText("fibre")
	d.until.SetText("2027-01-31")
	s.Join(t, map[string]string{"late": "203.0.113.10"})
	d.replace.OnTapped()
	screen.MustContain(t, uitest.Top(s), "The pairs are no longer the same", "5 pairs stay plain")
	if s.State(t).Rules.Settings.DisablePublicIPTrafficEncryption != 1 {
		t.Error("pairs that were not shown are exempt")
	}
	d.replace.OnTapped()
	state := s.State(t)
	rule, found := s.Rule(t, "In place of the override")
	if state.Rules.Settings.DisablePublicIPTrafficEncryption != 0 || !found || *rule.Exempt != (engine.Exemption{Reason: "fibre", Until: rule.Exempt.Until}) || rule.Exempt.Until.String() != "2027-01-31" {
		t.Errorf("the override is %d, the rule %+v", state.Rules.Settings.DisablePublicIPTrafficEncryption, rule)
	}
}

func TestAnOverrideThatTheMachinePrescribesIsShownAndCannotBeChanged(t *testing.T) {
	s, _, state := uitest.Linked(t)
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	state.Rules.Prescribed = engine.Prescribed(1, "the registry of the broker's machine")
	page.Update(state)
	screen.MustContain(t, screen.Text(page.Content()), "set by the registry of the broker's machine", "Automatic encryption is off")
	if !page.automatic.check.Checked || !page.automatic.check.Disabled() || !page.automatic.replacing.Visible() {
		t.Error("the switch does not show what holds, or can be changed")
	}
	changed := *state
	changed.Rules.Prescribed = engine.Prescription{}
	page.Update(&changed)
	if page.automatic.check.Checked || page.automatic.check.Disabled() || page.automatic.prescribed.Visible() {
		t.Error("the switch stays as the machine prescribed it")
	}
}
