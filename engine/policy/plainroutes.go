package policy

import (
	"time"

	"lockwire/engine"
)

// PlainRoute is the link of a route that would be plain although an end has a public address.
type PlainRoute struct {
	Link
	// SourceName and TargetName are those of its ends.
	SourceName, TargetName string
	Why                    string
	Exempt                 bool // a trusted link keeps it plain
}

// PlainRoutes gives those of the links of enabled routes, in their order. SameMachine tells of which pairs the broker has proven that they
// are one machine.
func PlainRoutes(state State, moment time.Time, sameMachine func(a, b engine.ID) bool) []PlainRoute {
	c := covering{field: newField(&state, moment)}
	var plain []PlainRoute
	for _, link := range state.Links {
		source, target := c.field.ends[link.Source], c.field.ends[link.Target]
		if link.Off || source == nil || target == nil || source == target {
			continue
		}
		s := c.field.situation(source, target, sameMachine(link.Source, link.Target))
		ruling := s.rule()
		if ruling.mode == engine.Plain && ruling.by != engine.BySameMachine && s.hasPublic() {
			plain = append(plain, PlainRoute{link, source.label, target.label, c.why(ruling), ruling.by == engine.ByExempt})
		}
	}
	return plain
}
