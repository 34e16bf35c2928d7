package route

import (
	"context"
	"errors"
	"sync"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/live"
	"lockwire/engine/stripe"
)

// striped are the flows at the target that further streams can join.
type striped struct {
	mu   sync.Mutex
	open map[flowKey]*joinable
}

// joinable is a flow from just before its source is told that it is open: a stream that comes at once waits until there is something
// to join.
type joinable struct {
	flow  *stripe.Flow
	ready chan struct{} // closed when flow is set, or never will be
}

type flowKey struct {
	session engine.ID
	flow    uint64
}

// expect has the streams of a flow wait until add or remove.
func (t *striped) expect(key flowKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = make(map[flowKey]*joinable)
	}
	t.open[key] = &joinable{ready: make(chan struct{})}
}

// add lets streams join a flow that was expected.
func (t *striped) add(key flowKey, f *stripe.Flow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if j := t.open[key]; j != nil {
		j.flow = f
		close(j.ready)
	}
}

func (t *striped) remove(key flowKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if j := t.open[key]; j != nil && j.flow == nil {
		close(j.ready)
	}
	delete(t.open, key)
}

// get waits for a flow that is expected, until ctx ends.
func (t *striped) get(ctx context.Context, key flowKey) (*stripe.Flow, error) {
	t.mu.Lock()
	j := t.open[key]
	t.mu.Unlock()
	if j == nil {
		return nil, errNoSuchFlow
	}
	select {
	case <-j.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if j.flow == nil {
		return nil, errNoSuchFlow
	}
	return j.flow, nil
}

// stripe makes the flow's channel the first of several streams, where the session allows for them.
func (f *Flow) stripe() {
	s := f.Session
	most := s.Offer.Streams
	o := stripe.Options{Most: most, Silence: f.flows.Silence, LongPath: f.flows.LongPath, Buffer: f.flows.Buffer, Budget: f.Share}
	if s.AtSource() {
		o.Open = func(ctx context.Context, number uint16) (stripe.Channel, error) {
			conn, _, err := f.flows.openChannel(ctx, s, channel.Open{Flow: f.Number, Stream: number, Streams: uint16(most), Service: s.Offer.Service})
			if err != nil {
				s.Log.Info("no further stream", "flow", f.Number, "stream", number, "reason", err.Error())
				return nil, err // not conn, which would be an interface that holds nil
			}
			conn.KeepAlive() // the pump sees the flow and not its streams
			return conn, nil
		}
	}
	f.channel.KeepAlive()
	f.streams = stripe.New(f.channel, o)
	f.flows.striped.add(f.key(), f.streams)
	f.Striped(func() (counts []live.StreamCounts) {
		alive, _ := f.streams.Streams()
		for _, c := range alive {
			counts = append(counts, live.StreamCounts(c))
		}
		return counts
	})
}

// unstripe ends all streams and waits until nothing of them runs.
func (f *Flow) unstripe() {
	f.streams.Reset() // nothing where they ended in order
	f.streams.Wait()
}

func (f *Flow) key() flowKey { return flowKey{f.Session.ID, f.Number} }

var errNoSuchFlow = errors.New("no connection of that number is open")

// serveStream takes a further stream of a flow, at the target, and returns when the stream is lost or the flow over.
func (f *Flows) serveStream(ctx context.Context, s *live.Session, in *channel.Incoming) {
	open := in.Open()
	flow, err := f.striped.get(ctx, flowKey{s.ID, open.Flow})
	var over <-chan struct{}
	if err == nil {
		over, err = flow.Admit(open.Stream, func() (stripe.Channel, error) {
			conn, err := in.Accept()
			if err != nil {
				return nil, err
			}
			return conn, nil
		})
	}
	if err != nil {
		f.refuse(s, in, channel.ReasonOther, err)
		return
	}
	<-over
}
