package policy

import (
	"time"

	"lockwire/engine"
)

// situation is one question to the rules, with everything that the answer depends on.
type situation struct {
	rules          *Rules
	names          *binding
	source, target *end
	sameMachine    bool
	moment         time.Time
	// limits are those of the moment by rule, for callers that ask for many pairs; nil reads the schedule of each rule that matches.
	limits []timedLimit
	// matched are the enabled rules that match, other than Internet.
	matched set
}

// ruling is what the steps of "Sealed or plain" come to, without words.
type ruling struct {
	mode engine.Mode
	by   engine.By
}

// hasPublic tells whether either component has a public interface.
func (s *situation) hasPublic() bool { return len(s.source.public) > 0 || len(s.target.public) > 0 }

// oneMachine tells whether step 2 decides. A provider gateway, and a component of another installation, never is the same machine.
func (s *situation) oneMachine() bool {
	return s.sameMachine && !s.source.ThroughGateway() && !s.target.ThroughGateway()
}

// automatic tells whether step 4 would seal if there were no exemption.
func (s *situation) automatic() bool {
	return s.hasPublic() && s.rules.internet.Enabled && s.rules.internet.Encrypt && !s.rules.override
}

// exempts tells whether a matching rule's exemption holds for the pair: it is live and its ranges contain every public interface.
func (s *situation) exempts(rule *rule) bool {
	if rule.expired(s.moment) {
		return false
	}
	_, missed := rule.uncovered(s.source, s.target, s.names)
	return !missed
}

// exempted tells whether any exemption holds.
func (s *situation) exempted() bool {
	for number := range s.matched.both(s.rules.exempting) {
		if s.exempts(&s.rules.all[number]) {
			return true
		}
	}
	return false
}

// rule goes through the steps; the first hit wins.
func (s *situation) rule() ruling {
	switch {
	case s.source.ThroughGateway() || s.target.ThroughGateway():
		return ruling{engine.Sealed, engine.ByProviderGateway}
	case s.sameMachine:
		return ruling{engine.Plain, engine.BySameMachine}
	case s.matched.meets(s.rules.encrypting):
		return ruling{engine.Sealed, engine.ByRule}
	case !s.automatic():
		return ruling{engine.Plain, engine.ByNone}
	case s.exempted():
		return ruling{engine.Plain, engine.ByExempt}
	}
	return ruling{engine.Sealed, engine.ByAutomatic}
}
