package network

import (
	"context"
	"errors"
	"net"
	"time"

	"lockwire/engine"
)

const (
	firstPause   = 5 * time.Millisecond
	longestPause = time.Second
)

// Acceptor accepts connections. Where the system fails for a while, such as for want of file descriptors, it pauses and tries
// again, from 5 ms up to a second, as net/http does.
type Acceptor struct {
	Listener net.Listener
	// Failed, which may be nil, is told of each failure that passes.
	Failed func(error)
	// Wait returns after d, or at once and false when ctx ends. The machine's clock counts where it is nil.
	Wait func(ctx context.Context, d time.Duration) bool

	pause time.Duration
}

// Accept returns the next connection. Its error is final: ctx has ended, or the listener is closed (net.ErrClosed).
func (a *Acceptor) Accept(ctx context.Context) (net.Conn, error) {
	for {
		conn, err := a.Listener.Accept()
		switch {
		case err == nil:
			a.pause = 0
			return conn, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, net.ErrClosed):
			return nil, err
		}
		if a.Failed != nil {
			a.Failed(err)
		}
		a.pause = min(max(2*a.pause, firstPause), longestPause)
		if !a.waits(ctx) {
			return nil, context.Cause(ctx)
		}
	}
}

func (a *Acceptor) waits(ctx context.Context) bool {
	if a.Wait != nil {
		return a.Wait(ctx, a.pause)
	}
	return engine.Pause(ctx, a.pause) == nil
}
