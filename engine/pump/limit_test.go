package pump

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"
)

// permits is a Limiter that lets exactly the bytes pass that the test has granted: a clock of the test's own.
type permits struct {
	burst int

	mu      sync.Mutex
	changed *sync.Cond
	granted int
	passed  int
	largest int
	asked   chan struct{} // gets a value before each wait
}

func newPermits(burst int) *permits {
	p := &permits{burst: burst, asked: make(chan struct{}, 1<<16)}
	p.changed = sync.NewCond(&p.mu)
	return p
}

func (p *permits) Burst() int { return p.burst }

func (p *permits) Wait(ctx context.Context, n int) error {
	defer context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.changed.Broadcast()
	})()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.largest = max(p.largest, n)
	p.asked <- struct{}{}
	for p.passed+n > p.granted {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.changed.Wait()
	}
	p.passed += n
	return nil
}

func (p *permits) grant(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.granted += n
	p.changed.Broadcast()
}

func TestNoByteCrossesWithoutAPermit(t *testing.T) {
	const burst, turns = 10_000, 40
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			local, tool := kind.local(t)
			remote, backend := kind.remote(t)
			limit := newPermits(burst)
			var counters Counters
			done := start(t.Context(), local, remote, Options{ToRemote: limit, Counters: &counters})
			var sum []byte
			var work errgroup.Group
			work.Go(func() (err error) { sum, err = sendRandom(tool, burst*turns); return err })

			<-limit.asked // the first turn waits; nothing has been granted
			if n := counters.ToRemote.Load(); n != 0 {
				t.Fatalf("%d bytes crossed without a permit", n)
			}
			send(t, backend, "the other way is free")
			expect(t, tool, "the other way is free")

			hash := sha256.New()
			received := 0
			for received < burst*turns {
				limit.grant(burst)
				n, err := io.CopyN(hash, backend, 1)
				if err != nil {
					t.Fatal(err)
				}
				received += int(n)
				for allowed := limit.state(); received < allowed; {
					n, err := io.CopyN(hash, backend, int64(allowed-received))
					if received += int(n); err != nil {
						t.Fatal(err)
					}
				}
				if crossed, granted := counters.ToRemote.Load(), limit.total(); crossed > uint64(granted) {
					t.Fatalf("%d bytes crossed with permits for %d", crossed, granted)
				}
			}
			if err := work.Wait(); err != nil {
				t.Fatal(err)
			}
			backend.CloseWrite()
			if end := <-done; end.err != nil || end.ToRemote.Bytes != burst*turns {
				t.Errorf("ended %+v", end)
			}
			if !bytes.Equal(sum, hash.Sum(nil)) {
				t.Error("what arrived is not what was sent")
			}
			if limit.largest > burst {
				t.Errorf("a turn of %d bytes with a burst of %d", limit.largest, burst)
			}
		})
	}
}

// state is how many bytes have been let pass.
func (p *permits) state() int { p.mu.Lock(); defer p.mu.Unlock(); return p.passed }
func (p *permits) total() int { p.mu.Lock(); defer p.mu.Unlock(); return p.granted }

func TestCancelEndsAThrottledFlow(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			local, tool := kind.local(t)
			remote, _ := kind.remote(t)
			limit := newPermits(1000)
			done := start(ctx, local, remote, Options{ToRemote: limit})
			send(t, tool, "never arrives")
			<-limit.asked
			cancel()
			end := <-done
			if !errors.Is(end.err, ErrCancelled) || !errors.Is(end.err, context.Canceled) || end.ToRemote.Bytes != 0 {
				t.Errorf("ended %+v", end)
			}
		})
	}
}

func TestFailureOfOneDirectionEndsTheThrottledOther(t *testing.T) {
	local, tool := memoryPair(4096, 1024)
	remote, backend := memoryPair(4096, 1024)
	limit := newPermits(1000)
	done := start(t.Context(), local, remote, Options{ToRemote: limit})
	send(t, tool, "never arrives")
	<-limit.asked
	backend.cut()
	if end := <-done; !errors.Is(end.err, ErrTruncated) {
		t.Errorf("run: %v, want ErrTruncated", end.err)
	}
}

// A limiter that fails by itself breaks the flow instead of letting it run without a limit.
func TestFailingLimiterBreaksTheFlow(t *testing.T) {
	local, tool := memoryPair(4096, 1024)
	remote, _ := memoryPair(4096, 1024)
	why := errors.New("no such allotment")
	done := start(t.Context(), local, remote, Options{ToRemote: failing{why}})
	send(t, tool, "never arrives")
	if end := <-done; !errors.Is(end.err, ErrReset) || !errors.Is(end.err, why) || end.ToRemote.Bytes != 0 {
		t.Errorf("ended %+v", end)
	}
}

type failing struct{ err error }

func (failing) Burst() int                        { return 0 }
func (f failing) Wait(context.Context, int) error { return f.err }
