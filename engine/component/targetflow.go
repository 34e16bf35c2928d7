package component

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/machine"
	"lockwire/engine/pump"
	"lockwire/engine/session"
)

// backendTimeout bounds how long a target tries to connect to a backend, names and all addresses included.
const backendTimeout = 10 * time.Second

// serve takes a flow at the target, whose source and open record are authentic. Only here is the backend dialled.
func (s *liveSession) serve(server context.Context, in *channel.Incoming) {
	open := in.Open()
	switch {
	case open.Service != s.offer.service:
		s.refuse(in, channel.ReasonUnknownService, nil)
		return
	case open.Streams != 1:
		s.refuse(in, channel.ReasonOther, errors.New("this agent takes one stream for each connection"))
		return
	}
	if _, err := s.begin(); err != nil {
		reason := channel.ReasonSessionOver
		if errors.Is(err, errManyFlows) {
			reason = channel.ReasonBusy
		}
		s.refuse(in, reason, err)
		return
	}
	f := &flow{s: s, number: open.Flow} // the source's number, so that both logs have the same
	f.ctx, f.cancel = context.WithCancel(s.flows)
	defer context.AfterFunc(server, f.cancel)()
	if s.offer.backend == "" {
		s.sink(f, in)
		return
	}
	backend, err := s.dialBackend(f, append(open.Via, s.id))
	if err != nil {
		reason := channel.ReasonBackendUnreachable
		if errors.Is(err, machine.ErrBackendForbidden) {
			reason = channel.ReasonBackendForbidden
		}
		s.refuse(in, reason, err)
		f.close()
		return
	}
	if f.channel, err = in.Accept(); err != nil {
		backend.Reset()
		s.log.Debug("the source has gone", "reason", err.Error())
		f.close()
		return
	}
	s.opened(f.channel.Stats().Group, "")
	f.carry(backend)
}

// refuse tells the source why its flow is not carried, and the log, a few lines at a time.
func (s *liveSession) refuse(in *channel.Incoming, reason channel.Reason, why error) {
	detail := ""
	if why != nil {
		detail = why.Error()
	}
	_ = in.Refuse(reason, detail)
	if errors.Is(why, session.ErrNoNewFlow) {
		return // the source asks for a new session
	}
	if more, ok := s.a.c.logs.Pass("refuse " + string(s.offer.route)); ok {
		s.log.Warn("connection refused", "flow", in.Open().Flow, "reason", reason.String(), "detail", detail, "more since the last line", more)
	}
}

// dialBackend asks the allow-list anew, resolves the name anew, and dials only literal addresses that were checked.
func (s *liveSession) dialBackend(f *flow, via []engine.ID) (*pump.TCP, error) {
	ctx, cancel := context.WithTimeout(f.ctx, backendTimeout)
	defer cancel()
	network := s.a.c.config.Network
	endpoints, err := s.a.allowed().Resolve(ctx, network, s.offer.backend)
	if err != nil {
		return nil, err
	}
	dials := s.a.c.dials
	attempt := func(ctx context.Context, endpoint netip.AddrPort) (*dialledBackend, error) {
		return dials.dial(ctx, network, endpoint, via)
	}
	discard := func(lost *dialledBackend) { lost.end.Reset(); lost.forget() }
	backend, _, err := race(ctx, s.a.clock, endpoints, attempt, discard)
	if err != nil {
		return nil, fmt.Errorf("the backend %s cannot be reached; check that it runs: %w", s.offer.backend, err)
	}
	f.over = backend.forget
	return backend.end, nil
}
