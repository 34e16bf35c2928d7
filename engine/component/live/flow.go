package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"lockwire/engine"
	"lockwire/engine/pump"
	"lockwire/engine/session"
)

// Flow is one connection's part in a session. Close must be called once its channel's keys are dropped.
type Flow struct {
	Session *Session
	// Number is the same in the logs of both ends: the target takes the source's.
	Number uint64
	// Context ends when the flow is to be reset, and Reset ends it.
	Context context.Context
	Reset   context.CancelFunc
	// Share is its part of the process's budget.
	Share *Share
}

// ErrManyFlows: a session has as many flows as it may.
var ErrManyFlows = fmt.Errorf("the session carries %d connections, which is all that it takes at a time; let the tool open fewer", engine.MaximumFlows)

// ErrNoNewFlow: a session takes no flow any more. The next one must be asked for.
var ErrNoNewFlow = session.ErrNoNewFlow

// ErrEndedMeanwhile: the session ended while the flow was being opened. Nothing of the tool's was sent.
var ErrEndedMeanwhile = errors.New("the session ended before the connection was open")

// Begin lets a flow join. It returns ErrManyFlows, ErrBudget or ErrNoNewFlow where none is taken.
func (s *Session) Begin() (*Flow, error) {
	share, err := s.admit()
	if err != nil {
		return nil, err
	}
	if err := s.step(session.EndEvent{Kind: session.FlowBegins}); err != nil {
		share.End()
		return nil, err
	}
	f := &Flow{Session: s, Share: share}
	s.mu.Lock()
	s.nextFlow++
	f.Number = s.nextFlow
	s.mu.Unlock()
	f.Context, f.Reset = context.WithCancel(s.flows)
	return f, nil
}

// admit finds a place for a flow in the session and in the process's budget. Where there is none it counts that.
func (s *Session) admit() (*Share, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end.Flows() >= engine.MaximumFlows {
		s.turnedAway++
		return nil, ErrManyFlows
	}
	share, err := s.config.Budget.Begin(s.Offer.peerKey())
	if err != nil {
		s.turnedAway++
	}
	return share, err
}

// Path is how a source reached its target. The zero Path is a target's.
type Path struct {
	Endpoint netip.AddrPort // of the target
	Own      net.Addr       // of the source
	// Gateway is where the service provider's gateway was dialled, HOST:PORT; empty where the path leads through none.
	Gateway string
}

func (p *Path) endpoint() string {
	if p.Gateway != "" {
		return p.Gateway
	}
	if !p.Endpoint.IsValid() {
		return ""
	}
	return p.Endpoint.String()
}

// own is the source's address without its port.
func (p *Path) own() string {
	address, ok := p.Own.(*net.TCPAddr)
	if !ok {
		return ""
	}
	return engine.PlainAddress(address.AddrPort().Addr()).String()
}

// Opened notes that the flow's channel is open.
func (f *Flow) Opened(group string, path Path) {
	s := f.Session
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allFlows++
	s.group, s.path = group, path
}

// Carried notes with which error of the pump the flow has ended: what this end gave up by itself is counted.
func (f *Flow) Carried(err error) {
	s := f.Session
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noteBroken(err)
	switch {
	case errors.Is(err, pump.ErrHalfClosed):
		s.halfClosed++
	case errors.Is(err, pump.ErrDead):
		s.unanswered++
	}
}

// Failed notes why the flow did not open. Where the session has ended meanwhile, it gives ErrEndedMeanwhile with the session's reason.
func (f *Flow) Failed(err error) error {
	s := f.Session
	if cause := context.Cause(s.flows); cause != nil {
		return fmt.Errorf("%w: %w", ErrEndedMeanwhile, cause)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unopened = err
	return err
}

// Close ends the flow.
func (f *Flow) Close() {
	f.Reset()
	f.Share.End()
	f.unstripe()
	_ = f.Session.step(session.EndEvent{Kind: session.FlowCloses})
}

// Proven is where the target proved its key last; the zero endpoint before the first time.
func (s *Session) Proven() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proven
}

// Reached is where the last flow that opened reached the target: a gateway, where it leads through one. It is empty before the first one.
func (s *Session) Reached() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.path.endpoint()
}

// SetProven notes that the target proved its key at an endpoint, whatever becomes of the flow.
func (s *Session) SetProven(endpoint netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proven = endpoint
}

// neverOpened gives what kept every flow of the session out; nil where one opened, or none came.
func (s *Session) neverOpened() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.allFlows > 0 {
		return nil
	}
	return s.unopened
}
