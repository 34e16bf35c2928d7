package policy

import (
	"net/netip"
	"time"

	"lockwire/engine"
)

// Decide says what the rules are for one pair at one moment, and why. The limit is the one on data that flows as the
// pair's operation does; an empty operation is a backup.
func (r *Rules) Decide(pair engine.Pair, moment time.Time, names engine.Names) engine.Decision {
	_, decision := r.decide(pair, moment, &names)
	return decision
}

func (r *Rules) decide(pair engine.Pair, moment time.Time, names *engine.Names) (*situation, engine.Decision) {
	s := r.situation(pair.Source, pair.Target, pair.SameMachine, moment, r.bind(names))
	decision, applied := s.explain(pair.Path, []oneWay{wayOf(pair.Operation)}, func(string) int { return pair.LiveSessions })
	decision.Throttle = applied[0]
	return s, decision
}

// Explain decides as Decide does, and says of every enabled rule that did not decide why, and what the hosts in it stand for. The
// reasons are read off the same sets of rules by which the decision was made.
func (r *Rules) Explain(pair engine.Pair, moment time.Time, names engine.Names) engine.Decision {
	s, decision := r.decide(pair, moment, &names)
	decision.WhyNot = s.whyNot(decision.Considered)
	for i := range r.all {
		if rule := &r.all[i]; rule.Enabled {
			s.names.noteNames(&decision, rule, func(selector engine.Selector) bool { return selector.Kind == engine.SelectHost })
		}
	}
	return decision
}

// Caps gives all limits that data of a pair's operation draws on at a moment, the lowest first.
func (r *Rules) Caps(pair engine.Pair, moment time.Time, names engine.Names) []engine.Cap {
	return r.situation(pair.Source, pair.Target, pair.SameMachine, moment, r.bind(&names)).caps(wayOf(pair.Operation))
}

// DecideSession says what the rules are for a session between two components: one mode, and a limit for each way its data
// flows. With flow push, data to the target is a backup and data to the source a restore; with pull the other way round.
// The decision's own Throttle is the limit on the backup.
//
// Path is the target's address that the channel uses, where it is known. Live gives how many live sessions share the limit
// of a rule, this one included, by the name that AppliedThrottle.Rule has; nil means this one alone.
func (r *Rules) DecideSession(source, target engine.Party, direction engine.Direction, sameMachine bool, path netip.Addr, moment time.Time,
	names engine.Names, live func(rule string) int) engine.SessionDecision {
	return r.situation(source, target, sameMachine, moment, r.bind(&names)).session(direction, path, live)
}

// session explains a situation for a session.
func (s *situation) session(direction engine.Direction, path netip.Addr, live func(rule string) int) engine.SessionDecision {
	if live == nil {
		live = func(string) int { return 1 }
	}
	toTarget, toSource := waysOf(direction)
	decision, applied := s.explain(path, []oneWay{toTarget, toSource}, live)
	session := engine.SessionDecision{Decision: decision, ToTarget: applied[0], ToSource: applied[1], CapsToTarget: s.caps(toTarget), CapsToSource: s.caps(toSource)}
	session.Throttle = session.ToTarget
	if toSource.operation == engine.Backup {
		session.Throttle = session.ToSource
	}
	return session
}

// situation gathers what one decision depends on. All its sets lie in one piece of memory.
func (r *Rules) situation(source, target engine.Party, sameMachine bool, moment time.Time, names *binding) *situation {
	words := wordsFor(len(r.all))
	space := make([]uint64, 5*words)
	from, to := r.reach(source, "the source", names, space[:2*words]), r.reach(target, "the target", names, space[2*words:4*words])
	s := &situation{rules: r, names: names, source: &from, target: &to, sameMachine: sameMachine, moment: moment, matched: space[4*words:]}
	match(s.source, s.target, s.matched)
	return s
}
