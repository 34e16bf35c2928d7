package broker

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// movingSession is a session of the test, as its ends know it.
type movingSession struct {
	id    []byte
	moved uint64
}

// What was moved today never falls within a day, whatever sessions and the broker do, and is what the sessions moved.
func TestWhatWasMovedTodayNeverFallsWithinADay(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				r := rand.New(rand.NewPCG(seed, 3))
				p := i.pair()
				i.write(func(tx engine.Transaction) error { return tx.PutSettings(engine.Settings{TimeZone: "UTC"}) })
				i.wait()
				var live []*movingSession
				var moved, shown uint64
				stats := func(s *movingSession) *wire.SessionStats {
					return &wire.SessionStats{Session: s.id, Flows: 1, AllFlows: 1, ToTarget: s.moved}
				}
				for step := range 60 {
					switch what := r.IntN(10); {
					case what < 2 && len(live) < 4:
						for _, end := range []*agent{p.source, p.target} {
							end.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: end.keys(1)}})
						}
						i.wait()
						s := &movingSession{id: p.live(), moved: 100} // as much as live reports
						live, moved = append(live, s), moved+100
					case what < 7 && len(live) > 0:
						s, more := live[r.IntN(len(live))], r.Uint64N(1<<30)
						s.moved, moved = s.moved+more, moved+more
						p.source.stats(stats(s))
					case what < 8 && len(live) > 0:
						last, more := len(live)-1, r.Uint64N(1<<20)
						live[last].moved, moved = live[last].moved+more, moved+more
						p.source.end(live[last].id, stats(live[last]))
						p.target.end(live[last].id, nil)
						live = live[:last]
					case what == 9:
						settle()
						i.stop()
						i.start()
						if now := i.broker.Today().All(); now < shown {
							t.Fatalf("step %d: started again it fell from %d to %d", step, shown, now)
						}
						var named [3][]*wire.LiveSession
						for _, s := range live {
							for _, side := range []wire.Side{wire.Side_SIDE_SOURCE, wire.Side_SIDE_TARGET} {
								named[side] = append(named[side], carries(s.id, side, s.moved))
							}
						}
						p.source.again("10.0.0.2", named[wire.Side_SIDE_SOURCE]...)
						p.target.again("10.0.0.3", named[wire.Side_SIDE_TARGET]...)
					}
					i.wait()
					now := i.broker.Today()
					if now.All() < shown || now.Sealed != 0 {
						t.Fatalf("step %d: it fell from %d to %+v", step, shown, now)
					}
					if now.All() != moved {
						t.Fatalf("step %d: %d were moved, and it says %d", step, moved, now.All())
					}
					shown = now.All()
				}
				if shown == 0 {
					t.Fatal("nothing was moved")
				}
				// The next day begins with nothing, and counts only what is moved then.
				i.broker.mu.Lock()
				i.broker.turnDay(time.Now().Add(24 * time.Hour))
				tomorrow := i.broker.today.All()
				i.broker.mu.Unlock()
				if tomorrow != 0 {
					t.Errorf("the next day begins with %d", tomorrow)
				}
			})
		})
	}
}

func TestWhatATestMovesIsNotCountedForTheDay(t *testing.T) {
	for _, test := range []bool{false, true} {
		b := &Broker{present: &configuration{}}
		s := &live{}
		s.shown.Test, s.shown.Decision.Mode, s.shown.Traffic.ToTarget = test, engine.Sealed, 1000
		b.countToday(s, time.Now())
		b.countToday(s, time.Now()) // reported once more
		if got := b.Today(); (got.Sealed == 0) != test || got.Sealed > 1000 || got.Plain != 0 {
			t.Errorf("test %v: %+v", test, got)
		}
	}
}
