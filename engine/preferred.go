package engine

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
)

// PreferredMode says what the source does where no preferred network connects both ends.
type PreferredMode string

const (
	PreferredOff     PreferredMode = "off"     // the list is not used
	PreferredPrefer  PreferredMode = "prefer"  // other addresses are used, and the session says so
	PreferredRequire PreferredMode = "require" // the session is refused
)

// Shown is the mode's name; no mode is off.
func (m PreferredMode) Shown() string { return cmp.Or(string(m), string(PreferredOff)) }

// About says in words what a mode does.
func (m PreferredMode) About() string {
	switch m {
	case PreferredPrefer:
		return "sources dial in these networks where both ends have an address there, and over other addresses where not"
	case PreferredRequire:
		return "sources dial in these networks only; a session between ends of which one has no address there is refused"
	}
	return "sources dial the address that is likeliest to work"
}

// maximumNetworks bounds the preferred networks of one installation.
const maximumNetworks = 1024

// PreferredNetworks are the networks over which the source dials where both ends have an address inside them.
type PreferredNetworks struct {
	Mode     PreferredMode  `json:"mode"`
	Networks []netip.Prefix `json:"networks"`
}

// Check refuses an unknown mode, and networks that are not whole: 10.1.0.0/16 is one, 10.1.2.3/16 is not. No mode is off.
func (p *PreferredNetworks) Check() error {
	const of = "preferredNetworks"
	if !slices.Contains([]PreferredMode{"", PreferredOff, PreferredPrefer, PreferredRequire}, p.Mode) {
		return &FieldError{Of: of, Field: "mode", Err: fmt.Errorf("%q is not a mode; use off, prefer or require", abbreviate(string(p.Mode), 16))}
	}
	if len(p.Networks) > maximumNetworks {
		return &FieldError{Of: of, Field: "networks", Err: fmt.Errorf("at most %d entries", maximumNetworks)}
	}
	for _, network := range p.Networks {
		if !network.IsValid() || network != network.Masked() || network.Addr().Is4In6() {
			return &FieldError{Of: of, Field: "networks", Err: fmt.Errorf("%s is not a whole network", network)}
		}
	}
	return nil
}

// ParseNetwork reads a network in CIDR form as a rule does: whichever address of the network is written, it stands for the whole.
func ParseNetwork(text string) (netip.Prefix, error) {
	selector, err := ParseSelector(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if selector.Kind != SelectNetwork {
		return netip.Prefix{}, fmt.Errorf("%q is not a network; write one such as 10.1.0.0/16", abbreviate(text, 64))
	}
	return netip.ParsePrefix(selector.String())
}

// InForce tells whether the networks say anything about where a source dials. To require one where there is none refuses every session.
func (p *PreferredNetworks) InForce() bool {
	return p.Mode == PreferredRequire || p.Mode == PreferredPrefer && len(p.Networks) > 0
}

// Holds tells whether an address lies in one of the networks.
func (p *PreferredNetworks) Holds(address netip.Addr) bool {
	address = PlainAddress(address)
	return slices.ContainsFunc(p.Networks, func(network netip.Prefix) bool { return network.Contains(address) })
}

// Has tells whether a component has an address in one of the networks. One that only the component itself can reach does not count.
func (p *PreferredNetworks) Has(c *Component) bool {
	return slices.ContainsFunc(c.Addresses(), func(a Address) bool { return !a.HostOnly && p.Holds(a.Address) })
}

// Joins tells whether an address and one of a component lie in the same preferred network, so that no router need be between.
func (p *PreferredNetworks) Joins(c *Component, address netip.Addr) bool {
	address = PlainAddress(address)
	return slices.ContainsFunc(p.Networks, func(network netip.Prefix) bool {
		one := PreferredNetworks{Networks: []netip.Prefix{network}}
		return network.Contains(address) && one.Has(c)
	})
}

// Missing says in words why no preferred network connects a source and a target; empty where one does.
func (p *PreferredNetworks) Missing(source, target *Component) string {
	switch has, other := p.Has(source), p.Has(target); {
	case has && other:
		return ""
	case has:
		return fmt.Sprintf("%s has no address in a preferred network", target.Name)
	case other:
		return fmt.Sprintf("%s has no address in a preferred network", source.Name)
	}
	return fmt.Sprintf("neither %s nor %s has an address in a preferred network", source.Name, target.Name)
}
