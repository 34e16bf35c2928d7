package channel

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"lockwire/engine/channel/admission"
)

func TestFoundingRace(t *testing.T) {
	t.Run("of three endpoints", func(t *testing.T) {
		p := newPair(t, nil)
		s := serve(t, Server{Lookup: p.lookup})
		way, err := p.source.Secret.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var proven [3]*Proven
		var racing sync.WaitGroup
		for i := range proven {
			conn := s.dial(t)
			racing.Go(func() {
				var err error
				if proven[i], err = Handshake(context.Background(), conn, p.source); err != nil {
					t.Error(err)
				}
			})
		}
		racing.Wait()
		go func() { _, _ = (<-s.incoming).Accept() }()
		c, err := proven[1].Open(context.Background(), openOf(1))
		if err != nil {
			t.Fatal(err)
		}
		way.Done(nil)
		proven[0].Close()
		proven[2].Close()
		c.Reset()
		for range 2 {
			<-s.refused // the losers
		}
		s.join(t, p, 2)
		p.chain(t)
	})
	t.Run("an answer is lost", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			base := newFlow(t, nil)
			base.joins = true
			lost := base.again()
			lost.runCutting(t, 1, func(second *memoryConn, written []byte) [][]byte {
				if isHandshake(written) {
					return [][]byte{written}
				}
				second.out.finish(syscall.ECONNRESET)
				return nil
			})
			if lost.delivered == nil || !errors.Is(lost.dialled, ErrTruncated) {
				t.Fatalf("%v", lost.dialled)
			}
			again := base.again()
			again.run(t, 2)
			if !again.whole() || len(base.p.target.Secret.target.chains) != 2 {
				t.Fatalf("founding again: %v", again.dialled)
			}
			base.mustJoin(t, 3)
			base.p.chain(t)
		})
	})
	t.Run("the source is dead before open", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			base := newFlow(t, nil)
			base.joins = true
			dead := base.again()
			dead.fromSource = func(written []byte) [][]byte {
				if isHandshake(written) {
					return [][]byte{written}
				}
				return nil
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			dead.ctx = ctx
			dead.run(t, 1)
			if dead.delivered != nil || dead.dialled == nil || len(base.p.target.Secret.target.chains) != 0 {
				t.Fatalf("%v", dead.dialled)
			}
			base.mustJoin(t, 2)
			base.mustJoin(t, 3)
			base.p.chain(t)
		})
	})
	t.Run("an old open comes late", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			base := newFlow(t, nil)
			base.joins = true
			// The first founding's open is held back, and its end, too.
			first, second := newMemoryPair(nil, nil)
			_ = second.SetLinger(0)
			late := make(chan *Incoming, 1)
			server := Server{Lookup: base.p.lookup, Handle: func(ctx context.Context, in *Incoming) { late <- in; <-ctx.Done() }}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var serving sync.WaitGroup
			serving.Go(func() { server.serve(ctx, second, admission.New(admission.DefaultBounds())) })
			proven, err := Handshake(context.Background(), first, base.p.source)
			if err != nil {
				t.Fatal(err)
			}
			base.mustJoin(t, 2) // founds, too
			request, err := openOf(1).marshal()
			if err != nil {
				t.Fatal(err)
			}
			if err := proven.conn.put(typeOpen, request); err != nil {
				t.Fatal(err)
			}
			in := <-late
			if len(base.p.target.Secret.target.chains) != 2 {
				t.Fatalf("%d chains", len(base.p.target.Secret.target.chains))
			}
			base.mustJoin(t, 3)
			if base.p.chain(t).id != base.p.source.Secret.source.chain.id {
				t.Error("the ends hold different chains")
			}
			if _, err := in.Accept(); err != nil {
				t.Errorf("the late flow is the source's all the same: %v", err)
			}
			proven.Close()
			cancel()
			serving.Wait()
			base.mustJoin(t, 4)
		})
	})
}
