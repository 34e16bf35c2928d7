package policy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"lockwire/engine"
)

// kinds groups components by all that the rules see of them, before and after a change. What a change makes of a pair is the same for
// all pairs of the same two kinds: ten thousand machines are fifty million pairs, and mostly of a few kinds.
type kinds struct {
	of      map[engine.ID]int
	members [][]engine.ID // of each kind, in the order of their ids; the kinds are in the order of their first
	digests [][]byte      // of the members, where they were asked for
}

// kindPair is a pair of kinds, the lower number first.
type kindPair [2]int

func (k *kinds) pair(a, b engine.ID) kindPair {
	x, y := k.of[a], k.of[b]
	return kindPair{min(x, y), max(x, y)}
}

// pairs is how many pairs of components are of these two kinds.
func (k *kinds) pairs(of kindPair) int {
	first, second := len(k.members[of[0]]), len(k.members[of[1]])
	if of[0] == of[1] {
		return first * (first - 1) / 2
	}
	return first * second
}

// digest stands for the members of a kind.
func (k *kinds) digest(kind int) []byte {
	if k.digests[kind] == nil {
		h := sha256.New()
		for _, id := range k.members[kind] {
			fmt.Fprintln(h, id)
		}
		k.digests[kind] = h.Sum(nil)
	}
	return k.digests[kind]
}

// kindsOf groups components, which are sorted by their ids.
func (c *comparison) kindsOf(ids []engine.ID) *kinds {
	k := &kinds{of: make(map[engine.ID]int, len(ids))}
	numbers := map[string]int{}
	var key []byte
	for _, id := range ids {
		key = c.after.kind(c.after.ends[id], c.before.kind(c.before.ends[id], key[:0]))
		key = append(key, bit(c.lacks(false, id)), bit(c.lacks(true, id)))
		number, known := numbers[string(key)]
		if !known {
			number = len(k.members)
			numbers[string(key)] = number
			k.members = append(k.members, nil)
		}
		k.of[id] = number
		k.members[number] = append(k.members[number], id)
	}
	k.digests = make([][]byte, len(k.members))
	return k
}

// kind writes all of a component that decides a mode or a limit.
func (f *field) kind(e *end, key []byte) []byte {
	key = append(key, bit(e.ThroughGateway()), bit(len(e.public) > 0))
	for i := range e.inSource {
		key = binary.LittleEndian.AppendUint64(key, e.inSource[i])
		key = binary.LittleEndian.AppendUint64(key, e.inTarget[i])
	}
	for number := range f.rules.exempting.each() {
		exempt := false
		if len(e.public) > 0 && (e.inSource.has(number) || e.inTarget.has(number)) {
			_, missed := f.rules.all[number].uncovered(e, e, f.names)
			exempt = !missed
		}
		key = append(key, bit(exempt))
	}
	if e.LocalLimit != nil { // it is named for the component
		key = append(key, e.ID...)
	}
	return append(key, 0)
}

func bit(is bool) byte {
	if is {
		return 1
	}
	return 0
}

// apart gives the pairs that are looked at one by one, sorted: those with a route, and those that are one machine.
func (c *comparison) apart() (apart []idPair) {
	there := func(pair idPair) bool {
		for _, id := range []engine.ID{pair.low, pair.high} {
			if c.before.ends[id] == nil || c.after.ends[id] == nil {
				return false
			}
		}
		return true
	}
	for pair := range c.links {
		if there(pair) {
			apart = append(apart, pair)
		}
	}
	for pair := range c.same {
		if there(pair) && pair.low != pair.high && len(c.links[pair]) == 0 {
			apart = append(apart, pair)
		}
	}
	slices.SortFunc(apart, func(a, b idPair) int { return cmp.Or(cmp.Compare(a.low, b.low), cmp.Compare(a.high, b.high)) })
	return apart
}

func (c *comparison) isApart(pair idPair) bool { return len(c.links[pair]) > 0 || c.same[pair] }

// turnover is what a change makes of the pairs of two kinds.
type turnover struct {
	matched       bool // by the changed rule
	differs, lost bool // lost goes from sealed to plain
	before, after engine.ProtectionState
}

