package policy

import (
	"net/netip"
	"slices"

	"lockwire/engine"
)

// NamesOf gives what component:, tag: and role: stand for, of the components that are not revoked. Hosts are taken as they are;
// they are keyed by the lower-case DNS name.
func NamesOf(components []engine.Component, hosts map[string]engine.HostAnswer) engine.Names {
	names := engine.Names{Components: map[string][]netip.Addr{}, Tags: map[string][]netip.Addr{}, Roles: map[engine.Role][]netip.Addr{}, Hosts: hosts}
	for i := range components {
		component := &components[i]
		if !component.Revoked.IsZero() {
			continue
		}
		var addresses []netip.Addr
		for _, address := range component.Addresses() {
			addresses = append(addresses, address.Address)
		}
		names.Components[component.Name] = addresses
		names.Roles[component.Role] = append(names.Roles[component.Role], addresses...)
		for _, tag := range component.Tags {
			names.Tags[tag] = append(names.Tags[tag], addresses...)
		}
	}
	return names
}

// name is a named entry of a rule, once for all rules that have it.
type name struct {
	selector engine.Selector
	// wide tells that a host stands for all its answers of the last day, and for every address while they are not known.
	wide bool
}

// nameFor gives the name that an entry of a rule is: whether a host is read widely depends on what the rule does.
func nameFor(selector engine.Selector, encrypts bool) name {
	return name{selector, encrypts && selector.Kind == engine.SelectHost}
}

// meaning is what a name stands for in one snapshot.
type meaning struct {
	now, lately []netip.Addr
	// everything: a host in a rule that encrypts, which has never resolved or of which not all addresses are known. It counts as
	// matching whatever has an interface.
	everything bool
	// unresolved: a host that has never resolved, in whatever rule. tooMany: one of which not all addresses are known.
	unresolved, tooMany bool
	// answer is what DNS said of a host; zero for other names.
	answer engine.HostAnswer
}

func (m *meaning) covers(address netip.Addr) bool {
	same := func(known netip.Addr) bool { return engine.PlainAddress(known) == address }
	return m.everything || slices.ContainsFunc(m.now, same) || slices.ContainsFunc(m.lately, same)
}

func (m *meaning) coversAny(addresses []engine.Address) bool {
	if m.everything {
		return true
	}
	for _, list := range [...][]netip.Addr{m.now, m.lately} {
		for _, known := range list {
			known = engine.PlainAddress(known)
			for i := range addresses {
				if addresses[i].Address == known {
					return true
				}
			}
		}
	}
	return false
}

// addresses are what the name stood for, each once and in order.
func (m *meaning) addresses() []netip.Addr {
	all := make([]netip.Addr, 0, len(m.now)+len(m.lately))
	for _, list := range [][]netip.Addr{m.now, m.lately} {
		for _, address := range list {
			all = append(all, engine.PlainAddress(address))
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}

// look finds what a name stands for.
func (n name) look(names *engine.Names) meaning {
	switch n.selector.Kind {
	case engine.SelectComponent:
		return meaning{now: ofComponent(names, n.selector.Name)}
	case engine.SelectTag:
		return meaning{now: names.Tags[n.selector.Name]}
	case engine.SelectRole:
		return meaning{now: names.Roles[engine.Role(n.selector.Name)]}
	}
	answer := names.Hosts[n.selector.Name]
	m := meaning{now: answer.Now, answer: answer, unresolved: !answer.Resolved(), tooMany: answer.TooMany}
	if n.wide {
		m.lately = answer.Lately
		m.everything = m.unresolved || m.tooMany
	}
	return m
}

// ofComponent finds a component's addresses. Components' names differ by more than their case, so a rule that was written
// with another case means the one that there is; taking it for nobody would leave traffic plain.
func ofComponent(names *engine.Names, wanted string) []netip.Addr {
	if addresses, found := names.Components[wanted]; found {
		return addresses
	}
	for known, addresses := range names.Components {
		if engine.SameName(known, wanted) {
			return addresses
		}
	}
	return nil
}

// binding is what the names of a rule set stand for in one snapshot.
type binding struct {
	rules    *Rules
	meanings []meaning // by the names' numbers
	// byAddress gives the names that stand for an address, and everywhere those that stand for all of them. Both are made by
	// index alone, for callers that ask for many components; one decision is quicker without.
	byAddress  map[netip.Addr][]uint32
	everywhere []uint32
}

func (r *Rules) bind(names *engine.Names) *binding {
	b := &binding{rules: r, meanings: make([]meaning, len(r.names))}
	for i, name := range r.names {
		b.meanings[i] = name.look(names)
	}
	return b
}

func (b *binding) index() *binding {
	b.byAddress = map[netip.Addr][]uint32{}
	for i := range b.meanings {
		m := &b.meanings[i]
		if m.everything {
			b.everywhere = append(b.everywhere, uint32(i))
			continue
		}
		for _, address := range m.addresses() {
			b.byAddress[address] = append(b.byAddress[address], uint32(i))
		}
	}
	return b
}

// each calls with every name that stands for one of the addresses, possibly more than once.
func (b *binding) each(addresses []engine.Address, found func(name uint32)) {
	if b.byAddress == nil {
		for i := range b.meanings {
			if b.meanings[i].coversAny(addresses) {
				found(uint32(i))
			}
		}
		return
	}
	for _, address := range addresses {
		for _, name := range b.byAddress[address.Address] {
			found(name)
		}
	}
	for _, name := range b.everywhere {
		found(name)
	}
}

// of gives what an entry of a rule stands for.
func (b *binding) of(selector engine.Selector, encrypts bool) *meaning {
	return &b.meanings[b.rules.numbers[nameFor(selector, encrypts)]]
}

// covers tells whether an entry of a rule covers an address.
func (b *binding) covers(selector engine.Selector, encrypts bool, address netip.Addr) bool {
	if selector.Named() {
		return b.of(selector, encrypts).covers(address)
	}
	return selector.Contains(address)
}

// StandsFor gives the addresses for which a name stands now, each once and in order. For a host that is the last answer.
func StandsFor(selector engine.Selector, names engine.Names) []netip.Addr {
	stood := nameFor(selector, false).look(&names)
	return stood.addresses()
}
