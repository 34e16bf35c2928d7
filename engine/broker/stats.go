package broker

import (
	"fmt"
	"math"
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

const (
	maximumCores = 4096
	// maximumCount keeps what components report within what any database can hold.
	maximumCount     = 1 << 62
	maximumGroupName = 64
)

// takeStats takes the report of a second.
func (b *Broker) takeStats(a *attachment, stats *wire.Stats) error {
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
	if a.member.Tenant == "" {
		a.member.load, a.member.clockAhead = load, clockAhead(stats.GetClock(), b.config.Now())
	}
	for _, one := range stats.GetSessions() {
		leases, err := inForceIn(one)
		if err != nil {
			return err
		}
		id, err := wire.ParseID(one.GetSession())
		if err != nil {
			return err
		}
		if s := a.member.sessions[id]; s != nil {
			side := s.sideOf(a.member)
			b.obeyed(s, side, leases)
			b.stillObeys(s, side, leases, now)
			b.count(s, side, one, now)
		}
	}
	b.moved()
	return nil
}

// clockAhead is by how much a component's clock, in milliseconds, is ahead of the broker's: 0 below engine.ClockTold, and otherwise rounded,
// so that what the message took on its way does not show.
func clockAhead(component int64, now time.Time) time.Duration {
	if component <= 0 {
		return 0
	}
	ahead := time.UnixMilli(component).Sub(now)
	if ahead.Abs() < engine.ClockTold {
		return 0
	}
	return ahead.Round(10 * time.Second)
}

func bounded(value, most float64) float64 {
	if math.IsNaN(value) || value < 0 {
		return 0
	}
	return min(value, most)
}

// count takes one end's report of a session. Its counters never go back. b.mu is held.
func (b *Broker) count(s *live, side session.Side, stats *wire.SessionStats, now time.Time) {
	p := &s.reported[side]
	before := *p
	p.known, p.at, p.flows = true, now, int(min(stats.GetFlows(), 1<<24))
	p.allFlows = max(p.allFlows, min(stats.GetAllFlows(), maximumCount))
	p.toTarget = max(p.toTarget, min(stats.GetToTarget(), maximumCount))
	p.toSource = max(p.toSource, min(stats.GetToSource(), maximumCount))
	p.cpu = max(p.cpu, time.Duration(min(stats.GetCpuNanoseconds(), maximumCount)))
	p.waiting, p.receivesWaiting = stats.GetWaiting(), stats.GetReceivesWaiting()
	for _, sending := range s.keeps(side) {
		b.measure(s, sending, before, *p, p.waitsFor(sending, side))
	}
	p.takeWaits(stats, before)
	s.shown.HeldBack = s.heldBack()
	b.countResets(s, stats)
	if group := stats.GetGroup(); group != "" && len(group) <= maximumGroupName {
		s.shown.Group = reasonText(group)
	}
	switch {
	case side == session.Target:
		s.shown.Traffic.TargetCPU = p.cpu
	case s.shown.Tenant == "":
		b.takePath(s, stats)
		b.takeStreams(s, stats.GetStreams(), now.Sub(before.at))
		s.shown.Traffic.SourceCPU = p.cpu
	}
	if s.counts(side) {
		s.shown.Flows, s.shown.AllFlows = p.flows, p.allFlows
		if turnedAway := min(stats.GetTurnedAway(), maximumCount); turnedAway > s.shown.TurnedAway {
			s.shown.TurnedAway = turnedAway
			b.changed()
		}
		received := s.shown.Traffic.ToTarget
		s.shown.Traffic.ToTarget, s.shown.Traffic.ToSource = p.toTarget, p.toSource
		if s.shown.Tenant != "" && p.toTarget > received {
			b.spend(s, p.toTarget-received)
		}
		if elapsed := now.Sub(before.at); before.known && elapsed >= time.Second/5 {
			s.shown.Traffic.RateToTarget = perSecond(p.toTarget-before.toTarget, elapsed)
			s.shown.Traffic.RateToSource = perSecond(p.toSource-before.toSource, elapsed)
		}
	}
	b.countToday(s, now)
	if p.allFlows > 0 || p.flows > 0 {
		b.used(s)
	}
}

// counts tells whether what an end says of the bytes counts. The source is where the backup tool is, and the target's word counts only while
// there is none of it; but a tenant does not say itself what it has used.
func (s *live) counts(side session.Side) bool {
	if s.shown.Tenant != "" {
		return side == session.Target
	}
	return side == session.Source || !s.reported[session.Source].known
}

// countForLostSource takes the target's word for what the session carried where the source died with what came after its last report, which
// then is behind by a second or more. b.mu is held.
func (b *Broker) countForLostSource(s *live) {
	source, target := &s.reported[session.Source], &s.reported[session.Target]
	if source.final || !target.final {
		return
	}
	s.shown.AllFlows = max(s.shown.AllFlows, target.allFlows)
	traffic := &s.shown.Traffic
	traffic.ToTarget, traffic.ToSource = max(traffic.ToTarget, target.toTarget), max(traffic.ToSource, target.toSource)
	b.countToday(s, time.Now())
}

// countResets takes over how many connections an end reset by itself. Both ends may count one connection, whichever was first; so the
// greater count holds. b.mu is held.
func (b *Broker) countResets(s *live, stats *wire.SessionStats) {
	for _, count := range []struct {
		said  uint64
		shown *uint64
	}{{stats.GetHalfClosed(), &s.shown.HalfClosed}, {stats.GetUnanswered(), &s.shown.Unanswered}} {
		if said := min(count.said, maximumCount); said > *count.shown {
			*count.shown = said
			b.changed()
		}
	}
}

func perSecond(bytes uint64, elapsed time.Duration) uint64 {
	return uint64(float64(bytes) / elapsed.Seconds())
}

// used notes that flows have opened. b.mu is held.
func (b *Broker) used(s *live) {
	if s.life.State() == session.Ready {
		b.step(s, session.Event{Kind: session.Used})
	}
}