// turnover works out one pair for all of its kinds. They are two machines.
func (c *comparison) turnover(source, target engine.ID) (t turnover) {
	was := c.before.situation(c.before.ends[source], c.before.ends[target], false)
	is := c.after.situation(c.after.ends[source], c.after.ends[target], false)
	old, now := was.rule().mode, is.rule().mode
	t.matched, t.differs = c.ruleMatches(was, is), old != now || limitsDiffer(was, is)
	t.lost = old == engine.Sealed && now == engine.Plain
	t.before, t.after = c.protection(old, false, false, source, target), c.protection(now, true, false, source, target)
	return t
}

// alike takes up all pairs but those that were looked at one by one: it counts them by their kinds, and names the first ones.
func (c *comparison) alike(ctx context.Context, ids []engine.ID, apart []idPair) error {
	k := c.kindsOf(ids)
	except := map[kindPair][]idPair{}
	for _, pair := range apart {
		if pair.low != pair.high {
			of := k.pair(pair.low, pair.high)
			except[of] = append(except[of], pair)
		}
	}
	remarkable := make([]bool, len(k.members)) // kinds with pairs of which some may be named
	lost, turned := 0, 0
	for a := range k.members {
		if err := ctx.Err(); err != nil {
			return err
		}
		for b := a; b < len(k.members); b++ {
			of := kindPair{a, b}
			pairs := k.pairs(of) - len(except[of])
			if pairs == 0 {
				continue
			}
			t := c.turnover(k.members[a][0], k.members[b][len(k.members[b])-1])
			c.effect.Pairs += pairs
			if t.matched {
				c.effect.Matched += pairs
			}
			switch {
			case t.lost:
				lost += pairs
				c.loseKinds(k, of, except[of])
			case t.differs:
				c.effect.OtherPairs += pairs
			}
			if t.before != t.after {
				turned += pairs
				c.turned.count(t.after, pairs)
			}
			if t.lost || t.before != t.after {
				remarkable[a], remarkable[b] = true, true
			}
		}
	}
	lost, c.effect.MoreLose = c.room(lost)
	c.nameAlike(ids, k, remarkable, lost, min(turned, engine.MaximumTurned))
	return nil
}

// room gives how many of the pairs without a route that lose encryption are still to be listed, and how many more there are with them.
func (c *comparison) room(lost int) (listed, more int) {
	listed = min(lost, max(engine.MaximumUnrouted-c.unrouted, 0))
	return listed, c.effect.MoreLose + lost - listed
}

// loseKinds takes up all pairs of two kinds that lose encryption, but for some.
func (c *comparison) loseKinds(k *kinds, of kindPair, but []idPair) {
	fmt.Fprintf(c.lost, "kinds %x %x\n", k.digest(of[0]), k.digest(of[1]))
	for _, pair := range but {
		fmt.Fprintf(c.lost, "but %s %s\n", pair.low, pair.high)
	}
}

// nameAlike names the first pairs, in the order of their ids: so many that lose encryption, and so many that are turned over.
func (c *comparison) nameAlike(ids []engine.ID, k *kinds, remarkable []bool, lost, turned int) {
	rows := map[int][]turnover{} // of a kind with each other one
	for i, source := range ids {
		if lost+turned == 0 {
			return
		}
		kind := k.of[source]
		if !remarkable[kind] {
			continue
		}
		row := rows[kind]
		if row == nil {
			row = make([]turnover, len(k.members))
			for other := range row {
				if remarkable[other] {
					row[other] = c.turnover(source, k.members[other][0])
				}
			}
			rows[kind] = row
		}
		for _, target := range ids[i+1:] {
			t := &row[k.of[target]]
			if !t.lost && t.before == t.after || c.isApart(idPair{source, target}) {
				continue
			}
			if t.lost && lost > 0 {
				lost--
				group := linkGroup{source: source, target: target, direction: engine.Push, routes: []string{}}
				c.list(group, c.decide(c.before, group, false), c.decide(c.after, group, false))
			}
			if t.before != t.after && turned > 0 {
				turned--
				c.turned.name(c.after.ends[source].label, c.after.ends[target].label, nil, t.before, t.after)
			}
			if lost+turned == 0 {
				return
			}
		}
	}
}
