package components

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestAComponentThatJoinsIsSeenUntilItIsOnlineAndItsTokenIsForgotten(t *testing.T) {
	s, a, state := uitest.Linked(t)
	const secret = "abcdefghijklmnop"
	var asked engine.TokenRequest
	a.OnToken = func(request engine.TokenRequest) (engine.Token, error) {
		asked = request
		return engine.Token{Secret: secret, Expires: uitest.Moment.Add(15 * time.Minute)}, nil
	}
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	screen.Press(t, s.Window, "Add component…")
	if !page.adding.make.Disabled() {
		t.Error("a token can be made without a name")
	}
	test.Type(page.adding.name, "newcomer")
	test.Type(page.adding.backends, "127.0.0.1:8000\n[::1]:9000")
	screen.Press(t, s.Window, "Make the token")
	if asked.Name != "newcomer" || asked.Kind != engine.JoinComponent || asked.Role != engine.Agent || len(asked.Addresses) != 1 {
		t.Errorf("asked for %+v", asked)
	}
	shown := uitest.Top(s)
	screen.MustContain(t, shown, "sudo lockwire-agent join --service --allow-backend 127.0.0.1:8000 --allow-backend '[::1]:9000'", secret, "15 min", "6170")
	for line := range strings.SplitSeq(shown, "\n") {
		if strings.Contains(line, "lockwire-agent") && strings.Contains(line, secret) {
			t.Error("the token stands in a command line")
		}
	}
	newcomer := engine.ComponentStatus{Component: uitest.NewComponent(t, "newcomer", "10.0.0.9")}
	joined := *state
	joined.Components = append(joined.Components[:len(joined.Components):len(joined.Components)], newcomer)
	page.Update(&joined)
	screen.MustContain(t, uitest.Top(s), "Joined, but not ready", "lockwire-agent status")
	if page.adding.arrival.Color != kit.ColorPlain {
		t.Error("a component that has joined is not amber")
	}
	newcomer.Online = true
	online := *state
	online.Components = append(online.Components[:len(online.Components):len(online.Components)], newcomer)
	page.Update(&online)
	screen.MustContain(t, uitest.Top(s), "Online: newcomer is here", "6171")
	if page.adding.arrival.Color != kit.ColorSealed || strings.Contains(uitest.Top(s), secret) {
		t.Error("a component that is online is not green, or its token still stands there")
	}
	// Another token for a machine that is there could not be used: the button begins with another machine.
	if strings.Contains(uitest.Top(s), "Make another token") {
		t.Error("it offers another token for a component that is there")
	}
	screen.Press(t, s.Window, "Add another component")
	screen.MustContain(t, uitest.Top(s), "Make the token", "Add a component")
	test.Type(page.adding.name, "second")
	screen.Press(t, s.Window, "Make the token")
	if asked.Name != "second" {
		t.Errorf("asked for %+v", asked)
	}
	a.OnToken = func(engine.TokenRequest) (engine.Token, error) {
		return engine.Token{}, errors.New("the broker is busy")
	}
	screen.Press(t, s.Window, "Make another token")
	screen.MustContain(t, uitest.Top(s), "No other token was made", "the broker is busy")
	screen.Press(t, s.Window, "Close")
	screen.MustContain(t, uitest.Top(s), secret)
	screen.Press(t, s.Window, "Close")
	if uitest.Top(s) != "" {
		t.Error("the dialog stays")
	}
}

func TestATokenIsGoneFromTheDialogWhenItIsClosed(t *testing.T) {
	s, a, state := uitest.Linked(t)
	a.OnToken = func(engine.TokenRequest) (engine.Token, error) {
		return engine.Token{Secret: "abcdefghijklmnop", Expires: uitest.Moment.Add(time.Minute)}, nil
	}
	d := showAddComponent(s.Console, state)
	test.Type(d.name, "newcomer")
	screen.Press(t, s.Window, "Make the token")
	late := *state
	late.When = uitest.Moment.Add(2 * time.Minute)
	d.update(&late)
	screen.MustContain(t, uitest.Top(s), "Nobody came before the token expired", "It expired at")
	d.dialog.OnEsc()
	if d.secret.Text != "" || uitest.Top(s) != "" {
		t.Error("the token is still in the dialog")
	}
}

func TestBackendsToOfferAreCheckedWhileTyping(t *testing.T) {
	for text, right := range map[string]bool{
		"127.0.0.1:8000": true, "10.0.0.0/8:5432-5440,9000": true, "[::1]:9000": true, "[fd00::/8]:9000": true, "vault.example.org:443": true,
		"127.0.0.1": false, "127.0.0.1:": false, "127.0.0.1:70000": false, "10.0.0.0/40:80": false, "a b:80;reboot": false, "$(reboot):80": false, "x:1-2-3": false,
	} {
		if _, err := model.ParseBackends(text); (err == nil) != right {
			t.Errorf("%q: %v", text, err)
		}
	}
}
