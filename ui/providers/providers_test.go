package providers

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestAProviderIsAddedAndItsLinkIsNeverOnTheScreen(t *testing.T) {
	s, a, state := uitest.Linked(t)
	const secret = "abcdefghijklmnop"
	p := New(s.Console).(*view)
	s.Window.SetContent(p.Content())
	p.Update(state)
	screen.MustContain(t, screen.Text(p.Content()), "No provider yet", "always encrypted")
	added := uitest.Providers()[1]
	var asked engine.ProviderLink
	answer := error(&engine.FieldError{Of: "provider", Field: "link", Err: errors.New("it was used already")})
	a.OnAddProvider = func(link engine.ProviderLink) (engine.ProviderStatus, error) {
		asked = link
		return added, answer
	}
	d := showAdd(s.Console, p.Choose)
	hidden := func() {
		t.Helper()
		if strings.Contains(uitest.Top(s), secret) || strings.Contains(screen.Text(p.Content()), secret) {
			t.Error("the link is on the screen")
		}
	}
	test.Type(d.name, "second")
	if !d.add.Disabled() {
		t.Error("a provider can be added without a link")
	}
	test.Type(d.link, secret+"\n")
	if !d.link.Password {
		t.Error("the link can be read while it is typed")
	}
	hidden()
	screen.Press(t, s.Window, "Add provider")
	screen.MustContain(t, uitest.Top(s), "The provider was not added", "it was used already")
	hidden()
	answer = nil
	screen.Press(t, s.Window, "Add provider")
	if asked != (engine.ProviderLink{Name: "second", Link: secret}) {
		t.Errorf("asked for %+v", asked)
	}
	screen.MustContain(t, uitest.Top(s), added.Key.Fingerprint(), added.CAPin.Fingerprint(), "pending until")
	hidden()
	if d.link.Text != "" {
		t.Error("the dialog keeps the link")
	}
	screen.Press(t, s.Window, "Close")
	full := *state
	full.Providers = []engine.ProviderStatus{added}
	p.Update(&full)
	screen.MustContain(t, screen.Text(p.Content()), "pending", added.Key.Fingerprint(), added.CAPin.Fingerprint(), "has not confirmed this installation yet")
}

func TestAClosedDialogForgetsTheLink(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	d := showAdd(s.Console, func(engine.ID) {})
	test.Type(d.link, "abcdefghijklmnop")
	d.dialog.OnEsc()
	if d.link.Text != "" || uitest.Top(s) != "" {
		t.Error("the link is still there")
	}
}

func TestAProvidersStateIsSaidInWords(t *testing.T) {
	providers := uitest.Providers()
	for i, want := range []string{"connected", "pending", "not connected: its gateway gate.provider.example:6180 cannot be reached: connection refused", "over quota", "disabled there", "past its last day"} {
		if words, _ := stateWords(&providers[i]); words != want {
			t.Errorf("%s is %q, wanted %q", providers[i].Name, words, want)
		}
		if told := notice(&providers[i]) != ""; told != (i > 0) {
			t.Errorf("%s: that it says what to do is %t", providers[i].Name, told)
		}
	}
}

func TestAProviderIsRemovedOnceNoRouteLeadsThere(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	provider := uitest.Providers()[0].Provider
	service := engine.Service{ID: engine.NewID(), Name: "copies", Provider: provider.ID, Remote: engine.NewID()}
	routes, err := s.Local.Routes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	route := routes[0].Route
	route.ID, route.Name, route.Listen, route.Service = engine.NewID(), "copies", "127.0.0.1:8001", service.ID
	write := func(do func(engine.Transaction) error) {
		t.Helper()
		if err := s.Local.Store.Write(t.Context(), do); err != nil {
			t.Fatal(err)
		}
	}
	write(func(tx engine.Transaction) error {
		return errors.Join(tx.PutProvider(provider), tx.PutService(service), tx.PutRoute(route))
	})
	p := New(s.Console).(*view)
	s.Show(t, p)
	p.key(&fyne.KeyEvent{Name: fyne.KeyDelete})
	screen.MustContain(t, uitest.Top(s), "What is stored there stays there")
	screen.Press(t, s.Window, "Remove")
	screen.MustContain(t, uitest.Top(s), "Provider cloud was not removed", "copies")
	screen.Press(t, s.Window, "Close")
	write(func(tx engine.Transaction) error { return tx.RemoveRoute(route.ID) })
	p.remove()
	screen.Press(t, s.Window, "Remove")
	if left, _ := s.Local.Providers(t.Context()); len(left) != 0 || uitest.Top(s) != "" {
		t.Errorf("%d providers stay, and it shows %q", len(left), uitest.Top(s))
	}
}
