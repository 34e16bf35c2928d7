package broker

import (
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

const (
	// A wait holds a session back where it takes so much of the time.
	mostly = 0.5
	partly = 0.4
	// A processor does where a session's flows take so much of the cores that they can use; or where a machine's cores are all in use
	// and the agent has a good part of the machine, or the session of the cores that it can use. Work of others beside which a
	// session takes next to nothing is not what it waits for.
	flowsBusy   = 0.8
	machineBusy = 0.95
	agentsPart  = 0.5
	flowsPart   = 0.1
	// newestShare is how much the last report counts against those before, so that what is shown does not jump.
	newestShare = 0.5
)

// sent and received are the two ways as an end sees them.
const (
	sent = iota
	received
)

// waits are the times that an end reports of one way, since the session's first flow.
type waits struct{ read, limit, write time.Duration }

func waitsOf(message *wire.Waits) waits {
	of := func(nanoseconds int64) time.Duration { return time.Duration(min(max(nanoseconds, 0), maximumCount)) }
	return waits{of(message.GetRead()), of(message.GetLimit()), of(message.GetWrite())}
}

// holdUps are shares of the time of late, 0 to 1.
type holdUps struct{ read, limit, write float64 }

// takeWaits takes what an end reports of its waits and of its processor. Before is what it had reported by then.
func (p *progress) takeWaits(stats *wire.SessionStats, before progress) {
	now := [2]waits{sent: waitsOf(stats.GetSent()), received: waitsOf(stats.GetReceived())}
	elapsed := p.at.Sub(before.at)
	if before.known && elapsed >= time.Second/5 {
		share := func(old float64, was, is time.Duration) float64 {
			newest := min(max((is-was).Seconds()/elapsed.Seconds(), 0), 1)
			return newestShare*newest + (1-newestShare)*old
		}
		for way := range now {
			held, was, is := &p.held[way], before.waits[way], now[way]
			held.read, held.limit, held.write = share(held.read, was.read, is.read), share(held.limit, was.limit, is.limit), share(held.write, was.write, is.write)
		}
		p.busy = newestShare*(p.cpu-before.cpu).Seconds()/elapsed.Seconds() + (1-newestShare)*p.busy
	}
	p.waits = now
}

// heldBack says what keeps a session from carrying more: of the way that counts, what its two ends wait for.
func (s *live) heldBack() engine.HeldBack {
	if !s.reported[session.Source].known || !s.reported[session.Target].known {
		return ""
	}
	sending, counts := s.countingWay()
	if !counts {
		return ""
	}
	receiving, gives, takes := session.Target, engine.HeldByTool, engine.HeldByBackend
	if sending == session.Target {
		receiving, gives, takes = session.Source, engine.HeldByBackend, engine.HeldByTool
	}
	from, to := s.reported[sending].held[sent], s.reported[receiving].held[received]
	switch {
	case from.limit >= partly:
		return engine.HeldByLimit
	case s.isBusy(sending) && from.read < mostly:
		return processorOf(sending)
	case s.isBusy(receiving) && from.read < mostly:
		return processorOf(receiving)
	case from.read >= mostly:
		return gives
	case to.write >= partly:
		return takes
	case from.write >= partly:
		return engine.HeldByNetwork
	}
	return ""
}

// countingWay gives the sending end of the way that carries more now, or of the one way that is pressed. A way that is not pressed and
// carries nothing is at rest: then nothing holds the session back. A receiver that takes bytes in spells lets nothing pass for seconds.
func (s *live) countingWay() (sending session.Side, counts bool) {
	toTarget, toSource := s.isPressed(session.Source, session.Target), s.isPressed(session.Target, session.Source)
	traffic := &s.shown.Traffic
	switch {
	case toTarget && !toSource:
		return session.Source, true
	case toSource && !toTarget:
		return session.Target, true
	case traffic.RateToSource > traffic.RateToTarget:
		return session.Target, true
	}
	return session.Source, toTarget || traffic.RateToTarget > 0
}

// isPressed tells whether bytes of a way wait most of the time to be handed over.
func (s *live) isPressed(sending, receiving session.Side) bool {
	from, to := s.reported[sending].held[sent], s.reported[receiving].held[received]
	return from.limit+from.write >= mostly || to.write >= mostly
}

func processorOf(side session.Side) engine.HeldBack {
	if side == session.Source {
		return engine.HeldBySourceCPU
	}
	return engine.HeldByTargetCPU
}

// isBusy tells whether the processor of an end can do no more for the session: its flows take the cores that they can use, one each, or
// the machine's cores are all in use and the agent's work is a good part of that.
func (s *live) isBusy(side session.Side) bool {
	p, m := &s.reported[side], s.ends[side]
	cores := len(m.load.Cores)
	usable := max(1, p.flows)
	if cores > 0 {
		usable = min(usable, cores)
	}
	if p.busy >= flowsBusy*float64(usable) {
		return true
	}
	return cores > 0 && m.load.Mean() >= machineBusy && (p.busy >= flowsPart*float64(usable) || m.load.Agent >= agentsPart*float64(cores))
}
