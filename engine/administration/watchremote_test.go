package administration

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// pipedWatch is a broker's watch without a network, so that a test's clock can be a fake one. While it is cut nothing arrives.
type pipedWatch struct {
	wire.AdministrationClient
	local *Local
	cut   chan struct{}
}

func (p *pipedWatch) Watch(ctx context.Context, in *wire.Document, _ ...grpc.CallOption) (grpc.ServerStreamingClient[wire.WatchPart], error) {
	parts := make(chan *wire.WatchPart)
	sender := newWatchSender(func(part *wire.WatchPart) error {
		select {
		case <-p.cut:
			return nil // the network takes it, and it never arrives
		default:
		}
		select {
		case parts <- proto.Clone(part).(*wire.WatchPart):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	go p.local.watch(ctx, slowestWatch, sender.update, sender.beat)
	return &pipedParts{ctx: ctx, parts: parts}, nil
}

type pipedParts struct {
	grpc.ServerStreamingClient[wire.WatchPart]
	ctx   context.Context
	parts chan *wire.WatchPart
}

func (p *pipedParts) Recv() (*wire.WatchPart, error) {
	select {
	case part := <-p.parts:
		return part, nil
	case <-p.ctx.Done():
		return nil, p.ctx.Err()
	}
}

func TestAWatchThatHearsNothingForSixSecondsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := make(chan struct{})
		client := &Client{administration: &pipedWatch{local: New(Config{Broker: &quietBroker{}}, "test"), cut: cut}}
		time.AfterFunc(5*time.Minute+time.Second, func() { close(cut) })
		began, calls := time.Now(), 0
		// Its interval is a minute: only the heartbeats between two calls say that the broker is there. The third call takes long.
		err := client.Watch(t.Context(), slowestWatch, func(engine.Snapshot) error {
			if calls++; calls == 3 {
				time.Sleep(2 * silenceAfter)
			}
			return nil
		})
		if took := time.Since(began); !errors.Is(err, engine.ErrSilent) || took < 5*time.Minute+silenceAfter-heartbeatEvery || took > 5*time.Minute+silenceAfter+time.Second {
			t.Errorf("%v after %v", err, took)
		}
		if calls != 6 {
			t.Errorf("called %d times", calls)
		}
	})
}

func TestAWatchEndsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &Client{administration: &pipedWatch{local: New(Config{Broker: &quietBroker{}}, "test"), cut: make(chan struct{})}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		if err := client.Watch(ctx, time.Second, func(engine.Snapshot) error { return nil }); !errors.Is(err, context.Canceled) || errors.Is(err, engine.ErrSilent) {
			t.Error(err)
		}
	})
}
