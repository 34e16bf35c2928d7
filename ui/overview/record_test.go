package overview

import (
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestOverviewSaysWhatHappenedWhileNoWindowWasOpen(t *testing.T) {
	const gb = 1_000_000_000
	for name, c := range map[string]struct {
		before time.Time // zero: never
		want   []string  // nil: nothing is said
	}{
		"a night":                   {uitest.Moment.Add(-10 * time.Hour), []string{"3 sessions ended, 2 sealed (3.00 GB), 1 plain (1.00 GB)", "1 refused", "1 change"}},
		"after all that":            {uitest.Moment.Add(-20 * time.Minute), []string{"no session ended; none was refused; nothing was changed"}},
		"closed and opened again":   {uitest.Moment.Add(-time.Minute), nil},
		"never seen":                {time.Time{}, nil},
		"a clock that was set back": {uitest.Moment.Add(time.Hour), nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := uitest.NewStage(t)
			s.Record(t, uitest.EndedSession(engine.Sealed, engine.SessionEnded, uitest.Moment.Add(-2*time.Hour), gb), uitest.EndedSession(engine.Sealed, engine.SessionEnded, uitest.Moment.Add(-time.Hour), 2*gb),
				uitest.EndedSession(engine.Plain, engine.SessionEnded, uitest.Moment.Add(-time.Hour), gb), uitest.EndedSession(engine.Plain, engine.SessionRefused, uitest.Moment.Add(-time.Hour), 0),
				uitest.EndedSession(engine.Sealed, engine.SessionEnded, uitest.Moment.Add(-30*time.Hour), gb))
			state := s.State(t)
			state.Installation.ID = "installation"
			if !c.before.IsZero() {
				(&model.LastLook{}).Update(s.Preferences, &model.State{Snapshot: engine.Snapshot{When: c.before}, Installation: state.Installation})
			}
			page := New(s.Console)
			s.Looked.Update(s.Preferences, state)
			s.Window.SetContent(page.Content())
			page.Update(state)
			words := screen.Text(page.Content())
			if c.want == nil && strings.Contains(words, "no window was open") {
				t.Errorf("it says %q", words)
			}
			for _, want := range c.want {
				if !strings.Contains(words, want) {
					t.Errorf("%q is not in %q", want, words)
				}
			}
			if c.want != nil {
				screen.Press(t, s.Window, "Done")
				if strings.Contains(screen.Text(page.Content()), "no window was open") {
					t.Error("it stays after it was read")
				}
			}
		})
	}
}
