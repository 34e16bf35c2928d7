package policy

import (
	"context"
	"math/bits"
	"slices"
	"strings"
	"time"

	"lockwire/engine"
)

// IDPair is a pair of components, the one with the lower id first.
type IDPair [2]engine.ID

// AutomaticPairs gives the pairs that nothing but automatic encryption seals at a moment, each once, sorted. In a state whose
// override is set these are the pairs that it turns plain: what the override would leave sealed is not among them. SameMachine
// tells of which pairs the broker has proven that they are one machine; nil: of none. The error is that of ctx.
func AutomaticPairs(ctx context.Context, state State, moment time.Time, sameMachine func(a, b engine.ID) bool) ([]IDPair, error) {
	without := *state.Rules
	without.override = false
	state.Rules = &without
	f := newField(&state, moment)
	ids := make([]engine.ID, 0, len(f.ends))
	for id := range f.ends {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var pairs []IDPair
	for i, a := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, b := range ids[i+1:] {
			same := sameMachine != nil && sameMachine(a, b)
			if f.situation(f.ends[a], f.ends[b], same).rule().by == engine.ByAutomatic {
				pairs = append(pairs, IDPair{a, b})
			}
		}
	}
	return pairs, nil
}

// Sides are components on the two sides of a rule: it is about each of one side with each of the other.
type Sides struct{ Source, Target []engine.ID }

// SidesOf gives the sides of rules that are together about exactly these pairs. Components that have the same partners share a
// rule, so that one is enough where some machines have public addresses and all others talk to them. A side has at most
// engine.MaximumSelectors entries.
func SidesOf(pairs []IDPair) []Sides {
	g := newGraph(pairs)
	var all []Sides
	for {
		one, any := g.busiest()
		if !any {
			return all
		}
		sources, targets := g.alike(one)
		for source := range slices.Chunk(sources, engine.MaximumSelectors) {
			for target := range slices.Chunk(targets, engine.MaximumSelectors) {
				all = append(all, Sides{g.named(source), g.named(target)})
			}
		}
		g.remove(sources)
	}
}

// graph has components as its points and pairs as its edges. No point has an edge to itself.
type graph struct {
	ids      []engine.ID
	partners []set
}

func newGraph(pairs []IDPair) *graph {
	g := &graph{}
	for _, pair := range pairs {
		g.ids = append(g.ids, pair[:]...)
	}
	slices.Sort(g.ids)
	g.ids = slices.Compact(g.ids)
	for range g.ids {
		g.partners = append(g.partners, newSet(len(g.ids)))
	}
	for _, pair := range pairs {
		a, _ := slices.BinarySearch(g.ids, pair[0])
		b, _ := slices.BinarySearch(g.ids, pair[1])
		if a != b {
			g.partners[a].add(uint32(b))
			g.partners[b].add(uint32(a))
		}
	}
	return g
}

// busiest gives the point with the most edges; false where none has any.
func (g *graph) busiest() (busiest uint32, any bool) {
	most := 0
	for i, partners := range g.partners {
		count := 0
		for _, word := range partners {
			count += bits.OnesCount64(word)
		}
		if count > most {
			busiest, most = uint32(i), count
		}
	}
	return busiest, most > 0
}

// alike gives the points that have the same edges as one, itself among them, and where those lead. Points that are joined to each
// other are alike where they have all other edges in common; they are then among the targets, too.
func (g *graph) alike(one uint32) (sources, targets []uint32) {
	closed := func(point uint32) set {
		s := slices.Clone(g.partners[point])
		s.add(point)
		return s
	}
	joined, apart := []uint32{one}, []uint32{one}
	around := closed(one)
	for i := range g.partners {
		switch other := uint32(i); {
		case other == one:
		case g.partners[one].has(other):
			if slices.Equal(closed(other), around) {
				joined = append(joined, other)
			}
		case slices.Equal(g.partners[other], g.partners[one]):
			apart = append(apart, other)
		}
	}
	if len(joined) > 1 {
		return joined, slices.Collect(around.each())
	}
	return apart, slices.Collect(g.partners[one].each())
}

// remove takes the edges of points away.
func (g *graph) remove(points []uint32) {
	gone := newSet(len(g.ids))
	gone.addAll(points)
	for i, partners := range g.partners {
		if gone.has(uint32(i)) {
			clear(partners)
			continue
		}
		for w := range partners {
			partners[w] &^= gone[w]
		}
	}
}

func (g *graph) named(points []uint32) []engine.ID {
	ids := make([]engine.ID, len(points))
	for i, point := range points {
		ids[i] = g.ids[point]
	}
	return ids
}

// ByComponents gives the entries of a rule's side for components, in the order of their names.
func ByComponents(ids []engine.ID, name func(engine.ID) string) []engine.Selector {
	selectors := make([]engine.Selector, len(ids))
	for i, id := range ids {
		selectors[i] = engine.Selector{Kind: engine.SelectComponent, Name: name(id)}
	}
	slices.SortFunc(selectors, func(a, b engine.Selector) int { return strings.Compare(a.Name, b.Name) })
	return selectors
}
