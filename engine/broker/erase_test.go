package broker

import (
	"context"
	"testing"
	"time"
)

// The heap has slack while many sessions begin, and not for long afterwards.
func TestHeapHasSlackWhileManySessionsBegin(t *testing.T) {
	for name, c := range map[string]struct {
		seconds []uint64 // how many begin in each
		then    time.Duration
		want    bool
	}{
		"few":                  {[]uint64{manySessions - 1, manySessions - 1}, 0, false},
		"many":                 {[]uint64{manySessions}, 0, true},
		"many, and then few":   {[]uint64{manySessions, manySessions, 1}, 0, false},
		"few, and then many":   {[]uint64{1, manySessions}, 0, true},
		"many, and then none":  {[]uint64{manySessions}, slackFor, false},
		"none for a moment":    {[]uint64{manySessions}, slackFor / 2, true},
		"many after a silence": {[]uint64{manySessions, 0, 0, 0, manySessions}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				i := newInstallation(t)
				i.config.erase = func(context.Context) error { time.Sleep(time.Second - eraseAfter); return nil }
				b := must(New(t.Context(), i.config))
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan struct{})
				go func() { b.eraseWhenWanted(ctx); close(ended) }()
				for _, begin := range c.seconds {
					b.metrics.SessionsBegun.Add(begin)
					if begin > 0 {
						b.minted <- struct{}{}
					}
					time.Sleep(time.Second + time.Millisecond)
				}
				time.Sleep(c.then)
				stop()
				<-ended
				if b.slack.taken() != c.want {
					t.Errorf("it has slack: %v", !c.want)
				}
			})
		})
	}
}

// A collection takes the processor from the session whose key was just made, and from its ends on the same machine.
func TestCollectionLetsTheSessionBeginFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		collected := make(chan time.Time, 10)
		i.config.erase = func(context.Context) error { collected <- time.Now(); return nil }
		b := must(New(t.Context(), i.config))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { b.eraseWhenWanted(ctx); close(ended) }()
		time.Sleep(time.Minute)
		made := time.Now()
		b.minted <- struct{}{}
		if after := (<-collected).Sub(made); after != eraseAfter {
			t.Errorf("the first one begins %v after a key was made", after)
		}
		time.Sleep(time.Minute)
		if len(collected) > 0 {
			t.Error("there are more collections than keys")
		}
		stop()
		<-ended
	})
}
