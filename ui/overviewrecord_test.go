package ui

import (
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

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
			s.looked.update(s.Preferences, state)
			s.Window.SetContent(page.Content())
			page.Update(state)
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
