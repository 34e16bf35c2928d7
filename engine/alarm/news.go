package alarm

import (
	"time"

	"lockwire/engine"
)

const (
	// settlesFor is how long a finding of a settling kind must stand before it is told: an agent that starts again, and every
	// component after a start of the broker, is away for a moment.
	settlesFor = time.Minute
	// forgottenAfter is how long a finding must be gone to be new again. It also covers a picture that is older than an event.
	forgottenAfter = time.Minute
	// maximumKnown bounds how many findings are remembered. What does not fit counts as new each time, which bursts fold.
	maximumKnown = 1 << 16
)

// settling are the kinds that come and go by themselves.
var settling = map[engine.FindingKind]bool{
	engine.ComponentLost: true, engine.ComponentOffline: true, engine.ComponentTroubled: true, engine.ListenerDown: true, engine.ProviderAway: true,
	engine.NameUnresolved: true,
}

// news tells which findings are new. It is pure: its clock is what it is told.
type news struct{ known map[findingKey]*standing }

// findingKey stays the same while a finding lasts.
type findingKey struct {
	kind engine.FindingKind
	name string
}

// standing is a finding that is known.
type standing struct {
	since, seen time.Time
	when        time.Time // of the finding, when it was told last
	told        bool
}

func newNews() *news { return &news{known: map[findingKey]*standing{}} }

// picture takes all findings that there are, and gives those that are new.
func (n *news) picture(findings []engine.Finding, now time.Time) []engine.Finding {
	var fresh []engine.Finding
	for i := range findings {
		if n.isNew(&findings[i], now) {
			fresh = append(fresh, findings[i])
		}
	}
	for key, s := range n.known {
		if gone := now.Sub(s.seen); gone > forgottenAfter || !s.told && gone > 0 { // one that was never told has to settle anew
			delete(n.known, key)
		}
	}
	return fresh
}

// isNew takes up one finding and tells whether it is to be told now. One that happened again since it was told is new again.
func (n *news) isNew(f *engine.Finding, now time.Time) bool {
	key := findingKey{f.Kind, f.Name}
	s := n.known[key]
	if s == nil {
		s = &standing{since: now}
		if len(n.known) < maximumKnown {
			n.known[key] = s
		}
	}
	s.seen = now
	switch {
	case s.told && !f.When.After(s.when):
		return false
	case settling[f.Kind] && now.Sub(s.since) < settlesFor:
		return false
	}
	s.told, s.when = true, f.When
	return true
}
