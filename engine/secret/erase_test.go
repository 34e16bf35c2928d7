package secret

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestEraseSharesCollections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var began []time.Duration
		c := newCollector(func() {
			began = append(began, time.Since(start))
			time.Sleep(100 * time.Millisecond) // a collection's length, in the bubble's time
		})
		done := make(chan time.Duration, 100)
		erase := func() {
			if err := c.erase(context.Background()); err != nil {
				t.Error(err)
			}
			done <- time.Since(start)
		}
		go erase() // begins at once
		synctest.Wait()
		for range 50 {
			go erase() // too late for the first collection, which has begun: they share the next
		}
		synctest.Wait()
		for i := range 51 {
			want := 100 * time.Millisecond
			if i > 0 {
				want += collectionInterval
			}
			if got := <-done; got != want {
				t.Errorf("call %d returned after %v; want %v", i, got, want)
			}
		}
		if len(began) != 2 || began[0] != 0 || began[1] != collectionInterval {
			t.Errorf("collections began at %v", began)
		}
	})
}

func TestEraseEndsWithItsContextAndAnotherOneLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		collections := 0
		c := newCollector(func() { collections++ })
		if err := c.erase(context.Background()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		left, stayed := make(chan error), make(chan error)
		go func() { left <- c.erase(ctx) }() // leads
		synctest.Wait()
		go func() { stayed <- c.erase(context.Background()) }() // follows
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("the leader: %v", err)
		}
		if err := <-stayed; err != nil {
			t.Errorf("the follower: %v", err)
		}
		if collections != 2 {
			t.Errorf("%d collections", collections)
		}
	})
}
