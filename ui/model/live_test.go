package model

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
)

// A watch gives a snapshot each second, a little sooner or later, and more of them where something changes.
func TestWhatIsKeptOnceASecondIsKeptOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &restless{}
		live := NewLive(broker)
		ctx, cancel := context.WithCancel(t.Context())
		go live.Follow(ctx)
		time.Sleep(30*time.Second + time.Second/2)
		state := live.State()
		if kept := len(state.Past); kept < 29 || kept > 31 {
			t.Errorf("%d samples of 30 seconds", kept)
		}
		if kept := len(state.Trails.Of("x")); kept < 29 || kept > 31 {
			t.Errorf("%d rates of 30 seconds", kept)
		}
		cancel()
		synctest.Wait()
	})
}

// restless gives a snapshot about each second, and two more between because something changed.
type restless struct{ distantBroker }

func (b *restless) Watch(ctx context.Context, _ time.Duration, each func(engine.Snapshot) error) error {
	for {
		for _, pause := range []time.Duration{250, 249, 500, 253, 247, 499} {
			if err := each(engine.Snapshot{When: time.Now(), Sessions: []engine.Session{{ID: "x"}}}); err != nil {
				return err
			}
			select {
			case <-time.After(pause * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}
