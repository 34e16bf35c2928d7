package broker

import (
	"context"
	"time"

	"lockwire/engine"
)

// eraseWhenWanted has the runtime erase what it copied of keys that were minted. The key itself is overwritten at once; what
// sealed it lies in memory that only a collection clears. One collection serves all keys of a second. It takes every idle core for
// some milliseconds, which the session needs that has just begun: so it begins eraseAfter later.
func (b *Broker) eraseWhenWanted(ctx context.Context) {
	for {
		var quiet <-chan time.Time
		if b.slack.taken() {
			quiet = time.After(slackFor)
		}
		select {
		case <-b.minted:
		case <-quiet:
			b.slack.release()
			continue
		case <-ctx.Done():
			return
		}
		if err := engine.Pause(ctx, eraseAfter); err != nil {
			return // the broker stops
		}
		if err := b.config.erase(ctx); err != nil {
			return // the broker stops
		}
		b.slack.adapt(b.metrics.SessionsBegun.Load())
	}
}

// eraseAfter is longer than a session takes from its key to its first byte.
const eraseAfter = 100 * time.Millisecond

const (
	// manySessions is how many must begin between two collections, a second, for the heap to get slack.
	manySessions = 100
	slackSize    = 32 << 20
	// slackFor is how long slack is kept after the last session has begun.
	slackFor = 2 * time.Second
)

// slack lets the heap of a broker with little to remember grow before it is collected. Each session leaves some garbage and next to nothing
// that stays, and the runtime collects when the heap has doubled: with 700 sessions a second it collected 60 times a second, which took a
// sixth of the processor. Slack counts for the runtime as memory that is in use. Nothing is ever written there, so that it takes none.
type slack struct {
	memory []byte
	begun  uint64 // sessions, when it was adapted last
}

func (s *slack) taken() bool { return s.memory != nil }

func (s *slack) release() { s.memory = nil }

// adapt takes slack or releases it, by how many sessions have begun since the last time.
func (s *slack) adapt(begun uint64) {
	many := begun-s.begun >= manySessions
	s.begun = begun
	switch {
	case !many:
		s.release()
	case !s.taken():
		s.memory = make([]byte, slackSize)
	}
}
