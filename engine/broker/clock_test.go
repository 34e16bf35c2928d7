package broker

import (
	"testing"
	"time"

	"lockwire/engine/wire"
)

func TestAClockThatIsOffIsToldWhileTheComponentIsAttached(t *testing.T) {
	for name, test := range map[string]struct{ ahead, want time.Duration }{
		"as good as right":   {50 * time.Second, 0},
		"ahead":              {3*time.Minute + 4*time.Second, 3 * time.Minute},
		"behind":             {-(2*time.Hour + 7*time.Second), -(2*time.Hour + 10*time.Second)},
		"behind by a little": {-59 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.pair()
				ahead := func() time.Duration {
					i.wait()
					for _, c := range i.broker.Components() {
						if c.ID == p.source.id {
							return c.ClockAhead
						}
					}
					t.Fatal("the component is not there")
					return 0
				}
				p.source.send(&wire.Up{Message: &wire.Up_Stats{Stats: &wire.Stats{Clock: time.Now().Add(test.ahead).UnixMilli()}}})
				if got := ahead(); got != test.want {
					t.Errorf("%s is told as %s, not %s", test.ahead, got, test.want)
				}
				p.source.send(&wire.Up{Message: &wire.Up_Stats{Stats: &wire.Stats{}}}) // an agent that does not say
				if got := ahead(); got != 0 {
					t.Errorf("%s is told of a clock that is not known", got)
				}
				p.source.send(&wire.Up{Message: &wire.Up_Stats{Stats: &wire.Stats{Clock: 1}}})
				p.source.connection.Close()
				if got := ahead(); got != 0 {
					t.Errorf("%s is told of one that is away", got)
				}
			})
		})
	}
}
