package broker

import (
	"net/netip"
	"slices"
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

const (
	// saveTrafficEvery is how often what a session carried is written while it goes on, for a broker that is started again.
	saveTrafficEvery = 30 * time.Second
	// rateFor is how long a rate counts without a new report.
	rateFor = 3 * time.Second
	// maximumCount keeps what components report within what any database can hold.
	maximumCount     = 1 << 62
	maximumGroupName = 64
	maximumEndpoint  = 80 // bytes of [IPv6%zone]:port
)

// count takes over what one end reports of a session. What it says of itself never goes back. b.mu is held.
func (b *Broker) count(s *live, side session.Side, stats *wire.SessionStats, now time.Time) {
	p := &s.reported[side]
	before := *p
	p.known, p.at, p.flows = true, now, int(min(stats.GetFlows(), 1<<24))
	p.allFlows = max(p.allFlows, min(stats.GetAllFlows(), maximumCount))
	p.toTarget = max(p.toTarget, min(stats.GetToTarget(), maximumCount))
	p.toSource = max(p.toSource, min(stats.GetToSource(), maximumCount))
	p.cpu = max(p.cpu, time.Duration(min(stats.GetCpuNanoseconds(), maximumCount)))
	if group := stats.GetGroup(); group != "" && len(group) <= maximumGroupName {
		s.shown.Group = reasonText(group)
	}
	if endpoint := stats.GetEndpoint(); endpoint != "" && len(endpoint) <= maximumEndpoint && side == session.Source {
		s.shown.Endpoint = reasonText(endpoint)
		b.worked(s, endpoint)
	}
	if side == session.Source {
		s.shown.Traffic.SourceCPU = p.cpu
	} else {
		s.shown.Traffic.TargetCPU = p.cpu
	}
	// The source is where the backup tool is: what it says of the bytes counts, and the target's word only while there is none.
	if side == session.Source || !s.reported[session.Source].known {
		s.shown.Flows, s.shown.AllFlows = p.flows, p.allFlows
		s.shown.Traffic.ToTarget, s.shown.Traffic.ToSource = p.toTarget, p.toSource
		if elapsed := now.Sub(before.at); before.known && elapsed >= time.Second/5 {
			s.shown.Traffic.RateToTarget = perSecond(p.toTarget-before.toTarget, elapsed)
			s.shown.Traffic.RateToSource = perSecond(p.toSource-before.toSource, elapsed)
		}
	}
	if p.allFlows > 0 || p.flows > 0 {
		b.used(s)
	}
}

// worked notes where a session's source reached its target. Only an endpoint of the target's own counts. b.mu is held.
func (b *Broker) worked(s *live, endpoint string) {
	source, target := s.ends[session.Source], s.ends[session.Target]
	if parsed, err := netip.ParseAddrPort(endpoint); err == nil && !s.sameMachine && slices.Contains(target.Report.Endpoints, parsed) {
		source.worked[target.ID] = parsed
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

// slowDown lets the rates of sessions that report nothing any more fall to zero, and has written what the others carried. b.mu is held.
func (b *Broker) slowDown(now time.Time) {
	for _, s := range b.sessions {
		latest := s.reported[session.Source].at
		if !s.reported[session.Source].known {
			latest = s.reported[session.Target].at
		}
		traffic := &s.shown.Traffic
		if now.Sub(latest) > rateFor && traffic.RateToTarget+traffic.RateToSource > 0 {
			traffic.RateToTarget, traffic.RateToSource = 0, 0
			b.moved()
		}
		if latest.After(s.saved) && now.Sub(s.saved) >= saveTrafficEvery {
			b.save(s, nil)
		}
	}
}

// limitedBy are the rules whose limit holds for a decision, each once.
func limitedBy(d *engine.SessionDecision) []string {
	var rules []string
	for _, limit := range []*engine.AppliedThrottle{d.ToTarget, d.ToSource} {
		if limit != nil && (len(rules) == 0 || rules[0] != limit.Rule) {
			rules = append(rules, limit.Rule)
		}
	}
	return rules
}

// recount counts a session for the rules that limit it under its present decision, uncount for none. b.mu is held.
func (b *Broker) recount(s *live) {
	b.uncount(s)
	s.limits = limitedBy(s.current)
	for _, rule := range s.limits {
		b.limited[rule]++
	}
}

func (b *Broker) uncount(s *live) {
	for _, rule := range s.limits {
		if b.limited[rule]--; b.limited[rule] == 0 {
			delete(b.limited, rule)
		}
	}
	s.limits = nil
}

// liveUnder counts the live sessions under a rule's limit, and one more that is about to begin.
func (b *Broker) liveUnder(rule string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.limited[rule] + 1
}
