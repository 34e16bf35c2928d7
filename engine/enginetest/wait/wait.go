// Package wait waits in tests for a state, and never for a time.
package wait

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// A condition is looked at again after firstPoll, then less and less often: each look may start a program, and others wait too.
const (
	firstPoll = 20 * time.Millisecond
	lastPoll  = 500 * time.Millisecond
)

// errHopeless: what is missing will never come.
var errHopeless = errors.New("there is nothing to wait for")

// Hopeless is what a look reports where what is missing will never come.
func Hopeless(format string, arguments ...any) error {
	return fmt.Errorf("%w: %s", errHopeless, fmt.Sprintf(format, arguments...))
}

// Until waits until look finds nothing missing. When time is up, or it is hopeless, the test fails with what was missing last.
func Until(t testing.TB, within time.Duration, what string, look func() error) {
	t.Helper()
	began := time.Now()
	pause := firstPoll
	again := time.NewTimer(pause)
	defer again.Stop()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	for {
		missing := look()
		if missing == nil {
			return
		}
		if errors.Is(missing, errHopeless) {
			t.Fatalf("%s: %v", what, missing)
		}
		select {
		case <-again.C:
			pause = min(pause*5/4, lastPoll)
			again.Reset(pause)
		case <-deadline.C:
			t.Fatalf("%s: not within %v: %v", what, time.Since(began).Round(time.Millisecond), missing)
		case <-t.Context().Done():
			t.Fatalf("%s: the test ended first: %v", what, missing)
		}
	}
}
