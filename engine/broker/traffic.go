package broker

import (
	"net/netip"
	"slices"
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
)

const (
	// saveTrafficEvery is how often what a session carried is written while it goes on, for a broker that is started again.
	saveTrafficEvery = 30 * time.Second
	// savedAtOnce bounds how many are due at a time, as they are after a restart: more of them have their turn in the seconds that
	// follow, at twice the pace at which they fall due.
	savedAtOnce = 200
	// rateFor is how long a rate counts without a new report.
	rateFor = 3 * time.Second
)

// worked notes where a session's source reached its target. Only an endpoint of the target's own counts. b.mu is held.
func (b *Broker) worked(s *live, endpoint string) {
	source, target := s.ends[session.Source], s.ends[session.Target]
	if parsed, err := netip.ParseAddrPort(endpoint); err == nil && !s.sameMachine && slices.Contains(target.Report.Endpoints, parsed) {
		source.worked[target.ID] = parsed
	}
}

// slowDown sets the rates of silent sessions to zero, and saves from time to time what the others carried. b.mu is held.
func (b *Broker) slowDown(now time.Time) {
	left := max(savedAtOnce, 2*len(b.ordered)/int(saveTrafficEvery/time.Second))
	first := b.savedUpTo
	for n := range b.ordered {
		at := (first + n) % len(b.ordered)
		s := b.ordered[at]
		latest := s.reported[session.Source].at
		if s.counts(session.Target) {
			latest = s.reported[session.Target].at
		}
		traffic := &s.shown.Traffic
		if now.Sub(latest) > rateFor && traffic.RateToTarget+traffic.RateToSource > 0 {
			traffic.RateToTarget, traffic.RateToSource = 0, 0
			s.shown.Streams = nil
			b.moved()
		}
		if left > 0 && latest.After(s.saved) && now.Sub(s.saved) >= saveTrafficEvery {
			b.save(s, nil)
			left--
			b.savedUpTo = at + 1
		}
	}
}

// limitedBy are the rules whose limits hold for a decision, each once.
func limitedBy(d *engine.SessionDecision) []string {
	var rules []string
	for _, caps := range [][]engine.Cap{d.CapsToTarget, d.CapsToSource} {
		for i := range caps {
			rules = append(rules, caps[i].Rule)
		}
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// recount counts a session for the rules that limit it under its present decision, uncount for none. b.mu is held.
func (b *Broker) recount(s *live) { b.countUnder(s, limitedBy(s.current)) }

func (b *Broker) countUnder(s *live, rules []string) {
	b.uncount(s)
	s.limits = rules
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
