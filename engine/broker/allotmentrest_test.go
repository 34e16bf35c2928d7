package broker

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Where ten thousand sessions are told their leases, the broker rests a while before it looks at them again. An edit, for which a
// person waits, is answered all the same; a change that a session makes waits for the rest to be over.
func TestAnEditDoesNotWaitUntilTheBrokerHasRestedFromTheLastAllotment(t *testing.T) {
	broker := must(New(t.Context(), newInstallation(t).config))
	synctest.Test(t, func(t *testing.T) {
		broker.allotted, broker.allottedNow = make(chan struct{}, 1), make(chan struct{}, 1)
		ctx, end := context.WithCancel(t.Context())
		var allotted atomic.Int32
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			broker.allotWhenWanted(ctx, func(time.Time) time.Duration { allotted.Add(1); return time.Hour })
		}()
		for _, step := range []struct {
			name string
			do   func()
			wait time.Duration
			want int32
		}{
			{"the first change", broker.wantAllotment, allotPause, 1},
			{"a change during the rest", broker.wantAllotment, time.Minute, 1},
			{"an edit during the rest", broker.allotNow, 0, 2},
			{"the rest is over", broker.wantAllotment, time.Hour, 3},
		} {
			step.do()
			time.Sleep(step.wait)
			synctest.Wait()
			if got := allotted.Load(); got != step.want {
				t.Errorf("%s: allotted %d times, want %d", step.name, got, step.want)
			}
		}
		end()
		<-ended
	})
}
