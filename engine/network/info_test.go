package network

import (
	"testing"
	"time"
)

func TestSilenceIsTheTimeWithoutAnAcknowledgementOfWhatWasSent(t *testing.T) {
	type seen struct {
		at   int // seconds
		info Info
		want int
	}
	second := time.Second
	waits := func(acknowledged uint64, since int) Info {
		return Info{Unacknowledged: true, Acknowledged: acknowledged, SinceAcknowledged: time.Duration(since) * second}
	}
	for name, observations := range map[string][]seen{
		"nothing was sent":                                {{0, Info{SinceAcknowledged: 1000 * second}, 0}, {100, Info{SinceAcknowledged: 1100 * second}, 0}},
		"the peer vanishes in mid-transfer":               {{0, waits(7, 0), 0}, {30, waits(7, 30), 30}, {61, waits(7, 61), 61}},
		"something is sent after an hour of quiet":        {{3600, waits(7, 3600), 0}, {3605, waits(7, 3605), 5}},
		"a slow receiver's system answers":                {{0, waits(7, 0), 0}, {60, waits(7, 3), 3}, {120, waits(7, 2), 2}},
		"a probe of a closed window is answered":          {{0, waits(7, 100), 0}, {5, Info{SinceAcknowledged: 4 * second}, 0}, {100, waits(7, 99), 0}},
		"acknowledged between two observations, and anew": {{0, waits(7, 0), 0}, {59, waits(7, 59), 59}, {61, waits(8, 1), 0}, {62, waits(8, 2), 1}},
		"the system tells no times":                       {{0, waits(7, -1), 0}, {59, waits(7, -1), 59}, {70, waits(9, -1), 0}, {131, waits(9, -1), 61}},
	} {
		t.Run(name, func(t *testing.T) {
			var s Silence
			start := time.Unix(1_000_000, 0)
			for _, o := range observations {
				if got := s.Observe(start.Add(time.Duration(o.at)*second), o.info); got != time.Duration(o.want)*second {
					t.Errorf("after %d s: silent for %v, want %d s", o.at, got, o.want)
				}
			}
		})
	}
}
