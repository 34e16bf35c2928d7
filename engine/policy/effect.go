package policy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net/netip"
	"slices"
	"strings"
	"time"

	"lockwire/engine"
)

// Change is what [Effect] needs to know besides the two states.
type Change struct {
	// Rule is the name of the one rule that the change adds, edits or removes; empty where it is of no single rule.
	Rule   string
	Moment time.Time
	// SameMachine are the pairs of which the broker has proven that they are one machine.
	SameMachine []IDPair
	Live        []LiveSession
	// Lacks tells whether a component lacks something, before or after the change, without which its sessions with any other machine are
	// refused, whatever the rules say; nil: none does.
	Lacks func(after bool, id engine.ID) bool
	// LiveSessions gives how many live sessions share the limit of a rule; nil: one.
	LiveSessions func(rule string) int
}

// LiveSession is a session that goes on while the change is made.
type LiveSession struct {
	ID             engine.ID
	Source, Target engine.ID
	Direction      engine.Direction
	SameMachine    bool
	Path           netip.Addr // the target's address that it uses
	// Decision is the one that it goes by.
	Decision engine.SessionDecision
}

// Effect compares the decisions of all pairs of components before and after a change.
//
// Pairs with a route, in either state, are listed where their decision differs, each in the direction of its routes. Of other
// pairs those that go from sealed to plain are listed, up to engine.MaximumUnrouted, and the rest is counted, each once. A component that only one of the states has is in no pair: one that is revoked is in the
// warnings, with its routes, its sessions and the rules that name it.
//
// A session is stale when the change turns its mode over; a changed limit does not make it stale, because limits come into
// force on live sessions too. The error is that of ctx.
func Effect(ctx context.Context, before, after State, change Change) (engine.Effect, error) {
	c := newComparison(before, after, change)
	var ids []engine.ID
	for id := range c.after.ends {
		if c.before.ends[id] != nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	apart := c.apart()
	for _, pair := range apart {
		if err := ctx.Err(); err != nil {
			return engine.Effect{}, err
		}
		c.pair(pair.low, pair.high)
	}
	if err := c.alike(ctx, ids, apart); err != nil {
		return engine.Effect{}, err
	}
	c.gone()
	c.effect.Turned = c.turned.all()
	c.sessions()
	if lost := c.effect.LosesEncryption(); lost > 0 {
		words := fmt.Sprintf("%d links go from sealed to plain", lost)
		if lost == 1 {
			words = "1 link goes from sealed to plain"
		}
		c.effect.Asks = append(c.effect.Asks, engine.NewAsk(engine.AskEncryption, words, hex.EncodeToString(c.lost.Sum(nil))))
	}
	c.effect.Warnings = warnings(&before, &after, &change, c.before, c.after)
	slices.SortStableFunc(c.effect.Links, func(a, b engine.LinkEffect) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Target, b.Target))
	})
	return c.effect, nil
}

func newComparison(before, after State, change Change) *comparison {
	c := &comparison{
		change: change,
		before: newField(&before, change.Moment),
		after:  newField(&after, change.Moment),
		links:  groupLinks(slices.Concat(before.Links, after.Links)),
		same:   make(map[idPair]bool, len(change.SameMachine)),
		effect: engine.Effect{Links: []engine.LinkEffect{}},
		lost:   sha256.New(),
	}
	for _, pair := range change.SameMachine {
		c.same[pairOf(pair[0], pair[1])] = true
	}
	c.findRule()
	return c
}

// comparison is an effect being worked out.
type comparison struct {
	change        Change
	before, after *field
	links         map[idPair][]linkGroup
	same          map[idPair]bool // one machine
	effect        engine.Effect
	turned        turning
	// lost takes up what goes from sealed to plain: each link of its own, in the order of the pairs' ids, and then kinds of pairs.
	lost hash.Hash
	// unrouted counts the pairs without a route that do.
	unrouted int
	// rule is the changed rule, in the state in which it counts; nil where there is none.
	rule     *rule
	ruleIsIn *field
}

// idPair is a pair of components in the order of their ids.
type idPair struct{ low, high engine.ID }

func pairOf(a, b engine.ID) idPair {
	if b < a {
		a, b = b, a
	}
	return idPair{a, b}
}

// linkGroup is all routes of one flow from one component to another: they share one decision.
type linkGroup struct {
	source, target engine.ID
	direction      engine.Direction
	routes         []string
}

func groupLinks(links []Link) map[idPair][]linkGroup {
	groups := map[idPair][]linkGroup{}
	for _, link := range links {
		key := pairOf(link.Source, link.Target)
		at := slices.IndexFunc(groups[key], func(g linkGroup) bool {
			return g.source == link.Source && g.target == link.Target && g.direction == link.Direction
		})
		if at < 0 {
			at = len(groups[key])
			groups[key] = append(groups[key], linkGroup{source: link.Source, target: link.Target, direction: link.Direction})
		}
		group := &groups[key][at]
		if !slices.Contains(group.routes, link.Route) {
			group.routes = append(group.routes, link.Route)
			slices.Sort(group.routes)
		}
	}
	return groups
}

