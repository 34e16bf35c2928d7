package route

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"lockwire/engine/component/machine"
)

// attemptDelay is the time between the starts of two attempts, as RFC 8305 recommends.
const attemptDelay = 250 * time.Millisecond

// preferredWithin is how long the candidates after the preferred ones wait for these, from the start of the last of them.
const preferredWithin = 2 * time.Second

// candidates are endpoints that may lead to one peer, best first. The first ones are preferred: the others are a fall-back.
type candidates struct {
	endpoints []netip.AddrPort
	preferred int
}

// startingWith moves the endpoint that worked last to the front. One that is not preferred leaves no preferred ones: who fell back
// stays there.
func (c candidates) startingWith(last netip.AddrPort) candidates {
	at := slices.Index(c.endpoints, last)
	if at < 0 {
		return c
	}
	if at >= c.preferred {
		c.preferred = 0
	}
	c.endpoints = slices.Concat(c.endpoints[at:at+1], c.endpoints[:at], c.endpoints[at+1:])
	return c
}

// attempts are why none of several attempts succeeded.
type attempts []error

func (a attempts) Error() string {
	words := make([]string, len(a))
	for i, err := range a {
		words[i] = err.Error()
	}
	return strings.Join(words, "; ")
}

func (a attempts) Unwrap() []error { return a }

// race tries endpoints in order and gives the first that succeeds. The next attempt begins when the one before has failed,
// or attemptDelay after its start; the first one that is not preferred when all preferred ones have failed, or preferredWithin after
// the start of the last. Attempts that lose are cancelled and waited for; what they won at the last moment is
// given to discard. With no winner the error joins those of all attempts.
func race[T any](ctx context.Context, clock machine.Clock, c candidates, attempt func(context.Context, netip.AddrPort) (T, error), discard func(T)) (winner T, at netip.AddrPort, err error) {
	type outcome struct {
		value T
		at    netip.AddrPort
		err   error
	}
	if len(c.endpoints) == 1 && ctx.Err() == nil { // as most backends: nothing to race
		if winner, err = attempt(ctx, c.endpoints[0]); err == nil {
			return winner, c.endpoints[0], nil
		}
		return winner, at, failed(ctx, attempts{err})
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outcomes := make(chan outcome)
	endpoints := c.endpoints
	var failures attempts
	started, finished, won := 0, 0, false
	var lastStart time.Time
	start := func() {
		endpoint := endpoints[started]
		started, lastStart = started+1, clock.Now()
		go func() { // waited for by the count of finished
			value, err := attempt(ctx, endpoint)
			outcomes <- outcome{value, endpoint, err}
		}()
	}
	if len(endpoints) > 0 && ctx.Err() == nil {
		start()
	}
	for finished < started {
		var next <-chan time.Time
		stop := func() bool { return true }
		if !won && started < len(endpoints) && ctx.Err() == nil {
			due := lastStart.Add(attemptDelay)
			if started == c.preferred {
				due = lastStart.Add(preferredWithin)
			}
			timer := clock.NewTimer(due.Sub(clock.Now()))
			next, stop = timer.C(), timer.Stop
		}
		select {
		case <-next:
			start()
		case o := <-outcomes:
			finished++
			switch {
			case o.err != nil:
				failures = append(failures, o.err)
				awaited := started == c.preferred && finished < started
				if !won && started < len(endpoints) && ctx.Err() == nil && !awaited {
					start()
				}
			case won:
				discard(o.value)
			default:
				won, winner, at = true, o.value, o.at
				cancel()
			}
		}
		stop()
	}
	if won {
		return winner, at, nil
	}
	return winner, at, failed(ctx, failures)
}

// failed is the error of a race without a winner.
func failed(ctx context.Context, failures attempts) error {
	if cause := context.Cause(ctx); cause != nil {
		failures = append(failures, cause)
	}
	if len(failures) == 0 {
		return errors.New("there is no address")
	}
	return failures
}
