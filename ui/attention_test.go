package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

func TestOverviewSaysWhatNeedsSomebody(t *testing.T) {
	tests := map[string]struct {
		edit func(*State)
		want string
		page string
	}{
		"a stale session": {func(s *State) {
			session := liveSession(engine.Plain)
			session.Stale, session.Now = true, &engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed}}
			s.Sessions = []engine.Session{session}
		}, "by the rules of now it would be sealed", "sessions"},
		"a plain session that touches a public address": {func(s *State) {
			session := liveSession(engine.Plain)
			session.Decision.Triggers = []engine.Trigger{{Side: "target"}}
			s.Sessions = []engine.Session{session}
		}, "plain, and touches a public address", "sessions"},
		"an offline component": {func(s *State) {
			s.Components = []engine.ComponentStatus{{Component: engine.Component{Name: "tape-1"}, Problem: "it is not attached"}}
		}, "tape-1 is offline", "components"},
		"a certificate about to end": {func(s *State) {
			s.Components = []engine.ComponentStatus{{Component: engine.Component{Name: "tape-1", CertificateExpires: testMoment.Add(time.Hour)}, Online: true}}
		}, "certificate of tape-1 ends", "components"},
		"a route that does not listen": {func(s *State) {
			s.Routes = []engine.RouteStatus{{Route: engine.Route{Name: "nightly"}, Listeners: []engine.Listener{{ComponentName: "fileserver", State: engine.ListenerFailed, Problem: "taken"}}}}
		}, "does not listen on fileserver: taken", "routes"},
		"an open leg": {func(s *State) {
			s.Routes = []engine.RouteStatus{{Route: engine.Route{Name: "nightly", Enabled: true}, OpenLegs: []string{"it listens on 10.0.0.1:1"}}}
		}, "open leg", "routes"},
		"the override":     {func(s *State) { s.Rules.Settings.DisablePublicIPTrafficEncryption = 1 }, "is turned off", "settings"},
		"nothing at first": {func(*State) {}, "Nothing needs you. Next: add the machines", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			state := s.state(t)
			test.edit(state)
			items := attentionOf(state)
			if len(items) != 1 || !strings.Contains(items[0].text, test.want) || items[0].page != test.page {
				t.Errorf("%+v, wanted %q leading to %q", items, test.want, test.page)
			}
		})
	}
}

func TestAComponentThatIsOfflineForNoKnownReasonIsSaidSo(t *testing.T) {
	s := newStage(t)
	state := s.state(t)
	state.Components = []engine.ComponentStatus{{Component: engine.Component{Name: "tape-1"}}}
	if got := attentionOf(state)[0].text; got != "tape-1 is offline." {
		t.Errorf("it is told as %q", got)
	}
}

func TestARefusedSessionNeedsAttentionUntilOneComesThrough(t *testing.T) {
	s := newStage(t)
	state := s.state(t)
	state.Routes = []engine.RouteStatus{{Route: engine.Route{ID: "route", Name: "nightly"}}}
	last := testMoment.Add(-time.Hour)
	state.Refusals = []engine.Receipt{endedSession(engine.Sealed, engine.SessionRefused, last, 0), endedSession(engine.Sealed, engine.SessionRefused, last.Add(-time.Hour), 0)}
	items := attentionOf(state)
	if len(items) != 1 || !strings.Contains(items[0].text, "fileserver to vault over nightly was refused again and again (2 receipts in a day)") ||
		!strings.Contains(items[0].text, "the backend does not answer") || items[0].thing != string(state.Refusals[0].ID) {
		t.Errorf("it says %+v", items)
	}
	if got, want := StandingOf(state).Things, []string{"refused route source"}; !slices.Equal(got, want) {
		t.Errorf("its name is %q, want %q, so that each refusal is not told anew", got, want)
	}
	through := liveSession(engine.Sealed)
	through.Route, through.Source, through.Began = "route", "source", last.Add(time.Minute)
	state.Sessions = []engine.Session{through}
	if items := attentionOf(state); len(items) != 1 || items[0].kind != needNothing {
		t.Errorf("after one came through it says %+v", items)
	}
	state.Sessions, state.Routes = nil, nil
	if items := attentionOf(state); len(items) != 1 || items[0].kind != needNothing {
		t.Errorf("of a route that is gone it says %+v", items)
	}
}
