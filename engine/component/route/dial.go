package route

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/live"
	"lockwire/engine/network"
)

var (
	// ErrNotSameMachine: an offer took both ends for one machine, and the target did not prove itself on loopback.
	ErrNotSameMachine = errors.New("the target did not prove on loopback that both are one machine")
	// errTurnedAway: somebody at an endpoint ended the handshake. It may be the target, which does not know the session.
	errTurnedAway = errors.New("the target's key was not proven there")
	// errUnanswered: the target proved itself and ended the connection instead of answering, as it does with openings when the
	// session ends there. Nothing of the tool's was sent.
	errUnanswered = errors.New("the target ended the connection before it answered")
)

// endpointTimeout bounds the TCP connect with one endpoint; the handshake has its own bound.
const endpointTimeout = 5 * time.Second

// Open opens a channel for a flow that has joined its session, at the source. via are the sessions through which its connection
// came. ctx ends the tries. Where it fails the flow is closed.
func (f *Flows) Open(ctx context.Context, joined *live.Flow, via []engine.ID) (*Flow, error) {
	s := joined.Session
	if err := checkVia(via, s.ID); err != nil {
		s.Cut(err.Error())
		joined.Close()
		return nil, err
	}
	defer context.AfterFunc(ctx, joined.Reset)()
	conn, err := f.dial(joined, via)
	if err != nil {
		joined.Close()
		return nil, joined.Failed(err)
	}
	return &Flow{Flow: joined, flows: f, channel: conn}, nil
}

// dial opens the first channel of a flow.
func (f *Flows) dial(joined *live.Flow, via []engine.ID) (*channel.Conn, error) {
	s := joined.Session
	conn, endpoint, err := f.openChannel(joined.Context, s, channel.Open{Flow: joined.Number, Streams: uint16(s.Offer.Streams), Service: s.Offer.Service, Via: via})
	if err != nil {
		return nil, err
	}
	joined.Opened(conn.Stats().Group, live.Path{Endpoint: endpoint, Own: conn.NetConn().LocalAddr(), Gateway: gatewayOf(conn.NetConn())})
	return conn, nil
}

// openChannel opens a channel to the target, a flow's first or another of its streams: it founds the session's chain where there is
// none, or joins it. A join without an answer is tried again where there is another way then; the target accepts the flow's number once, whichever way it comes.
func (f *Flows) openChannel(ctx context.Context, s *live.Session, open channel.Open) (*channel.Conn, netip.AddrPort, error) {
	for {
		way, err := s.Channel.Secret.Next(ctx)
		if err != nil {
			return nil, netip.AddrPort{}, err
		}
		var conn *channel.Conn
		var endpoint netip.AddrPort
		again := false
		if way.Founds() {
			conn, endpoint, err = f.found(ctx, s, open)
			again = way.Done(shared(ctx, err)) && (errors.Is(err, errUnanswered) || errors.Is(err, channel.ErrNoSession))
		} else {
			conn, endpoint, err = f.join(ctx, s, way, open)
			again = errors.Is(err, errUnanswered) && way.Failed()
		}
		if err == nil || !again {
			return conn, endpoint, err
		}
	}
}