// findRule finds the changed rule: as it will be or, where it is gone or off then, as it was.
func (c *comparison) findRule() {
	if c.change.Rule == "" {
		return
	}
	now := c.after.rules.find(c.change.Rule)
	if now != nil && now.Enabled {
		c.rule, c.ruleIsIn = now, c.after
		return
	}
	was := c.before.rules.find(c.change.Rule)
	if now != nil && now.ID != "" { // it may have been renamed in the same edit
		for i := range c.before.rules.all {
			if c.before.rules.all[i].ID == now.ID {
				was = &c.before.rules.all[i]
			}
		}
	}
	if was != nil && was.Enabled {
		c.rule, c.ruleIsIn = was, c.before
	}
}

// ruleMatches tells whether the changed rule matches the pair whose situations these are.
func (c *comparison) ruleMatches(was, is *situation) bool {
	if c.rule == nil {
		return false
	}
	s := is
	if c.ruleIsIn == c.before {
		s = was
	}
	if c.rule.IsInternet() {
		return s.hasPublic()
	}
	return s.matched.has(c.rule.number)
}

// pair compares one pair of components.
func (c *comparison) pair(source, target engine.ID) {
	same := c.same[pairOf(source, target)]
	was := c.before.situation(c.before.ends[source], c.before.ends[target], same)
	is := c.after.situation(c.after.ends[source], c.after.ends[target], same)
	c.effect.Pairs++
	if c.ruleMatches(was, is) {
		c.effect.Matched++
	}
	old, now := was.rule().mode, is.rule().mode
	if source != target {
		c.turn(source, target, old, now)
	}
	if old == now && !limitsDiffer(was, is) {
		return
	}
	groups := c.links[pairOf(source, target)]
	if len(groups) == 0 {
		if old != engine.Sealed || now != engine.Plain {
			c.effect.OtherPairs++
			return
		}
		c.lose(source, target, "")
		if c.unrouted++; c.unrouted > engine.MaximumUnrouted {
			c.effect.MoreLose++
			return
		}
		groups = []linkGroup{{source: source, target: target, direction: engine.Push, routes: []string{}}}
		was, is := c.decide(c.before, groups[0], same), c.decide(c.after, groups[0], same)
		c.list(groups[0], was, is)
		return
	}
	for _, group := range groups {
		// So far both flows and directions were looked at; a route's own may be untouched.
		was, is := c.decide(c.before, group, same), c.decide(c.after, group, same)
		if !was.Differs(&is) {
			continue
		}
		if was.Mode == engine.Sealed && is.Mode == engine.Plain {
			c.lose(group.source, group.target, group.direction)
		}
		c.list(group, was, is)
	}
}

func (c *comparison) list(group linkGroup, was, is engine.SessionDecision) {
	c.effect.Links = append(c.effect.Links, engine.LinkEffect{
		Source: c.after.ends[group.source].label, Target: c.after.ends[group.target].label, Routes: group.routes, Before: was, After: is,
	})
}

// lose takes up one link that goes from sealed to plain.
func (c *comparison) lose(source, target engine.ID, direction engine.Direction) {
	fmt.Fprintf(c.lost, "%s %s %s\n", source, target, direction)
}

func (c *comparison) decide(f *field, group linkGroup, same bool) engine.SessionDecision {
	return f.situation(f.ends[group.source], f.ends[group.target], same).session(group.direction, netip.Addr{}, c.change.LiveSessions)
}

// sessions finds the live sessions that the change makes stale.
func (c *comparison) sessions() {
	for i := range c.change.Live {
		live := &c.change.Live[i]
		if c.after.ends[live.Source] == nil || c.after.ends[live.Target] == nil || c.before.ends[live.Source] == nil || c.before.ends[live.Target] == nil {
			continue // it is cut, not stale: the warnings count it
		}
		was := c.before.situation(c.before.ends[live.Source], c.before.ends[live.Target], live.SameMachine).rule()
		is := c.after.situation(c.after.ends[live.Source], c.after.ends[live.Target], live.SameMachine)
		if mode := is.rule().mode; mode == was.mode || mode == live.Decision.Mode {
			continue
		}
		c.effect.StaleSessions = append(c.effect.StaleSessions, engine.StaleSession{
			ID:     live.ID,
			Source: c.after.ends[live.Source].label,
			Target: c.after.ends[live.Target].label,
			Before: live.Decision,
			After:  is.session(live.Direction, live.Path, c.change.LiveSessions),
		})
	}
	slices.SortFunc(c.effect.StaleSessions, func(a, b engine.StaleSession) int { return cmp.Compare(a.ID, b.ID) })
}
