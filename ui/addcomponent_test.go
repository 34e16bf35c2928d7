package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"lockwire/engine"
)

func TestAComponentThatJoinsIsSeenUntilItIsOnlineAndItsTokenIsForgotten(t *testing.T) {
	s, a, state := linked(t)
	const secret = "abcdefghijklmnop"
	var asked engine.TokenRequest
	a.token = func(request engine.TokenRequest) (engine.Token, error) {
		asked = request
		return engine.Token{Secret: secret, Expires: testMoment.Add(15 * time.Minute)}, nil
	}
	page := NewComponentsPage(s.Console).(*ComponentsPage)
	s.Window.SetContent(page.Content())
	page.Update(state)
	press(t, s.Window, "Add component…")
	if !page.adding.make.Disabled() {
		t.Error("a token can be made without a name")
	}
	test.Type(page.adding.name, "newcomer")
	test.Type(page.adding.backends, "127.0.0.1:8000\n[::1]:9000")
	press(t, s.Window, "Make the token")
	if asked.Name != "newcomer" || asked.Kind != engine.JoinComponent || asked.Role != engine.Agent || len(asked.Addresses) != 1 {
		t.Errorf("asked for %+v", asked)
	}
	shown := top(s)
	mustContain(t, shown, "sudo lockwire-agent join --service --allow-backend 127.0.0.1:8000 --allow-backend '[::1]:9000'", secret, "15 min", "6170")
	for line := range strings.SplitSeq(shown, "\n") {
		if strings.Contains(line, "lockwire-agent") && strings.Contains(line, secret) {
			t.Error("the token stands in a command line")
		}
	}
	newcomer := engine.ComponentStatus{Component: testComponent(t, "newcomer", "10.0.0.9")}
	joined := *state
	joined.Components = append(joined.Components[:len(joined.Components):len(joined.Components)], newcomer)
	page.Update(&joined)
	mustContain(t, top(s), "Joined, but not ready", "lockwire-agent status")
	if page.adding.arrival.color != ColorPlain {
		t.Error("a component that has joined is not amber")
	}
	newcomer.Online = true
	online := *state
	online.Components = append(online.Components[:len(online.Components):len(online.Components)], newcomer)
	page.Update(&online)
	mustContain(t, top(s), "Online: newcomer is here", "6171")
	if page.adding.arrival.color != ColorSealed || strings.Contains(top(s), secret) {
		t.Error("a component that is online is not green, or its token still stands there")
	}
	press(t, s.Window, "Close")
	if top(s) != "" {
		t.Error("the dialog stays")
	}
}

func TestATokenIsGoneFromTheDialogWhenItIsClosed(t *testing.T) {
	s, a, state := linked(t)
	a.token = func(engine.TokenRequest) (engine.Token, error) {
		return engine.Token{Secret: "abcdefghijklmnop", Expires: testMoment.Add(time.Minute)}, nil
	}
	d := showAddComponent(s.Console, state)
	test.Type(d.name, "newcomer")
	press(t, s.Window, "Make the token")
	late := *state
	late.When = testMoment.Add(2 * time.Minute)
	d.update(&late)
	mustContain(t, top(s), "Nobody came before the token expired", "It expired at")
	d.dialog.onEsc()
	if d.secret.Text != "" || top(s) != "" {
		t.Error("the token is still in the dialog")
	}
}

func TestBackendsToOfferAreCheckedWhileTyping(t *testing.T) {
	for text, right := range map[string]bool{
		"127.0.0.1:8000": true, "10.0.0.0/8:5432-5440,9000": true, "[::1]:9000": true, "[fd00::/8]:9000": true, "vault.example.org:443": true,
		"127.0.0.1": false, "127.0.0.1:": false, "127.0.0.1:70000": false, "10.0.0.0/40:80": false, "a b:80;reboot": false, "$(reboot):80": false, "x:1-2-3": false,
	} {
		if _, err := parseBackends(text); (err == nil) != right {
			t.Errorf("%q: %v", text, err)
		}
	}
}
