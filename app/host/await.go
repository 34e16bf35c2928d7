package host

import (
	"context"
	"fmt"
	"net"
	"time"
)

// askEvery is how often Await asks.
const askEvery = 20 * time.Millisecond

// Await polls until there reports true, for at most within. An error of there ends it; if ctx is done first, it returns the cause.
func Await(ctx context.Context, within time.Duration, what string, there func() (bool, error)) error {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		if ok, err := there(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, context.Cause(ctx))
		case <-late.C:
			return fmt.Errorf("%s did not come within %v", what, within)
		case <-tick.C:
		}
	}
}

// FreeAddress finds a free loopback address. Another program could take it before it is used; then listening fails.
func FreeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
