package engine

import "net/netip"

// NamesOf gives what component: and tag: stand for, from the components that are not revoked.
func NamesOf(components []Component) Names {
	names := Names{Components: map[string][]netip.Addr{}, Tags: map[string][]netip.Addr{}, Hosts: map[string]HostAnswer{}}
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
		for _, tag := range component.Tags {
			names.Tags[tag] = append(names.Tags[tag], addresses...)
		}
	}
	return names
}

// NamedBy lists the rules that name something, such as component:tape-3, by their names.
func (s *RuleSet) NamedBy(selector Selector) []string {
	var rules []string
	for i := range s.Rules {
		for _, entry := range append(s.Rules[i].Source[:len(s.Rules[i].Source):len(s.Rules[i].Source)], s.Rules[i].Target...) {
			if entry == selector {
				rules = append(rules, s.Rules[i].Name)
				break
			}
		}
	}
	return rules
}
