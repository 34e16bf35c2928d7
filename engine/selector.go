package engine

import (
	"fmt"
	"net/netip"
	"strings"
)

// SelectorKind says which form an entry of a rule's source or target has.
type SelectorKind uint8

const (
	// SelectAny is the word any: every address of both families.
	SelectAny SelectorKind = iota + 1
	// SelectPublic is the word public: every public address. Only a target may have it.
	SelectPublic
	// SelectAddress is one address.
	SelectAddress
	// SelectRange is first-last, both included.
	SelectRange
	// SelectNetwork is a CIDR.
	SelectNetwork
	// SelectComponent is component:NAME, all addresses of that component.
	SelectComponent
	// SelectTag is tag:NAME, all addresses of the components that carry the tag.
	SelectTag
	// SelectRole is role:ROLE, all addresses of the components of that role.
	SelectRole
	// SelectHost is host:NAME, what DNS says.
	SelectHost
)

// Selector is one entry of a rule's source or target. It is comparable; equal entries are equal values.
type Selector struct {
	Kind SelectorKind
	// First and Last are set for addresses, ranges and networks; both ends are included and of one family.
	First, Last netip.Addr
	// Name is set for component, tag, role and host, without its prefix.
	Name string
}

// Any and Public are the two entries that are words.
var (
	Any    = Selector{Kind: SelectAny}
	Public = Selector{Kind: SelectPublic}
)

// ParseSelector reads one entry: an address, first-last, a CIDR, any, public, component:NAME, tag:NAME, role:ROLE or host:NAME.
// A CIDR stands for its whole network whichever of its addresses was written.
func ParseSelector(text string) (Selector, error) {
	if len(text) > maximumSelectorLength {
		return Selector{}, fmt.Errorf("an entry of more than %d characters", maximumSelectorLength)
	}
	text = strings.TrimSpace(text)
	switch strings.ToLower(text) {
	case "any":
		return Any, nil
	case "public":
		return Public, nil
	case "":
		return Selector{}, fmt.Errorf("an empty entry; write %s", entryForms)
	}
	if prefix, name, found := strings.Cut(text, ":"); found {
		switch prefix {
		case "component":
			return namedSelector(SelectComponent, name, CheckName)
		case "tag":
			return namedSelector(SelectTag, name, CheckTag)
		case "role":
			return namedSelector(SelectRole, strings.ToLower(name), checkRole)
		case "host":
			// DNS names differ neither by case nor by the dot that ends an absolute one.
			return namedSelector(SelectHost, strings.TrimSuffix(strings.ToLower(name), "."), checkHostName)
		}
	}
	if strings.Contains(text, "/") {
		return parseNetwork(text)
	}
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		address, err := ParseAddress(text)
		if err != nil {
			return Selector{}, fmt.Errorf("%w; write %s", err, entryForms)
		}
		return Selector{Kind: SelectAddress, First: address, Last: address}, nil
	}
	from, err := ParseAddress(strings.TrimSpace(first))
	if err != nil {
		return Selector{}, fmt.Errorf("the first address of a range: %w; write one such as 192.168.0.1-192.168.0.255", err)
	}
	to, err := ParseAddress(strings.TrimSpace(last))
	if err != nil {
		return Selector{}, fmt.Errorf("the last address of a range: %w; write one such as 192.168.0.1-192.168.0.255", err)
	}
	if from.Is4() != to.Is4() {
		return Selector{}, fmt.Errorf("the range %s mixes IPv4 and IPv6", text)
	}
	if to.Less(from) {
		return Selector{}, fmt.Errorf("the range %s ends before it begins", text)
	}
	return Selector{Kind: SelectRange, First: from, Last: to}, nil
}

// entryForms are the forms of an entry, as an error names them.
const entryForms = "component:NAME, tag:NAME, role:ROLE or host:NAME, an address such as 192.168.0.1, a range such as 192.168.0.1-192.168.0.255, a network such as 10.1.0.0/16, or any"

func namedSelector(kind SelectorKind, name string, check func(string) error) (Selector, error) {
	named := Selector{Kind: kind, Name: name}
	if name == "" {
		return Selector{}, fmt.Errorf("%s needs a name behind the colon", named)
	}
	if err := check(name); err != nil {
		return Selector{}, err
	}
	return named, nil
}

func parseNetwork(text string) (Selector, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return Selector{}, fmt.Errorf("%q is not a network; write one such as 10.1.0.0/16", abbreviate(text, 64))
	}
	if prefix.Addr().Is4In6() {
		if prefix.Bits() < 96 {
			return Selector{}, fmt.Errorf("the network %s mixes IPv4 and IPv6", text)
		}
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	prefix = prefix.Masked()
	return Selector{Kind: SelectNetwork, First: prefix.Addr(), Last: lastAddress(prefix)}, nil
}

// lastAddress is the highest address of a network.
func lastAddress(prefix netip.Prefix) netip.Addr {
	bytes := prefix.Addr().AsSlice()
	for bit := prefix.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last
}

// String writes the entry as ParseSelector reads it, in one canonical form.
func (s Selector) String() string {
	switch s.Kind {
	case SelectAny:
		return "any"
	case SelectPublic:
		return "public"
	case SelectAddress:
		return s.First.String()
	case SelectRange:
		return s.First.String() + "-" + s.Last.String()
	case SelectNetwork:
		return fmt.Sprintf("%s/%d", s.First, commonBits(s.First, s.Last))
	case SelectComponent:
		return "component:" + s.Name
	case SelectTag:
		return "tag:" + s.Name
	case SelectRole:
		return "role:" + s.Name
	case SelectHost:
		return "host:" + s.Name
	}
	return "no selector"
}

// commonBits counts the leading bits that two addresses of one family share.
func commonBits(first, last netip.Addr) int {
	a, b := first.AsSlice(), last.AsSlice()
	bits := 0
	for i := range a {
		for mask := byte(0x80); mask != 0; mask >>= 1 {
			if a[i]&mask != b[i]&mask {
				return bits
			}
			bits++
		}
	}
	return bits
}

// Named tells whether the entry is a name that stands for addresses.
func (s Selector) Named() bool {
	return s.Kind == SelectComponent || s.Kind == SelectTag || s.Kind == SelectRole || s.Kind == SelectHost
}

// Contains tells whether the entry covers an address by itself. A named entry covers none: its addresses come from a snapshot of names.
func (s Selector) Contains(address netip.Addr) bool {
	switch s.Kind {
	case SelectAny:
		return address.IsValid()
	case SelectPublic:
		return Classify(address) == PublicAddress
	case SelectAddress, SelectRange, SelectNetwork:
		return address.Is4() == s.First.Is4() && !address.Less(s.First) && !s.Last.Less(address)
	}
	return false
}

// MarshalText writes the entry's canonical form.
func (s Selector) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what ParseSelector reads.
func (s *Selector) UnmarshalText(text []byte) error {
	parsed, err := ParseSelector(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}

// SelectorsInWords writes a rule's source or target.
func SelectorsInWords(selectors []Selector) string {
	texts := make([]string, len(selectors))
	for i, s := range selectors {
		texts[i] = s.String()
	}
	return strings.Join(texts, ", ")
}
