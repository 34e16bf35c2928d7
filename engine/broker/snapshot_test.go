package broker

import (
	"math/rand/v2"
	"testing"

	"lockwire/engine"
	"lockwire/engine/session"
)

func TestLiveSessionsAreGivenOldestFirstWhateverCameAndWent(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	b := &Broker{sessions: map[engine.ID]*live{}, limited: map[string]int{}}
	end := &member{sessions: map[engine.ID]*live{}}
	var ids []engine.ID
	for range 200 {
		ids = append(ids, engine.NewID())
	}
	for range 2000 {
		id := ids[r.IntN(len(ids))]
		s := b.sessions[id]
		if s == nil {
			s = &live{shown: engine.Session{ID: id}, ends: [3]*member{session.Source: end, session.Target: end}}
			b.remember(s)
		} else {
			b.forget(s)
		}
		b.changed()
		given := b.Sessions()
		if len(given) != len(b.sessions) {
			t.Fatalf("%d sessions are given, %d live", len(given), len(b.sessions))
		}
		for i := range given {
			if b.sessions[given[i].ID] == nil || i > 0 && given[i-1].ID >= given[i].ID {
				t.Fatalf("session %d of %d is %s", i, len(given), given[i].ID)
			}
		}
	}
}
