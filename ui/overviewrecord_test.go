package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

// endedSession is a receipt of a stage's route.
func endedSession(mode engine.Mode, state engine.SessionState, ended time.Time, bytes uint64) engine.Receipt {
	r := engine.Receipt{ID: engine.NewID(), Route: "route", RouteName: "nightly", Source: "source", SourceName: "fileserver", Target: "target", TargetName: "vault",
		Began: ended.Add(-time.Minute), Ended: ended, State: state, Reason: "the backend does not answer"}
	r.Decision.Mode, r.Traffic.ToTarget = mode, bytes
	return r
}

func (s *stage) record(t *testing.T, receipts ...engine.Receipt) {
	t.Helper()
	if err := s.local.Store.Write(t.Context(), func(tx engine.Transaction) error {
		for _, r := range receipts {
			if err := tx.InsertReceipt(r); err != nil {
				return err
			}
		}
		return tx.AppendAudit(engine.AuditEntry{When: testMoment.Add(-time.Hour), Who: "somebody", What: "rule.edit", Thing: "Nightly"})
	}); err != nil {
		t.Fatal(err)
	}
}

func TestOverviewSaysWhatHappenedWhileNoWindowWasOpen(t *testing.T) {
	const gb = 1_000_000_000
	for name, c := range map[string]struct {
		before time.Time // zero: never
		want   []string  // nil: nothing is said
	}{
		"a night":                   {testMoment.Add(-10 * time.Hour), []string{"3 sessions ended, 2 sealed (3.00 GB), 1 plain (1.00 GB)", "1 refused", "1 change"}},
		"after all that":            {testMoment.Add(-20 * time.Minute), []string{"no session ended; none was refused; nothing was changed"}},
		"closed and opened again":   {testMoment.Add(-time.Minute), nil},
		"never seen":                {time.Time{}, nil},
		"a clock that was set back": {testMoment.Add(time.Hour), nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.record(t, endedSession(engine.Sealed, engine.SessionEnded, testMoment.Add(-2*time.Hour), gb), endedSession(engine.Sealed, engine.SessionEnded, testMoment.Add(-time.Hour), 2*gb),
				endedSession(engine.Plain, engine.SessionEnded, testMoment.Add(-time.Hour), gb), endedSession(engine.Plain, engine.SessionRefused, testMoment.Add(-time.Hour), 0),
				endedSession(engine.Sealed, engine.SessionEnded, testMoment.Add(-30*time.Hour), gb))
			state := s.state(t)
			state.Installation.ID = "installation"
			if !c.before.IsZero() {
				(&lastLook{}).update(s.Preferences, &State{Snapshot: engine.Snapshot{When: c.before}, Installation: state.Installation})
			}
			page := NewOverviewPage(s.Console)
			shell := NewShell(s.Console, page)
			s.Window.SetContent(shell.Content())
			shell.Update(state)
			words := textOf(page.Content())
			if c.want == nil && strings.Contains(words, "no window was open") {
				t.Errorf("it says %q", words)
			}
			for _, want := range c.want {
				if !strings.Contains(words, want) {
					t.Errorf("%q is not in %q", want, words)
				}
			}
			if c.want != nil {
				press(t, s.Window, "Done")
				if strings.Contains(textOf(page.Content()), "no window was open") {
					t.Error("it stays after it was read")
				}
			}
		})
	}
}

func TestThatSomebodyLooksIsKeptNowAndThen(t *testing.T) {
	s := newStage(t)
	state := s.state(t)
	state.Installation.ID = "installation"
	var look lastLook
	at := func(moment time.Time) string {
		state.When = moment
		look.update(s.Preferences, state)
		return s.Preferences.String("looked.installation")
	}
	first := at(testMoment)
	if again := at(testMoment.Add(lookEvery / 2)); again != first {
		t.Errorf("kept anew after half of %v", lookEvery)
	}
	if later := at(testMoment.Add(lookEvery)); later == first {
		t.Errorf("not kept anew after %v", lookEvery)
	}
	if !look.away.IsZero() {
		t.Errorf("who looks was away since %v", look.away)
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
