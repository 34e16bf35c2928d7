package policy

import (
	"cmp"
	"net/netip"
	"slices"

	"lockwire/engine"
)

// extent is all addresses that one side of a rule covers, whatever components there are: ranges of addresses that rules see, and names,
// each of which stands for addresses that nobody knows beforehand.
type extent struct {
	ranges ranges
	names  []nameToken // sorted
}

// nameToken is a name as it may be: any addresses at all. A host of a rule that encrypts stands for more than the same host of another
// rule, so that it has two tokens, and the other one the first of them.
type nameToken struct {
	selector engine.Selector
	wide     bool
}

func (t nameToken) compare(other nameToken) int {
	return cmp.Or(cmp.Compare(t.selector.Kind, other.selector.Kind), cmp.Compare(t.selector.Name, other.selector.Name), cmp.Compare(bit(t.wide), bit(other.wide)))
}

// extentOf gives what one side of a rule covers.
func (r *rule) extentOf(selectors []engine.Selector) extent {
	var e extent
	var spans []span
	for _, selector := range selectors {
		switch {
		case selector.Kind == engine.SelectAny:
			return everything
		case selector.Kind == engine.SelectPublic:
			spans = append(spans, publicRanges...)
		case selector.Kind == engine.SelectComponent: // whatever its case
			selector.Name = engine.Fold(selector.Name)
			fallthrough
		case selector.Named():
			e.names = append(e.names, nameToken{selector, false})
			if r.Encrypt && selector.Kind == engine.SelectHost {
				e.names = append(e.names, nameToken{selector, true})
			}
		default:
			spans = append(spans, span{selector.First, selector.Last})
		}
	}
	e.ranges = joined(spans).within(everything.ranges)
	slices.SortFunc(e.names, nameToken.compare)
	e.names = slices.Compact(e.names)
	return e
}

// everything is all that rules see. A name stands for a part of it.
var everything = extent{ranges: joined([]span{wholeOf(netip.IPv4Unspecified(), 0), wholeOf(netip.IPv6Unspecified(), 0)}).without(ignoredRanges)}

func (e *extent) isEverything() bool { return slices.Equal(e.ranges, everything.ranges) }

// isEmpty tells that nothing can lie in it.
func (e *extent) isEmpty() bool { return len(e.ranges) == 0 && len(e.names) == 0 }

// in tells whether all of it lies in another extent, whatever its names stand for.
func (e *extent) in(other *extent) bool {
	if other.isEverything() {
		return true
	}
	at := 0
	for _, name := range e.names {
		for at < len(other.names) && other.names[at].compare(name) < 0 {
			at++
		}
		if at == len(other.names) || other.names[at] != name {
			return false
		}
	}
	return e.ranges.in(other.ranges)
}

// with is what lies in either.
func (e *extent) with(other *extent) extent {
	names := slices.Concat(e.names, other.names)
	slices.SortFunc(names, nameToken.compare)
	return extent{joined(slices.Concat(e.ranges, other.ranges)), slices.Compact(names)}
}

// mayBePublic tells whether a public address can lie in it.
func (e *extent) mayBePublic() bool {
	return len(e.names) > 0 || len(e.ranges.within(publicRanges)) > 0
}
