package settings

import (
	"net/netip"
	"slices"
	"testing"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// preferredPage is the page with its state, and what is stored.
func preferredPage(t *testing.T) (*uitest.Stage, *view, func() engine.PreferredNetworks) {
	t.Helper()
	s, _, state := uitest.Linked(t)
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	return s, page, func() engine.PreferredNetworks { return s.State(t).Rules.PreferredNetworks }
}

func TestPreferredNetworksThatOneEndLacksAreNamedBeforeTheyAreSaved(t *testing.T) {
	s, page, stored := preferredPage(t)
	page.preferred.mode.SetSelected("required")
	page.preferred.networks.SetText("203.0.113.0/24, 10.99.1.2/16")
	page.preferred.submit()
	screen.MustContain(t, uitest.Top(s), "Change the preferred networks?", "no component has an address in 10.99.0.0/16", "so its sessions are refused")
	screen.Press(t, s.Window, "Save the setting")
	want := []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("10.99.0.0/16")}
	if got := stored(); got.Mode != engine.PreferredRequire || !slices.Equal(got.Networks, want) {
		t.Errorf("stored is %+v", got)
	}
}

func TestPreferredNetworksThatAreNoneAreToldBesideTheList(t *testing.T) {
	_, page, stored := preferredPage(t)
	for text, want := range map[string]string{"10.1.0.0/33": "10.1.0.0/33", "here": "here", "10.1.0.0/16, 10.1.2.0/16": "twice"} {
		page.preferred.networks.SetText(text)
		screen.MustContain(t, page.preferred.fields[1].Problem(), want)
		page.preferred.submit()
	}
	if page.preferred.save.Visible() || len(stored().Networks) > 0 {
		t.Error("what is wrong can be saved")
	}
}

func TestPreferredNetworksKeepWhatIsTypedAndShowWhatSomebodyElseSaved(t *testing.T) {
	s, page, stored := preferredPage(t)
	page.preferred.networks.SetText("10.1.0.0/16")
	theirs := engine.PreferredNetworks{Mode: engine.PreferredOff, Networks: []netip.Prefix{netip.MustParsePrefix("10.2.0.0/16")}}
	if _, err := s.Local.Apply(t.Context(), engine.Change{Preferred: &engine.PreferredChange{Networks: theirs, Revision: page.preferred.revision}}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	page.Update(uitest.FullState(t, s))
	if page.preferred.networks.Text != "10.1.0.0/16" {
		t.Fatalf("the list is %q while somebody types", page.preferred.networks.Text)
	}
	page.preferred.submit()
	screen.MustContain(t, uitest.Top(s), "Changed meanwhile", "10.1.0.0/16", "10.2.0.0/16")
	screen.Press(t, s.Window, "Take theirs")
	if page.preferred.networks.Text != "10.2.0.0/16" || !slices.Equal(stored().Networks, theirs.Networks) {
		t.Errorf("the list is %q, stored %v", page.preferred.networks.Text, stored().Networks)
	}
}
