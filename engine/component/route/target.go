package route

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
)

// backendTimeout bounds how long a target tries to connect to a backend, names and all addresses included.
const backendTimeout = 10 * time.Second

// Serve takes a flow at the target, whose source and open record are authentic. Only here is the backend dialled. server ends
// when the data port is closed.
func (f *Flows) Serve(server context.Context, s *live.Session, in *channel.Incoming) {
	open := in.Open()
	switch {
	case open.Service != s.Offer.Service:
		f.refuse(s, in, channel.ReasonUnknownService, nil)
		return
	case int(open.Streams) != s.Offer.Streams:
		f.refuse(s, in, channel.ReasonOther, fmt.Errorf("the session allows for %d streams at once, and the source for %d", s.Offer.Streams, open.Streams))
		return
	case open.Stream > 0:
		f.serveStream(server, s, in)
		return
	}
	joined, err := s.Begin()
	if err != nil {
		reason := channel.ReasonSessionOver
		if errors.Is(err, live.ErrManyFlows) || errors.Is(err, live.ErrBudget) {
			reason = channel.ReasonBusy
		}
		f.refuse(s, in, reason, err)
		return
	}
	joined.Number = open.Flow // the source's, so that both logs have the same
	flow := &Flow{Flow: joined, flows: f}
	defer context.AfterFunc(server, flow.Reset)()
	if s.Offer.Backend == "" {
		f.Test(flow, in)
		return
	}
	backend, err := f.dialBackend(flow, append(open.Via, s.ID))
	if err != nil {
		reason := channel.ReasonBackendUnreachable
		if errors.Is(err, machine.ErrBackendForbidden) {
			reason = channel.ReasonBackendForbidden
		}
		f.refuse(s, in, reason, err)
		flow.Close()
		return
	}
	defer backend.forget()
	if err := flow.Accept(in); err != nil {
		backend.end.Reset()
		s.Log.Debug("the source has gone", "reason", err.Error())
		flow.Close()
		return
	}
	flow.carry(backend.end)
}

// refuse tells the source why its flow is not carried, and the log, a few lines at a time.
func (f *Flows) refuse(s *live.Session, in *channel.Incoming, reason channel.Reason, why error) {
	detail := ""
	if why != nil {
		detail = why.Error()
	}
	_ = in.Refuse(reason, detail)
	if errors.Is(why, live.ErrNoNewFlow) {
		return // the source asks for a new session
	}
	if more, ok := f.Lines.Pass("refuse " + string(s.Offer.Route)); ok {
		s.Log.Warn("connection refused", "flow", in.Open().Flow, "reason", reason.String(), "detail", detail, "more since the last line", more)
	}
}

// dialBackend asks the allow-list anew, resolves the name anew, and dials only literal addresses that were checked.
func (f *Flows) dialBackend(flow *Flow, via []engine.ID) (*dialledBackend, error) {
	ctx, cancel := context.WithTimeout(flow.Context, backendTimeout)
	defer cancel()
	backend := flow.Session.Offer.Backend
	endpoints, err := f.Backends().Resolve(ctx, f.Network, backend)
	if err != nil {
		return nil, err
	}
	attempt := func(ctx context.Context, endpoint netip.AddrPort) (*dialledBackend, error) {
		return f.dials.dial(ctx, f.Network, endpoint, via)
	}
	discard := func(lost *dialledBackend) { lost.end.Reset(); lost.forget() }
	dialled, _, err := race(ctx, f.Clock, candidates{endpoints: endpoints}, attempt, discard)
	if err != nil {
		return nil, fmt.Errorf("the backend %s cannot be reached; check that it runs: %w", backend, err)
	}
	return dialled, nil
}
