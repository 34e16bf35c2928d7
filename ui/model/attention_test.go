package model_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/uitest"
)

func TestOverviewSaysWhatNeedsSomebody(t *testing.T) {
	tests := map[string]struct {
		edit func(*model.State)
		want string
		page string
	}{
		"a stale session": {func(s *model.State) {
			session := uitest.LiveSession(engine.Plain)
			session.Stale, session.Now = true, &engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed}}
			s.Sessions = []engine.Session{session}
		}, "under today's rules it would be sealed", "sessions"},
		"a plain session that touches a public address": {func(s *model.State) {
			session := uitest.LiveSession(engine.Plain)
			session.Decision.Triggers = []engine.Trigger{{Side: "target"}}
			s.Sessions = []engine.Session{session}
		}, "plain, and touches a public address", "sessions"},
		"an offline component": {func(s *model.State) {
			s.Components = []engine.ComponentStatus{{Component: engine.Component{Name: "tape-1"}, Problem: "it is not attached"}}
		}, "tape-1 is offline", "components"},
		"a certificate about to end": {func(s *model.State) {
			s.Components = []engine.ComponentStatus{{Component: engine.Component{Name: "tape-1", CertificateExpires: uitest.Moment.Add(time.Hour)}, Online: true}}
		}, "certificate of tape-1 ends", "components"},
		"a route that does not listen": {func(s *model.State) {
			s.Routes = []engine.RouteStatus{{Route: engine.Route{Name: "nightly"}, Listeners: []engine.Listener{{ComponentName: "fileserver", State: engine.ListenerFailed, Problem: "taken"}}}}
		}, "does not listen on fileserver: taken", "routes"},
		"an open leg": {func(s *model.State) {
			s.Routes = []engine.RouteStatus{{Route: engine.Route{Name: "nightly", Enabled: true}, OpenLegs: []string{"it listens on 10.0.0.1:1"}}}
		}, "open leg", "routes"},
		"the override":     {func(s *model.State) { s.Rules.Settings.DisablePublicIPTrafficEncryption = 1 }, "is turned off", "settings"},
		"nothing at first": {func(*model.State) {}, "Nothing needs attention. Next: add the machines", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := uitest.NewStage(t)
			state := s.State(t)
			test.edit(state)
			items := model.Attention(state)
			if len(items) != 1 || !strings.Contains(items[0].Text, test.want) || items[0].Page != test.page {
				t.Errorf("%+v, wanted %q leading to %q", items, test.want, test.page)
			}
		})
	}
}

func TestAComponentThatIsOfflineForNoKnownReasonIsSaidSo(t *testing.T) {
	s := uitest.NewStage(t)
	state := s.State(t)
	state.Components = []engine.ComponentStatus{{Component: engine.Component{Name: "tape-1"}}}
	if got := model.Attention(state)[0].Text; got != "tape-1 is offline." {
		t.Errorf("it is told as %q", got)
	}
}

func TestARefusedSessionNeedsAttentionUntilOneComesThrough(t *testing.T) {
	s := uitest.NewStage(t)
	state := s.State(t)
	state.Routes = []engine.RouteStatus{{Route: engine.Route{ID: "route", Name: "nightly"}}}
	last := uitest.Moment.Add(-time.Hour)
	state.Refusals = []engine.Receipt{uitest.EndedSession(engine.Sealed, engine.SessionRefused, last, 0), uitest.EndedSession(engine.Sealed, engine.SessionRefused, last.Add(-time.Hour), 0)}
	items := model.Attention(state)
	if len(items) != 1 || !strings.Contains(items[0].Text, "fileserver to vault over nightly was refused again and again (2 receipts in a day)") ||
		!strings.Contains(items[0].Text, "the backend does not answer") || items[0].Thing != string(state.Refusals[0].ID) {
		t.Errorf("it says %+v", items)
	}
	if got, want := model.StandingOf(state).Things, []string{"refused route source"}; !slices.Equal(got, want) {
		t.Errorf("its name is %q, want %q, so that each refusal is not told anew", got, want)
	}
	through := uitest.LiveSession(engine.Sealed)
	through.Route, through.Source, through.Began = "route", "source", last.Add(time.Minute)
	state.Sessions = []engine.Session{through}
	if items := model.Attention(state); len(items) != 1 || items[0].Kind != model.NeedNothing {
		t.Errorf("after one came through it says %+v", items)
	}
	state.Sessions, state.Routes = nil, nil
	if items := model.Attention(state); len(items) != 1 || items[0].Kind != model.NeedNothing {
		t.Errorf("of a route that is gone it says %+v", items)
	}
}

// TestAProblemOfAProviderLeadsToIt: the line of what needs attention opens the provider that it is about.
func TestAProblemOfAProviderLeadsToIt(t *testing.T) {
	provider := engine.ProviderStatus{Provider: engine.Provider{ID: engine.NewID(), Name: "cloud"}, Problem: "nobody answers"}
	needs := model.Attention(&model.State{Snapshot: engine.Snapshot{Providers: []engine.ProviderStatus{provider}}})
	if len(needs) != 1 || needs[0].Page != "providers" || needs[0].Thing != string(provider.ID) {
		t.Errorf("it leads to %+v", needs)
	}
}
