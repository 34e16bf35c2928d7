package settings

import (
	"context"
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestAnotherBrokerOpensInAWindowOfItsOwn(t *testing.T) {
	var opened []engine.ID
	var tokens []string
	refuse := errors.New("the token was used already")
	s, _, state := uitest.Linked(t)
	s.OtherBrokers = &page.OtherBrokers{
		Known: func() ([]page.OtherBroker, error) {
			return []page.OtherBroker{{Installation: "office", Address: "broker.example.org:6170", Name: "root of office"}}, nil
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
	page := New(s.Console)
	s.Window.SetContent(page.Content())
	page.Update(state)
	screen.Press(t, s.Window, "Open another broker…")
	screen.MustContain(t, uitest.Top(s), "broker.example.org:6170, as root of office")
	screen.Press(t, s.Window, "Open")
	if uitest.Top(s) != "" || !slices.Equal(opened, []engine.ID{"office"}) {
		t.Errorf("opened %q, and the dialog says %q", opened, uitest.Top(s))
	}
	o := showOtherBroker(s.Console)
	if !o.attach.Disabled() {
		t.Error("it attaches without a token")
	}
	test.Type(o.token, "used")
	screen.Press(t, s.Window, "Attach")
	screen.MustContain(t, uitest.Top(s), refuse.Error())
	test.Type(o.token, "good")
	screen.Press(t, s.Window, "Attach")
	if uitest.Top(s) != "" || !slices.Equal(opened, []engine.ID{"office", "branch"}) || !slices.Equal(tokens, []string{"used", "good"}) {
		t.Errorf("opened %q with %d tokens, and the dialog says %q", opened, len(tokens), uitest.Top(s))
	}
	if o.token.Text != "" {
		t.Error("the token is still in the window")
	}
}
