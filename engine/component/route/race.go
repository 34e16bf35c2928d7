package route

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"lockwire/engine/component/machine"
)

// attemptDelay is the time between the starts of two attempts, as RFC 8305 recommends.
const attemptDelay = 250 * time.Millisecond

// race tries endpoints in order and gives the first that succeeds. The next attempt begins when the one before has failed,
// or attemptDelay after its start. Attempts that lose are cancelled and waited for; what they won at the last moment is
// given to discard. With no winner the error joins those of all attempts.
func race[T any](ctx context.Context, clock machine.Clock, endpoints []netip.AddrPort, attempt func(context.Context, netip.AddrPort) (T, error), discard func(T)) (winner T, at netip.AddrPort, err error) {
	type outcome struct {
		value T
		at    netip.AddrPort
		err   error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outcomes := make(chan outcome)
	var failures []error
	started, finished, won := 0, 0, false
	start := func() {
		endpoint := endpoints[started]
		started++
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
			timer := clock.NewTimer(attemptDelay)
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
				if !won && started < len(endpoints) && ctx.Err() == nil {
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
	if cause := context.Cause(ctx); cause != nil {
		failures = append(failures, cause)
	}
	return winner, at, errors.Join(failures...)
}

// preferring moves the endpoint that worked last to the front.
func preferring(endpoints []netip.AddrPort, first string) []netip.AddrPort {
	at := slices.IndexFunc(endpoints, func(e netip.AddrPort) bool { return e.String() == first })
	if at <= 0 {
		return endpoints
	}
	return slices.Concat(endpoints[at:at+1], endpoints[:at], endpoints[at+1:])
}
