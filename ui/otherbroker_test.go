package ui

import (
	"context"
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2/test"

	"lockwire/engine"
)

func TestAnotherBrokerOpensInAWindowOfItsOwn(t *testing.T) {
	var opened []engine.ID
	var tokens []string
	refuse := errors.New("the token was used already")
	s, _, state := linked(t)
	s.OtherBrokers = &OtherBrokers{
		Known: func() ([]OtherBroker, error) {
			return []OtherBroker{{"office", "broker.example.org:6170", "root of office"}}, nil
		},
		Enrol: func(_ context.Context, token string) (engine.ID, error) {
			tokens = append(tokens, token)
			if token == "used" {
				return "", refuse
			}
			return "branch", nil
		},
		Open: func(installation engine.ID) error { opened = append(opened, installation); return nil },
	}
	page := NewSettingsPage(s.Console)
	s.Window.SetContent(page.Content())
	page.Update(state)
	press(t, s.Window, "Open another broker…")
	mustContain(t, top(s), "broker.example.org:6170, as root of office")
	press(t, s.Window, "Open")
	if top(s) != "" || !slices.Equal(opened, []engine.ID{"office"}) {
		t.Errorf("opened %q, and the dialog says %q", opened, top(s))
	}
	o := showOtherBroker(s.Console)
	if !o.attach.Disabled() {
		t.Error("it attaches without a token")
	}
	test.Type(o.token, "used")
	press(t, s.Window, "Attach")
	mustContain(t, top(s), refuse.Error())
	test.Type(o.token, "good")
	press(t, s.Window, "Attach")
	if top(s) != "" || !slices.Equal(opened, []engine.ID{"office", "branch"}) || !slices.Equal(tokens, []string{"used", "good"}) {
		t.Errorf("opened %q with %d tokens, and the dialog says %q", opened, len(tokens), top(s))
	}
	if o.token.Text != "" {
		t.Error("the token is still in the window")
	}
}
