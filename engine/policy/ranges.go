package policy

import (
	"net/netip"
	"slices"
)

// span is a range of addresses of one family, both ends included.
type span struct{ first, last netip.Addr }

// ranges are spans that are sorted and do not touch.
type ranges []span

// What engine.Classify makes of addresses, as ranges. The wrapped IPv4 addresses are there because no address is given so.
var (
	ignoredRanges = joined(prefixes("127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "0.0.0.0/32", "::/128", "::1/128", "fe80::/10", "ff00::/8", "::ffff:0:0/96"))
	privateRanges = joined(prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
	publicRanges  = everything.ranges.without(privateRanges)
)

func prefixes(texts ...string) (spans []span) {
	for _, text := range texts {
		prefix := netip.MustParsePrefix(text)
		spans = append(spans, wholeOf(prefix.Addr(), prefix.Bits()))
	}
	return spans
}

// wholeOf is all of a network.
func wholeOf(address netip.Addr, bits int) span {
	bytes := address.AsSlice()
	for bit := bits; bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return span{address, last}
}

// joined sorts spans and joins those that overlap or touch. Two families never touch.
func joined(spans []span) ranges {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b span) int { return a.first.Compare(b.first) })
	var all ranges
	for _, s := range spans {
		if len(all) > 0 {
			last := &all[len(all)-1]
			if next := last.last.Next(); last.last.Is4() == s.first.Is4() && (!next.IsValid() || s.first.Compare(next) <= 0) {
				if last.last.Less(s.last) {
					last.last = s.last
				}
				continue
			}
		}
		all = append(all, s)
	}
	return all
}

// in tells whether all of it lies in others. As those do not touch, each span lies in one of them.
func (r ranges) in(others ranges) bool {
	at := 0
	for _, s := range r {
		for at < len(others) && others[at].last.Less(s.first) {
			at++
		}
		if at == len(others) || s.first.Less(others[at].first) || others[at].last.Less(s.last) {
			return false
		}
	}
	return true
}

// within is what of it lies in others.
func (r ranges) within(others ranges) (common ranges) {
	for i, j := 0, 0; i < len(r) && j < len(others); {
		first, last := r[i].first, r[i].last
		if first.Less(others[j].first) {
			first = others[j].first
		}
		if others[j].last.Less(last) {
			last = others[j].last
		}
		if !last.Less(first) {
			common = append(common, span{first, last})
		}
		if r[i].last.Less(others[j].last) {
			i++
		} else {
			j++
		}
	}
	return common
}

// without is what of it does not lie in others.
func (r ranges) without(others ranges) (rest ranges) {
	j := 0
	for _, s := range r {
		for j < len(others) && others[j].last.Less(s.first) {
			j++
		}
		open := true
		for k := j; open && k < len(others) && !s.last.Less(others[k].first); k++ {
			if s.first.Less(others[k].first) {
				rest = append(rest, span{s.first, others[k].first.Prev()})
			}
			if next := others[k].last.Next(); !next.IsValid() || s.last.Less(next) {
				open = false
			} else {
				s.first = next
			}
		}
		if open {
			rest = append(rest, s)
		}
	}
	return rest
}

// lowest is the lowest address; false where there is none.
func (r ranges) lowest() (netip.Addr, bool) {
	if len(r) == 0 {
		return netip.Addr{}, false
	}
	return r[0].first, true
}
