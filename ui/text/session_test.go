package text

import (
	"testing"

	"lockwire/engine"
)

func TestASessionsStateSaysWhatIsNotAsItShouldBe(t *testing.T) {
	for want, s := range map[string]engine.Session{
		"live":                    {State: engine.SessionLive},
		"draining, stale":         {State: engine.SessionDraining, Stale: true},
		"live, 17 reset":          {State: engine.SessionLive, TurnedAway: 17},
		"live, stale, 1200 reset": {State: engine.SessionLive, Stale: true, TurnedAway: 1200},
	} {
		if got := SessionState(&s); got != want {
			t.Errorf("it is %q, wanted %q", got, want)
		}
	}
}
