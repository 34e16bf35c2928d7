package administration

import (
	"fmt"
	"net/netip"
	"slices"

	"lockwire/engine"
	"lockwire/engine/policy"
)

// maximumPreferredWarnings bounds each kind of warning about preferred networks; the rest is counted.
const maximumPreferredWarnings = 20

// planPreferred replaces the preferred networks.
func (l *Local) planPreferred(p *plan, change engine.PreferredChange) error {
	networks := change.Networks
	if err := networks.Check(); err != nil {
		return err
	}
	before := p.after.rules.PreferredNetworks
	if change.Revision != p.after.rules.PreferredRevision {
		return &engine.OutdatedError{Of: "the preferred networks", Now: engine.Present{Preferred: &before, Revision: p.after.rules.PreferredRevision}}
	}
	p.after.rules.PreferredNetworks = networks
	p.warnings = preferredWarnings(&networks, p.after)
	p.write = func(tx engine.Transaction) error {
		if err := tx.PutPreferredNetworks(networks); err != nil {
			return err
		}
		return l.audit(tx, "preferred-networks.set", "preferred networks", before, networks)
	}
	return nil
}

// preferredWarnings names the networks in which nobody has an address, and the links of which only one end has one, or none.
func preferredWarnings(networks *engine.PreferredNetworks, s *state) []string {
	if !networks.InForce() {
		return nil
	}
	components := make(map[engine.ID]*engine.Component, len(s.components))
	for i := range s.components {
		if s.components[i].Revoked.IsZero() {
			components[s.components[i].ID] = &s.components[i]
		}
	}
	if len(networks.Networks) == 0 {
		return []string{"there is no preferred network, and one is required: every session between two machines is refused"}
	}
	var empty, apart []string
	for _, network := range networks.Networks {
		one := engine.PreferredNetworks{Networks: []netip.Prefix{network}}
		holders := 0
		for _, c := range components {
			if one.Has(c) {
				holders++
			}
		}
		if holders == 0 {
			empty = append(empty, fmt.Sprintf("no component has an address in %s", network))
		}
	}
	consequence := "its sessions use other addresses"
	if networks.Mode == engine.PreferredRequire {
		consequence = "its sessions are refused"
	}
	for _, link := range policy.LinksOf(s.components, s.services, s.routes) {
		source, target := components[link.Source], components[link.Target]
		if source == nil || target == nil || link.Off || engine.SameMachine(source, target) {
			continue
		}
		if missing := networks.Missing(source, target); missing != "" {
			apart = append(apart, fmt.Sprintf("route %s from %s to %s: %s, so %s", link.Route, source.Name, target.Name, missing, consequence))
		}
	}
	return slices.Concat(firstWarnings(empty, "networks are like that"), firstWarnings(apart, "routes are like that"))
}

// firstWarnings gives the first ones in order, and says how many more there are.
func firstWarnings(all []string, rest string) []string {
	slices.Sort(all)
	all = slices.Compact(all)
	if more := len(all) - maximumPreferredWarnings; more > 0 {
		return append(all[:maximumPreferredWarnings:maximumPreferredWarnings], fmt.Sprintf("%d more %s", more, rest))
	}
	return all
}

// lackingNetworks tells which components have no address in a preferred network that is required, before or after a change, so that their
// sessions with another machine are refused; nil where none is required.
func lackingNetworks(before, after *state) func(after bool, id engine.ID) bool {
	was, is := before.rules.PreferredNetworks, after.rules.PreferredNetworks
	if was.Mode != engine.PreferredRequire && is.Mode != engine.PreferredRequire {
		return nil
	}
	has := map[bool]map[engine.ID]bool{false: holders(&was, before), true: holders(&is, after)}
	required := map[bool]bool{false: was.Mode == engine.PreferredRequire, true: is.Mode == engine.PreferredRequire}
	return func(after bool, id engine.ID) bool { return required[after] && !has[after][id] }
}

// holders are the components that have an address in a preferred network.
func holders(networks *engine.PreferredNetworks, s *state) map[engine.ID]bool {
	all := map[engine.ID]bool{}
	for i := range s.components {
		if c := &s.components[i]; networks.Has(c) {
			all[c.ID] = true
		}
	}
	return all
}
