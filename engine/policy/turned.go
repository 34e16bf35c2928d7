package policy

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"lockwire/engine"
)

// turning gathers the pairs that a change turns over. It names no more than engine.MaximumTurned of each kind, however many there are.
type turning struct {
	engine.Turned
	routed, others []engine.TurnedPair
}

// count counts pairs that are turned over.
func (t *turning) count(after engine.ProtectionState, pairs int) {
	switch after {
	case engine.ProtectionSealed:
		t.Sealed += pairs
	case engine.ProtectionPlain:
		t.Plain += pairs
	case engine.ProtectionRefused:
		t.Refused += pairs
	}
}

// name names a pair that was counted, where there is room.
func (t *turning) name(source, target string, groups []linkGroup, before, after engine.ProtectionState) {
	list := &t.others
	if len(groups) > 0 {
		list = &t.routed
	}
	if len(*list) >= engine.MaximumTurned {
		return
	}
	pair := engine.TurnedPair{NamedPair: engine.NamedPair{Source: source, Target: target}, Before: before, After: after}
	for _, group := range groups {
		pair.Routes = append(pair.Routes, group.routes...)
	}
	slices.Sort(pair.Routes)
	pair.Routes = slices.Compact(pair.Routes)
	*list = append(*list, pair)
}

// all gives what was gathered; nil where nothing was.
func (t *turning) all() *engine.Turned {
	if t.Count() == 0 {
		return nil
	}
	for _, list := range [][]engine.TurnedPair{t.routed, t.others} {
		slices.SortStableFunc(list, func(a, b engine.TurnedPair) int {
			return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Target, b.Target))
		})
		t.Pairs = append(t.Pairs, list...)
	}
	t.Pairs = t.Pairs[:min(len(t.Pairs), engine.MaximumTurned)]
	t.More = t.Count() - len(t.Pairs)
	return &t.Turned
}

// protection says what becomes of a pair's sessions in one of the two states. same tells that it is one machine.
func (c *comparison) protection(mode engine.Mode, after, same bool, source, target engine.ID) engine.ProtectionState {
	switch {
	case !same && (c.lacks(after, source) || c.lacks(after, target)):
		return engine.ProtectionRefused
	case mode == engine.Sealed:
		return engine.ProtectionSealed
	}
	return engine.ProtectionPlain
}

func (c *comparison) lacks(after bool, id engine.ID) bool {
	return c.change.Lacks != nil && c.change.Lacks(after, id)
}

// turn takes up a pair whose protection changes. The route's source is named first where there is one.
func (c *comparison) turn(source, target engine.ID, old, now engine.Mode) {
	same := c.same[pairOf(source, target)]
	before, after := c.protection(old, false, same, source, target), c.protection(now, true, same, source, target)
	if before == after {
		return
	}
	groups := c.links[pairOf(source, target)]
	if len(groups) > 0 {
		source, target = groups[0].source, groups[0].target
	}
	c.turned.count(after, 1)
	c.turned.name(c.after.ends[source].label, c.after.ends[target].label, groups, before, after)
}

// gone takes up the pairs of the components that only the state before has: nothing is to be had of them any more.
func (c *comparison) gone() {
	ids := slices.Sorted(maps.Keys(c.before.ends))
	for _, source := range ids {
		if c.after.ends[source] != nil {
			continue
		}
		e := c.before.ends[source]
		for _, target := range ids {
			if target == source || c.after.ends[target] == nil && target < source {
				continue
			}
			other := c.before.ends[target]
			same := c.same[pairOf(source, target)]
			mode := c.before.situation(e, other, same).rule().mode
			if before := c.protection(mode, false, same, source, target); before != engine.ProtectionRefused {
				c.turned.count(engine.ProtectionRefused, 1)
				c.turned.name(e.label, other.label, c.links[pairOf(source, target)], before, engine.ProtectionRefused)
			}
		}
	}
}
