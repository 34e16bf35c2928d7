package simulator

import (
	"hash/maphash"
	"time"

	"lockwire/engine"
	"lockwire/ui/model"
)

// sessionTrace is what a coverage depends on in a session: whether the pair is proven to be one machine, and the address in use.
type sessionTrace struct {
	source, target engine.ID
	oneMachine     bool
	endpoint       string
}

// coverageBasis is a hash of what a coverage depends on beside rules, routes and settings, which have a revision: the components with
// their addresses, what live sessions use, and the time, because a trusted link ends at midnight of some time zone.
func coverageBasis(seed maphash.Seed, state *model.State) uint64 {
	var sum maphash.Hash
	sum.SetSeed(seed)
	const zones = 15 * time.Minute // the step of time zones' offsets from UTC
	maphash.WriteComparable(&sum, state.When.Truncate(zones).Unix())
	for i := range state.Components {
		component := &state.Components[i].Component
		maphash.WriteComparable(&sum, [3]string{string(component.ID), component.Name, string(component.Role)})
		maphash.WriteComparable(&sum, component.Revoked.IsZero())
		for _, tag := range component.Tags {
			maphash.WriteComparable(&sum, tag)
		}
		for _, address := range component.Addresses() {
			maphash.WriteComparable(&sum, address)
		}
	}
	traces := map[sessionTrace]bool{}
	together := uint64(0) // the same for any order
	for i := range state.Sessions {
		session := &state.Sessions[i]
		trace := sessionTrace{session.Source, session.Target, session.Decision.By == engine.BySameMachine, session.Endpoint}
		if !traces[trace] {
			traces[trace] = true
			together += maphash.Comparable(seed, trace)
		}
	}
	maphash.WriteComparable(&sum, together)
	return sum.Sum64()
}
