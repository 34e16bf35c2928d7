package host

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
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

// The ports that FreeAddress looks at lie below those that systems give to connections and to listeners that ask for any port,
// and above those of services: what is found free is not given to somebody else before it is used.
const (
	lowestFree = 16_384
	freePorts  = 4096
)

// nextFree is where the next look begins: one after the other, so that this process is given no port twice while it has not used it yet.
var nextFree atomic.Uint32

func init() { nextFree.Store(rand.Uint32N(freePorts)) }

// FreeAddress finds a free loopback address. Another program could take it before it is used; then listening fails.
func FreeAddress() (string, error) {
	for range freePorts {
		port := lowestFree + nextFree.Add(1)%freePorts
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return listener.Addr().String(), listener.Close()
		}
	}
	return "", fmt.Errorf("no port from %d to %d of this machine is free", lowestFree, lowestFree+freePorts-1)
}
