package component

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/network"
	"lockwire/engine/pump"
	"lockwire/engine/session"
)

// flow is one connection inside a session: the channel is open, and the other end is to be connected to it.
type flow struct {
	s       *liveSession
	number  uint64
	ctx     context.Context // ends when the flow is to be reset
	cancel  context.CancelFunc
	channel *channel.Conn
	over    func() // called once the flow is closed, where it is set
}

var (
	// errNotSameMachine: an offer took both ends for one machine, and the target did not prove itself on loopback.
	errNotSameMachine = errors.New("the target did not prove on loopback that both are one machine")
	// errTurnedAway: somebody at an endpoint ended the handshake. It may be the target, which does not know the session.
	errTurnedAway = errors.New("the target's key was not proven there")
	// errUnanswered: the target proved itself and ended the connection instead of answering, as it does with openings when the
	// session ends there. Nothing of the tool's was sent.
	errUnanswered = errors.New("the target ended the connection before it answered")
)

// endpointTimeout bounds the TCP connect with one endpoint; the handshake has its own bound.
const endpointTimeout = 5 * time.Second

// openFlow opens a channel for a new flow of a session, at the source. via are the sessions through which its connection came.
// ctx ends the tries.
func (s *liveSession) openFlow(ctx context.Context, via []engine.ID) (*flow, error) {
	if err := checkVia(via, s.id); err != nil {
		s.order(session.CutOrdered, err.Error())
		return nil, err
	}
	number, err := s.begin()
	if err != nil {
		return nil, err
	}
	f := &flow{s: s, number: number}
	f.ctx, f.cancel = context.WithCancel(s.flows)
	defer context.AfterFunc(ctx, f.cancel)()
	if f.channel, err = s.dial(f.ctx, number, via); err != nil {
		f.close()
		if cause := context.Cause(s.flows); cause != nil {
			err = cause
		} else {
			s.failed(err)
		}
		return nil, err
	}
	return f, nil
}

// dial finds the target and opens a channel to it. The endpoint that worked last is tried first.
func (s *liveSession) dial(ctx context.Context, number uint64, via []engine.ID) (*channel.Conn, error) {
	select {
	case s.opening <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-s.opening }()
	s.mu.Lock()
	endpoints := preferring(s.offer.endpoints, s.endpoint)
	s.mu.Unlock()
	proven, endpoint, err := race(ctx, s.a.clock, endpoints, s.prove, (*channel.Proven).Close)
	if err != nil {
		if s.offer.sameMachine && ctx.Err() == nil {
			return nil, fmt.Errorf("%w: %w", errNotSameMachine, err)
		}
		if more := s.offer.endpointsLeftOut; more > 0 {
			return nil, fmt.Errorf("the data port of %s was not reached at the likeliest %d of its %d addresses; start its agent with --advertise ADDR:PORT: %w",
				s.offer.peer, len(endpoints), len(endpoints)+int(more), err)
		}
		return nil, fmt.Errorf("the data port of %s was not reached: %w", s.offer.peer, err)
	}
	// The target dials the backend before it answers; how long that may take is its own bound, with room for the way.
	opening, cancel := context.WithTimeout(ctx, backendTimeout+channel.HandshakeTimeout)
	defer cancel()
	conn, err := proven.Open(opening, channel.Open{Flow: number, Stream: 0, Streams: 1, Service: s.offer.service, Via: via})
	var refused *channel.RefusedError
	switch {
	case err == nil:
	case errors.As(err, &refused), errors.Is(err, channel.ErrRefusedByTarget), errors.Is(err, channel.ErrRecord), opening.Err() != nil:
		return nil, err
	default:
		return nil, fmt.Errorf("%w: %w", errUnanswered, err)
	}
	s.opened(conn.Stats().Group, endpoint.String())
	return conn, nil
}

// prove connects to one endpoint and lets whoever is there prove the target's key.
func (s *liveSession) prove(ctx context.Context, endpoint netip.AddrPort) (*channel.Proven, error) {
	dialing, cancel := context.WithTimeout(ctx, endpointTimeout)
	defer cancel()
	conn, err := s.a.c.config.Network.Dial(dialing, endpoint.String())
	if err != nil {
		return nil, err
	}
	proven, err := channel.Handshake(ctx, conn, *s.channelSession())
	switch {
	case err == nil:
		return proven, nil
	case errors.Is(err, channel.ErrPeerKey), errors.Is(err, context.DeadlineExceeded), errors.Is(err, network.ConnectionTimedOut):
		return nil, err // somebody else's machine, or silence: neither says anything about the session
	default:
		return nil, fmt.Errorf("%w: %w", errTurnedAway, err)
	}
}

// remoteEnd is the channel as the pump takes it. In plain mode that is the bare connection, so that the kernel can splice.
func (f *flow) remoteEnd() (pump.End, error) {
	if conn, plain := f.channel.Plain(); plain {
		return pump.NewTCP(conn)
	}
	return f.channel, nil
}

// carry runs the flow between the local connection and the channel until it has ended. It takes local over.
func (f *flow) carry(local *pump.TCP) {
	defer f.close()
	remote, err := f.remoteEnd()
	if err != nil {
		local.Reset()
		f.s.log.Warn("connection reset", "flow", f.number, "reason", err.Error())
		return
	}
	result, err := pump.Run(f.ctx, local, remote, pump.Options{
		ToRemote: f.s.limiter.Flow(), Counters: &f.s.counters,
		Silence: f.s.a.c.config.Silence, HalfClosed: f.s.a.c.config.HalfClosed,
		LocalName: f.localName(local.RemoteAddr()), RemoteName: fmt.Sprintf("the agent of %s at %v", f.s.offer.peer, f.channel.RemoteAddr()),
	})
	if err == nil {
		f.channel.PlainEnded()
	}
	f.log(result, err)
}

// localName says for an error what stands at the local side.
func (f *flow) localName(address net.Addr) string {
	if f.s.side == session.Source {
		return fmt.Sprintf("the tool at %v", address)
	}
	return fmt.Sprintf("the backend at %v", address)
}

// log tells how the flow ended. That a program resets its connection is everyday life and no warning.
func (f *flow) log(result pump.Result, err error) {
	log := f.s.log.With("flow", f.number, "sent", result.ToRemote.Bytes, "received", result.ToLocal.Bytes)
	switch {
	case err == nil:
		log.Debug("connection ended")
	case errors.Is(err, channel.ErrRecord):
		log.Error("connection reset: a record was not authentic", "reason", err.Error())
	case errors.Is(err, pump.ErrDead), errors.Is(err, pump.ErrHalfClosed):
		if more, ok := f.s.a.c.logs.Pass("ended " + string(f.s.offer.route)); ok {
			log.Warn("connection reset", "reason", err.Error(), "more since the last line", more)
		}
	case errors.Is(err, pump.ErrCancelled):
		log.Info("connection reset", "reason", err.Error())
	default:
		log.Debug("connection reset", "reason", err.Error())
	}
}

// close drops the channel with its keys and lets the session know.
func (f *flow) close() {
	f.cancel()
	if f.channel != nil {
		f.channel.Reset() // nothing where it ended in order
		f.channel = nil
	}
	if f.over != nil {
		f.over()
	}
	f.s.flowCloses()
}

// tcpEnd makes an end of a pump of a connection, which must be TCP: the reset on which truncation depends needs it.
func tcpEnd(conn net.Conn) (*pump.TCP, error) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		_ = conn.Close()
		return nil, fmt.Errorf("a flow needs a TCP connection, not %T", conn)
	}
	return pump.NewTCP(tcp)
}