// shared is the failure of a founding for the flows that waited for it: nil where it failed for its own flow's sake.
func shared(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// found lets an endpoint prove the target's key and opens the session's first channel there. The endpoint that worked last is tried
// first.
func (f *Flows) found(ctx context.Context, s *live.Session, open channel.Open) (*channel.Conn, netip.AddrPort, error) {
	if s.Offer.Tunnel {
		return f.foundThrough(ctx, s, open)
	}
	tried := candidates{s.Offer.Endpoints, s.Offer.PreferredEndpoints}.startingWith(s.Proven())
	prove := func(ctx context.Context, endpoint netip.AddrPort) (*channel.Proven, error) {
		return f.prove(ctx, s, endpoint)
	}
	proven, endpoint, err := race(ctx, f.Clock, tried, prove, (*channel.Proven).Close)
	if err != nil {
		if s.Offer.SameMachine && ctx.Err() == nil { // all of them had their time
			return nil, endpoint, fmt.Errorf("%w: %w", ErrNotSameMachine, err)
		}
		return nil, endpoint, notReached(s.Offer, len(tried.endpoints), err)
	}
	s.SetProven(endpoint)
	opening, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	began := f.Clock.Now()
	conn, err := proven.Open(opening, open)
	if err == nil {
		s.Log.Debug("connection opened", "flow", open.Flow, "endpoint", endpoint, "open", f.Clock.Now().Sub(began))
	}
	return conn, endpoint, answerError(opening, err)
}

// join opens a channel over a connection that an earlier flow has left, or at the endpoint that was proven, and, where that is not
// reached within preferredWithin, at another one. That may be somebody else's: whoever does not have the session's secret cannot answer.
func (f *Flows) join(ctx context.Context, s *live.Session, way channel.Way, open channel.Open) (*channel.Conn, netip.AddrPort, error) {
	if s.Offer.Tunnel {
		return f.joinThrough(ctx, s, way, open)
	}
	proven := s.Proven()
	began := f.Clock.Now()
	if kept, err := channel.JoinKept(ctx, s.Channel, way, open, proven); !errors.Is(err, channel.ErrNoneKept) {
		if err == nil {
			f.logJoined(ctx, s, open, proven, began, began)
		}
		return kept, proven, answerError(ctx, err)
	} else if errors.Is(err, channel.ErrUnanswered) {
		s.Log.Debug("a kept connection is given up", "flow", open.Flow, "endpoint", proven, "reason", err.Error())
	}
	tried := candidates{s.Offer.Endpoints, 0}.startingWith(proven)
	tried.preferred = 1
	conn, endpoint, err := f.connectAny(ctx, tried)
	if err != nil {
		return nil, endpoint, notReached(s.Offer, len(tried.endpoints), err)
	}
	dialled := f.Clock.Now()
	opened, err := channel.Join(ctx, conn, s.Channel, way, open)
	if err == nil {
		f.logJoined(ctx, s, open, endpoint, began, dialled)
	}
	if err == nil && endpoint != proven {
		s.SetProven(endpoint)
	}
	return opened, endpoint, answerError(ctx, err)
}

// logJoined says what a join took. Over a connection that was kept nothing is dialled.
func (f *Flows) logJoined(ctx context.Context, s *live.Session, open channel.Open, endpoint netip.AddrPort, began, dialled time.Time) {
	if s.Log.Enabled(ctx, slog.LevelDebug) { // before anything is made for the line
		s.Log.Debug("connection joined", "flow", open.Flow, "endpoint", endpoint, "dial", dialled.Sub(began), "open", f.Clock.Now().Sub(dialled))
	}
}

// answerTimeout is how long a source waits for the answer to its open behind a handshake: the target dials the backend before it
// answers, which has a bound of its own, with room for the way.
const answerTimeout = backendTimeout + channel.HandshakeTimeout

// answerError marks the failure of an opening of which the answer did not come because somebody ended the connection.
func answerError(opening context.Context, err error) error {
	var refused *channel.RefusedError
	switch {
	case err == nil, errors.As(err, &refused), errors.Is(err, channel.ErrRefusedByTarget), errors.Is(err, channel.ErrRecord),
		errors.Is(err, channel.ErrNoSession), errors.Is(err, os.ErrDeadlineExceeded), opening.Err() != nil:
		return err
	}
	return fmt.Errorf("%w: %w", errUnanswered, err)
}

// notReached says why no endpoint proved to be the target.
func notReached(o *live.Offer, count int, err error) error {
	if more := o.EndpointsLeftOut; more > 0 {
		return fmt.Errorf("the data port of %s was not reached at the likeliest %d of its %d addresses; start its agent with --advertise ADDR:PORT: %w",
			o.Peer, count, count+int(more), err)
	}
	if o.PreferredEndpoints > 0 && o.PreferredEndpoints == len(o.Endpoints) {
		return fmt.Errorf("the data port of %s was not reached in a preferred network, and the broker named no other address (lockwired networks show): %w", o.Peer, err)
	}
	return fmt.Errorf("the data port of %s was not reached: %w", o.Peer, err)
}

// connectAny connects to the first endpoint that answers. Where there is but one, as mostly, there is no race to pay for.
func (f *Flows) connectAny(ctx context.Context, tried candidates) (conn net.Conn, endpoint netip.AddrPort, err error) {
	if len(tried.endpoints) == 1 {
		conn, err = f.connect(ctx, tried.endpoints[0])
		return conn, tried.endpoints[0], err
	}
	return race(ctx, f.Clock, tried, f.connect, func(lost net.Conn) { _ = lost.Close() })
}

// connect connects to one endpoint.
func (f *Flows) connect(ctx context.Context, endpoint netip.AddrPort) (net.Conn, error) {
	dialing, cancel := context.WithTimeout(ctx, endpointTimeout)
	defer cancel()
	conn, err := f.Network.Dial(dialing, endpoint.String())
	if err != nil {
		return nil, notConnected(endpoint, err)
	}
	return conn, nil
}

// prove connects to one endpoint and lets whoever is there prove the target's key.
func (f *Flows) prove(ctx context.Context, s *live.Session, endpoint netip.AddrPort) (*channel.Proven, error) {
	began := f.Clock.Now()
	conn, err := f.connect(ctx, endpoint)
	if err != nil {
		return nil, err
	}
	dialled := f.Clock.Now()
	proven, err := channel.Handshake(ctx, conn, s.Channel)
	switch {
	case err == nil:
		s.Log.Debug("target proven", "endpoint", endpoint, "dial", dialled.Sub(began), "handshake", f.Clock.Now().Sub(dialled))
		return proven, nil
	case errors.Is(err, channel.ErrPeerKey), errors.Is(err, channel.ErrNoSession), errors.Is(err, context.DeadlineExceeded), errors.Is(err, network.ConnectionTimedOut):
		return nil, fmt.Errorf("%v: %w", endpoint, err) // somebody else's machine, or silence: neither says anything about the session
	default:
		return nil, fmt.Errorf("%v: %w: %w", endpoint, errTurnedAway, err)
	}
}

// notConnected says in words why there is no connection with an endpoint.
func notConnected(endpoint netip.AddrPort, err error) error {
	var timeout net.Error
	words := ""
	switch {
	case errors.Is(err, network.ConnectionRefused):
		words = "nothing listens there"
	case errors.Is(err, network.NetworkUnreachable), errors.Is(err, network.HostUnreachable):
		words = "there is no network path"
	case errors.As(err, &timeout) && timeout.Timeout():
		words = "it did not answer; a firewall may drop the port"
	default:
		return fmt.Errorf("%v: %w", endpoint, err)
	}
	return &connectError{fmt.Sprintf("%v: %s", endpoint, words), err}
}

// connectError says in words what the system says of a connection.
type connectError struct {
	words string
	err   error
}

func (e *connectError) Error() string { return e.words }
func (e *connectError) Unwrap() error { return e.err }
