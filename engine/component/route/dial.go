package route

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
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
	return &Flow{Flow: joined, config: &f.Config, channel: conn}, nil
}

// dial finds the target and opens a channel to it. The endpoint that worked last is tried first.
func (f *Flows) dial(joined *live.Flow, via []engine.ID) (*channel.Conn, error) {
	done, err := joined.AwaitOpening()
	if err != nil {
		return nil, err
	}
	defer done()
	ctx, s := joined.Context, joined.Session
	tried := candidates{s.Offer.Endpoints, s.Offer.PreferredEndpoints}.startingWith(s.LastEndpoint())
	prove := func(ctx context.Context, endpoint netip.AddrPort) (*channel.Proven, error) {
		return f.prove(ctx, s, endpoint)
	}
	proven, endpoint, err := race(ctx, f.Clock, tried, prove, (*channel.Proven).Close)
	if err != nil {
		return nil, notReached(s.Offer, len(tried.endpoints), err, ctx.Err() == nil)
	}
	// The target dials the backend before it answers; how long that may take is its own bound, with room for the way.
	opening, cancel := context.WithTimeout(ctx, backendTimeout+channel.HandshakeTimeout)
	defer cancel()
	began := f.Clock.Now()
	conn, err := proven.Open(opening, channel.Open{Flow: joined.Number, Stream: 0, Streams: 1, Service: s.Offer.Service, Via: via})
	var refused *channel.RefusedError
	switch {
	case err == nil:
	case errors.As(err, &refused), errors.Is(err, channel.ErrRefusedByTarget), errors.Is(err, channel.ErrRecord), opening.Err() != nil:
		return nil, err
	default:
		return nil, fmt.Errorf("%w: %w", errUnanswered, err)
	}
	s.Log.Debug("connection opened", "flow", joined.Number, "endpoint", endpoint, "open", f.Clock.Now().Sub(began))
	joined.Opened(conn.Stats().Group, live.Path{Endpoint: endpoint, Own: conn.NetConn().LocalAddr()})
	return conn, nil
}

// notReached says why no endpoint proved to be the target. tried tells that all of them had their time.
func notReached(o *live.Offer, count int, err error, tried bool) error {
	if o.SameMachine && tried {
		return fmt.Errorf("%w: %w", ErrNotSameMachine, err)
	}
	if more := o.EndpointsLeftOut; more > 0 {
		return fmt.Errorf("the data port of %s was not reached at the likeliest %d of its %d addresses; start its agent with --advertise ADDR:PORT: %w",
			o.Peer, count, count+int(more), err)
	}
	if o.PreferredEndpoints > 0 && o.PreferredEndpoints == len(o.Endpoints) {
		return fmt.Errorf("the data port of %s was not reached in a preferred network, and the broker named no other address (lockwired networks show): %w", o.Peer, err)
	}
	return fmt.Errorf("the data port of %s was not reached: %w", o.Peer, err)
}

// prove connects to one endpoint and lets whoever is there prove the target's key.
func (f *Flows) prove(ctx context.Context, s *live.Session, endpoint netip.AddrPort) (*channel.Proven, error) {
	dialing, cancel := context.WithTimeout(ctx, endpointTimeout)
	defer cancel()
	began := f.Clock.Now()
	conn, err := f.Network.Dial(dialing, endpoint.String())
	if err != nil {
		return nil, notConnected(endpoint, err)
	}
	dialled := f.Clock.Now()
	proven, err := channel.Handshake(ctx, conn, *s.Handshake())
	switch {
	case err == nil:
		s.Log.Debug("target proven", "endpoint", endpoint, "dial", dialled.Sub(began), "handshake", f.Clock.Now().Sub(dialled))
		return proven, nil
	case errors.Is(err, channel.ErrPeerKey), errors.Is(err, context.DeadlineExceeded), errors.Is(err, network.ConnectionTimedOut):
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
