package route

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine/component/machine"
)

// fakeAttempts says when each endpoint answers, and how.
type fakeAttempt struct {
	after time.Duration
	fails bool
}

func TestRaceStartsAttemptsApartAndTheFirstProvenWins(t *testing.T) {
	endpoint := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 6171)
	}
	for _, test := range []struct {
		name     string
		attempts []fakeAttempt
		winner   int // -1: none
		took     time.Duration
		started  []time.Duration
		// preferred is how many of the attempts, the first ones, are to preferred endpoints.
		preferred int
	}{
		{"the first answers at once", []fakeAttempt{{time.Millisecond, false}, {0, false}}, 0, time.Millisecond, []time.Duration{0}, 0},
		{"a slow first loses", []fakeAttempt{{time.Second, false}, {10 * time.Millisecond, false}}, 1, 260 * time.Millisecond, []time.Duration{0, 250 * time.Millisecond}, 0},
		{"a slow first still wins", []fakeAttempt{{300 * time.Millisecond, false}, {time.Second, false}}, 0, 300 * time.Millisecond, []time.Duration{0, 250 * time.Millisecond}, 0},
		{"a failure starts the next at once", []fakeAttempt{{10 * time.Millisecond, true}, {10 * time.Millisecond, false}}, 1, 20 * time.Millisecond, []time.Duration{0, 10 * time.Millisecond}, 0},
		{"all fail", []fakeAttempt{{10 * time.Millisecond, true}, {10 * time.Millisecond, true}}, -1, 20 * time.Millisecond, []time.Duration{0, 10 * time.Millisecond}, 0},
		{"a late failure ends it", []fakeAttempt{{time.Second, true}, {10 * time.Millisecond, true}}, -1, time.Second, []time.Duration{0, 250 * time.Millisecond}, 0},
		{"there is none", nil, -1, 0, nil, 0},
		{"a slow preferred one is waited for", []fakeAttempt{{time.Second, false}, {0, false}}, 0, time.Second, []time.Duration{0}, 1},
		{"one that says nothing is waited for no longer", []fakeAttempt{{time.Minute, false}, {0, false}}, 1, 2 * time.Second, []time.Duration{0, 2 * time.Second}, 1},
		{"all that are preferred fail first", []fakeAttempt{{time.Second, true}, {10 * time.Millisecond, true}, {0, false}}, 2, time.Second,
			[]time.Duration{0, 250 * time.Millisecond, time.Second}, 2},
		{"nothing but preferred ones", []fakeAttempt{{time.Second, true}, {10 * time.Millisecond, true}}, -1, time.Second, []time.Duration{0, 250 * time.Millisecond}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				var endpoints []netip.AddrPort
				for i := range test.attempts {
					endpoints = append(endpoints, endpoint(i))
				}
				var mu sync.Mutex
				var started []time.Duration
				attempt := func(ctx context.Context, at netip.AddrPort) (int, error) {
					i := slices.Index(endpoints, at)
					mu.Lock()
					started = append(started, time.Since(begin))
					mu.Unlock()
					select {
					case <-time.After(test.attempts[i].after):
					case <-ctx.Done():
						return 0, ctx.Err()
					}
					if test.attempts[i].fails {
						return 0, fmt.Errorf("attempt %d", i)
					}
					return i, nil
				}
				winner, at, err := race(t.Context(), machine.SystemClock{}, candidates{endpoints, test.preferred}, attempt, func(int) {})
				if took := time.Since(begin); took != test.took || !slices.Equal(started, test.started) {
					t.Errorf("took %v, attempts began at %v", took, started)
				}
				switch {
				case test.winner < 0:
					for i := range test.attempts {
						if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("attempt %d", i)) {
							t.Errorf("the error is %v", err)
						}
					}
				case err != nil || winner != test.winner || at != endpoint(winner):
					t.Errorf("winner %d at %v, %v", winner, at, err)
				}
			})
		})
	}
}

func TestRaceDiscardsWhatWinsTooLateAndEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		endpoints := []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:1"), netip.MustParseAddrPort("10.0.0.2:1")}
		var discarded []int
		winner, _, err := race(t.Context(), machine.SystemClock{}, candidates{endpoints: endpoints}, func(_ context.Context, at netip.AddrPort) (int, error) {
			if at == endpoints[0] {
				<-time.After(time.Second) // deaf to its context: the race must wait for it
				return 1, nil
			}
			return 2, nil
		}, func(value int) { discarded = append(discarded, value) })
		if winner != 2 || err != nil || !slices.Equal(discarded, []int{1}) {
			t.Errorf("winner %d, %v, discarded %v", winner, err, discarded)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("the flow was cut")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Millisecond, func() { cancel(cause) })
		_, _, err := race(ctx, machine.SystemClock{}, candidates{endpoints: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:1"), netip.MustParseAddrPort("10.0.0.2:1")}},
			func(ctx context.Context, _ netip.AddrPort) (int, error) { <-ctx.Done(); return 0, ctx.Err() }, func(int) {})
		if !errors.Is(err, cause) {
			t.Errorf("got %v", err)
		}
	})
}

func TestEndpointThatWorkedLastIsTriedFirst(t *testing.T) {
	all := []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:1"), netip.MustParseAddrPort("10.0.0.2:1"), netip.MustParseAddrPort("10.0.0.3:1")}
	tests := []struct {
		preferred     int
		last          netip.AddrPort
		want          []netip.AddrPort
		wantPreferred int
	}{
		{0, all[1], []netip.AddrPort{all[1], all[0], all[2]}, 0},
		{0, netip.AddrPort{}, all, 0},
		{2, all[1], []netip.AddrPort{all[1], all[0], all[2]}, 2},
		{2, all[2], []netip.AddrPort{all[2], all[0], all[1]}, 0}, // the session fell back, and stays there
		{2, netip.MustParseAddrPort("10.0.0.9:1"), all, 2},
	}
	for _, test := range tests {
		if got := (candidates{all, test.preferred}).startingWith(test.last); !slices.Equal(got.endpoints, test.want) || got.preferred != test.wantPreferred {
			t.Errorf("%d preferred, last %v: %+v", test.preferred, test.last, got)
		}
	}
}
