package policy

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"lockwire/engine"
)

// end is one component of a pair with the rules that reach it.
type end struct {
	engine.Party
	addresses []engine.Address // those that the rules see, sorted, each once
	public    []engine.Address // the public ones among them
	// inSource and inTarget are the rules whose source, or target, covers one of the addresses.
	inSource, inTarget set
	// label is what a person calls the component; limitName is the name of its own limit among the rules', where it has one.
	label, limitName string
}

// reach finds the rules that reach a component. A component without a name is called by its side. The sets are taken
// from space, which has two sets' length and is zero.
func (r *Rules) reach(party engine.Party, side string, b *binding, space []uint64) end {
	e := end{Party: party, addresses: visible(party.Addresses), label: cmp.Or(party.Name, side)}
	if e.LocalLimit != nil {
		e.limitName = componentLimitPrefix + e.label
	}
	for _, address := range e.addresses {
		if engine.Classify(address.Address) == engine.PublicAddress {
			e.public = append(e.public, address)
		}
	}
	words := wordsFor(len(r.all))
	e.inSource, e.inTarget = space[:words:words], space[words:2*words]
	if len(e.addresses) == 0 {
		return e // not even any covers a component without an interface
	}
	r.sources.mark(&e, e.inSource)
	r.targets.mark(&e, e.inTarget)
	b.each(e.addresses, func(name uint32) {
		e.inSource.addAll(r.sources.named[name])
		e.inTarget.addAll(r.targets.named[name])
	})
	return e
}

// mark adds the rules whose side covers an address of a component by itself, without a name.
func (s *side) mark(e *end, into set) {
	into.or(s.any)
	if len(e.public) > 0 {
		into.or(s.public)
	}
	for _, address := range e.addresses {
		s.inRanges(address.Address, into)
	}
}

// inRanges adds the rules of which a range on this side holds an address.
func (s *side) inRanges(address netip.Addr, into set) {
	if len(s.ranges.bounds) > 0 {
		s.ranges.mark(address, into)
	}
}

// match sets the rules that match a pair, either way round.
func match(source, target *end, into set) {
	for i := range into {
		into[i] = source.inSource[i]&target.inTarget[i] | source.inTarget[i]&target.inSource[i]
	}
}

// visible gives the addresses that the rules see, in an order that does not depend on the one in which they came. Of two
// entries for one address the better known one stays.
func visible(addresses []engine.Address) []engine.Address {
	seen := make([]engine.Address, 0, len(addresses))
	for _, address := range addresses {
		address.Address = engine.PlainAddress(address.Address)
		if engine.Classify(address.Address) != engine.IgnoredAddress {
			seen = append(seen, address)
		}
	}
	slices.SortFunc(seen, func(a, b engine.Address) int {
		return cmp.Or(a.Address.Compare(b.Address), cmp.Compare(certainty(a.Origin), certainty(b.Origin)), strings.Compare(a.Interface, b.Interface))
	})
	return slices.CompactFunc(seen, func(a, b engine.Address) bool { return a.Address == b.Address })
}

func certainty(origin engine.Origin) int {
	return slices.Index([]engine.Origin{engine.FromInterface, engine.GivenByHand, "", engine.Advertised, engine.SeenByBroker}, origin)
}

// covers tells whether one side of a rule covers an address.
func (r *rule) covers(selectors []engine.Selector, address netip.Addr, b *binding) bool {
	return slices.ContainsFunc(selectors, func(s engine.Selector) bool { return b.covers(s, r.Encrypt, address) })
}

// covered gives the first address of a component that one side of a rule covers.
func (r *rule) covered(selectors []engine.Selector, e *end, b *binding) (engine.Address, bool) {
	for _, address := range e.addresses {
		if r.covers(selectors, address.Address, b) {
			return address, true
		}
	}
	return engine.Address{}, false
}

// witness is how a rule matched a pair.
type witness struct {
	source, target engine.Address
	reversed       bool // the pair's source lies in the rule's target
}

// witness finds the two addresses by which a rule matches; as written is preferred to the other way round.
func (r *rule) witness(source, target *end, b *binding) (witness, bool) {
	s, sourceFits := r.covered(r.Source, source, b)
	t, targetFits := r.covered(r.Target, target, b)
	if sourceFits && targetFits {
		return witness{s, t, false}, true
	}
	s, sourceFits = r.covered(r.Target, source, b)
	t, targetFits = r.covered(r.Source, target, b)
	return witness{s, t, true}, sourceFits && targetFits
}

// uncovered gives the first public address of a pair that lies neither in the rule's source nor in its target.
func (r *rule) uncovered(source, target *end, b *binding) (engine.Address, bool) {
	for _, e := range []*end{source, target} {
		for _, address := range e.public {
			if !r.covers(r.Source, address.Address, b) && !r.covers(r.Target, address.Address, b) {
				return address, true
			}
		}
	}
	return engine.Address{}, false
}
