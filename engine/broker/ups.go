package broker

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"time"

	"lockwire/engine"
	"lockwire/engine/broker/recorder"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

const (
	maximumReason    = 1024 // bytes of a reason that a component gives
	maximumCores     = 4096
	maximumListeners = 4096
)

// take carries out one message of an attached component. An error means that the message is not as the protocol says.
func (b *Broker) take(ctx context.Context, a *attachment, up *wire.Up) error {
	switch message := up.GetMessage().(type) {
	case *wire.Up_Report:
		report, err := message.Report.Engine()
		if err != nil {
			return err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if a.member.attachment == a {
			b.reported(a.member, report, a.from)
		}
	case *wire.Up_OneTimeKeys:
		keys, err := parseOneTimeKeys(message.OneTimeKeys)
		if err != nil {
			return err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if message.OneTimeKeys.GetGeneration() == a.generation {
			a.refill(keys)
		}
	case *wire.Up_SessionRequest:
		return b.requested(ctx, a, message.SessionRequest)
	case *wire.Up_OfferAnswer:
		event := session.Event{Kind: session.EndReady}
		if !message.OfferAnswer.GetReady() {
			event = session.Event{Kind: session.EndRefused, Reason: reasonText(message.OfferAnswer.GetReason())}
		}
		return b.eventFrom(a, message.OfferAnswer.GetSession(), event)
	case *wire.Up_Stats:
		return b.stats(a, message.Stats)
	case *wire.Up_KeyDestroyed:
		destroyed := message.KeyDestroyed
		return b.eventFrom(a, destroyed.GetSession(), session.Event{
			Kind: session.KeyDestroyed, At: wire.Time(destroyed.GetWhen()), Erasure: erasure(destroyed.GetProven()),
		})
	case *wire.Up_SessionEnded:
		return b.ended(a, message.SessionEnded)
	case *wire.Up_ListenerStates:
		return b.listenerStates(a, message.ListenerStates)
	case *wire.Up_ProbeResult:
		b.mu.Lock()
		defer b.mu.Unlock()
		if result, waiting := a.probes[message.ProbeResult.GetProbe()]; waiting {
			delete(a.probes, message.ProbeResult.GetProbe())
			result <- message.ProbeResult
		}
	case *wire.Up_TransferResult:
		b.mu.Lock()
		defer b.mu.Unlock()
		if t, waiting := a.transfers[message.TransferResult.GetTransfer()]; waiting {
			delete(a.transfers, message.TransferResult.GetTransfer())
			t.result <- message.TransferResult
		}
	case *wire.Up_Hello:
		return fmt.Errorf("%w: a second hello", wire.ErrMalformed)
	}
	return nil // a message of a newer agent, which this broker does not know
}

func erasure(proven bool) engine.Erasure {
	if proven {
		return engine.ErasureProven
	}
	return engine.ErasureReleased
}

// reasonText bounds words that come from a component.
func reasonText(text string) string {
	if text == "" {
		return "the component gave no reason"
	}
	if len(text) > maximumReason {
		text = text[:maximumReason]
	}
	return engine.Printable(text)
}

func addressText(address netip.Addr) string {
	if !address.IsValid() {
		return ""
	}
	return address.String()
}

// reported takes over what a component says of itself, and has decisions made anew where it can change them. b.mu is held.
func (b *Broker) reported(m *member, report engine.Report, from netip.Addr) {
	changes := m.SeenFrom != from || !reflect.DeepEqual(m.Report, report)
	m.Report, m.SeenFrom, m.LastSeen = report, from, time.Now()
	b.record.Component(m.ID, recorder.Sighting{Report: report, SeenFrom: from, LastSeen: m.LastSeen})
	if changes {
		b.names = nil
		b.wantReconsideration()
	}
	b.changed()
}

// eventFrom feeds an event that a component sent into one of its sessions. Late news of a session that is over is ignored.
func (b *Broker) eventFrom(a *attachment, id []byte, event session.Event) error {
	sessionID, err := wire.ParseID(id)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := a.member.sessions[sessionID]; s != nil && a.member.attachment == a {
		event.End = s.sideOf(a.member)
		b.step(s, event)
	}
	return nil
}

// stats takes the report of a second.
func (b *Broker) stats(a *attachment, stats *wire.Stats) error {
	if len(stats.GetSessions()) > wire.MaximumLiveSessions || len(stats.GetCores()) > maximumCores {
		return fmt.Errorf("%w: too many entries in the stats", wire.ErrMalformed)
	}
	load := engine.Load{Cores: make([]float64, 0, len(stats.GetCores())), Agent: bounded(stats.GetAgent(), maximumCores), Memory: stats.GetMemory()}
	for _, core := range stats.GetCores() {
		load.Cores = append(load.Cores, bounded(core, 1))
	}
	costs, err := wire.Costs(stats.GetCosts())
	if err != nil {
		return err
	}
	for i := range costs {
		costs[i].Origin = engine.MeasuredLive
	}
	load.Costs = costs
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.member.attachment != a {
		return nil
	}
	a.member.load = load
	for _, one := range stats.GetSessions() {
		id, err := wire.ParseID(one.GetSession())
		if err != nil {
			return err
		}
		if s := a.member.sessions[id]; s != nil {
			b.count(s, s.sideOf(a.member), one, now)
		}
	}
	b.moved()
	return nil
}

func bounded(value, most float64) float64 {
	if math.IsNaN(value) || value < 0 {
		return 0
	}
	return min(value, most)
}

// ended takes the report that a session is over at one end. It is acknowledged in every case, or the component would repeat
// it for ever; for one that the broker knows, after what it says is committed.
func (b *Broker) ended(a *attachment, message *wire.SessionEnded) error {
	id, err := wire.ParseID(message.GetSession())
	if err != nil {
		return err
	}
	event := session.Event{Kind: session.EndEnded, Reason: reasonText(message.GetReason())}
	if destroyed := wire.Time(message.GetDestroyed()); !destroyed.IsZero() {
		event.At, event.Erasure = destroyed, erasure(message.GetProven())
	}
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.member.attachment != a {
		return nil
	}
	s := a.member.sessions[id]
	if s == nil {
		// Its receipt is written, or about to be: the report crossed the acknowledgement. Or the broker never got to record it.
		b.acknowledge(a.member, id)
		return nil
	}
	event.End = s.sideOf(a.member)
	if message.GetStats() != nil {
		b.count(s, event.End, message.GetStats(), now)
	}
	if !b.step(s, event) {
		b.acknowledge(a.member, id) // it says what cannot be, and would say it again
	}
	return nil
}

// acknowledge lets a component forget a session. b.mu is held.
func (b *Broker) acknowledge(m *member, id engine.ID) {
	b.send(m, &wire.Down{Message: &wire.Down_EndedAcknowledged{EndedAcknowledged: &wire.EndedAcknowledged{Session: wire.IDBytes(id)}}})
}

// listenerStates takes how routes fare on a source.
func (b *Broker) listenerStates(a *attachment, message *wire.ListenerStates) error {
	if len(message.GetStates()) > maximumListeners {
		return fmt.Errorf("%w: the states of %d listeners", wire.ErrMalformed, len(message.GetStates()))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.member.attachment != a {
		return nil
	}
	for _, state := range message.GetStates() {
		route, err := wire.ParseID(state.GetRoute())
		if err != nil {
			return err
		}
		if b.present.routes[route] == nil {
			continue
		}
		listener := engine.Listener{State: engine.ListenerUp}
		if !state.GetListening() {
			listener = engine.Listener{State: engine.ListenerFailed, Problem: reasonText(state.GetProblem())}
		}
		a.member.listeners[route] = listener
	}
	b.changed()
	return nil
}
