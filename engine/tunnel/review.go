package tunnel

import (
	"context"

	"golang.org/x/sync/errgroup"

	"lockwire/engine"
)

// reviewAtOnce is how many questions of a review are open at once: thousands of sessions are asked about within seconds.
const reviewAtOnce = 64

// Review asks the broker again about all that it has allowed, and ends what it does not allow any more. It is for the time after the broker
// was away: what was cut meanwhile was not heard of here. It fails where the broker gives no answer.
func (g *Gateway) Review(ctx context.Context) error {
	sessions, keys := g.holders.kept()
	asking, within := errgroup.WithContext(ctx)
	asking.SetLimit(reviewAtOnce)
	for session, of := range sessions {
		for _, key := range of {
			asking.Go(func() error {
				return g.askAgain(within, key, Session(session), func() { g.holders.cutOf(session, key) })
			})
		}
	}
	if err := asking.Wait(); err != nil {
		return err
	}
	asking, within = errgroup.WithContext(ctx)
	asking.SetLimit(reviewAtOnce)
	for _, key := range keys { // once it is known which of its sessions go on
		asking.Go(func() error {
			return g.askAgain(within, key, Broker(), func() { g.holders.cutUnknown(key) })
		})
	}
	return asking.Wait()
}

func (g *Gateway) askAgain(ctx context.Context, key engine.KeyID, to Destination, cut func()) error {
	verdict, err := g.config.Authorise(ctx, key, to)
	if err == nil && !verdict.Allowed {
		cut()
	}
	return err
}
