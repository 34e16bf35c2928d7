package policy

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"lockwire/engine"
)

// CoverageChecks are what [Coverage] needs to know besides the state; nil knows of nothing.
type CoverageChecks struct {
	// SameMachine tells of which pairs the broker has proven that they are one machine.
	SameMachine func(a, b engine.ID) bool
	// Used tells whether a live session crosses an address.
	Used func(address netip.Addr) bool
}

// Coverage decides for all pairs of components. The error is that of ctx.
func Coverage(ctx context.Context, state State, moment time.Time, checks CoverageChecks) (engine.Coverage, error) {
	if checks.SameMachine == nil {
		checks.SameMachine = func(engine.ID, engine.ID) bool { return false }
	}
	if checks.Used == nil {
		checks.Used = func(netip.Addr) bool { return false }
	}
	c := covering{field: newField(&state, moment), checks: checks, automatic: map[int]*tally{}}
	c.result = engine.Coverage{At: moment, Components: []engine.Covered{}, Rows: []string{}, Routed: [][2]int{}, Findings: []engine.CoverageFinding{}}
	for id, e := range c.field.ends {
		c.result.Components = append(c.result.Components, engine.Covered{ID: id, Name: e.label, Role: e.Role})
	}
	slices.SortFunc(c.result.Components, func(a, b engine.Covered) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	c.findRouted(state.Links)
	if err := c.decideAll(ctx); err != nil {
		return engine.Coverage{}, err
	}
	c.find()
	return c.result, nil
}

// covering is one coverage in the making.
type covering struct {
	field  *field
	checks CoverageChecks
	result engine.Coverage
	routed map[[2]int]bool
	// automatic counts, for each component with a public interface, the pairs that only its interfaces seal.
	automatic map[int]*tally
	plain     []engine.CoverageFinding
	morePlain int
}

type tally struct{ pairs, routed int }

// findRouted notes which pairs have a route that is enabled, both ways round.
func (c *covering) findRouted(links []Link) {
	indexes := make(map[engine.ID]int, len(c.result.Components))
	for i, component := range c.result.Components {
		indexes[component.ID] = i
	}
	c.routed = map[[2]int]bool{}
	listed := map[[2]int]bool{}
	for _, link := range links {
		source, known := indexes[link.Source]
		target, both := indexes[link.Target]
		if !known || !both || source == target || link.Off {
			continue
		}
		if pair := [2]int{source, target}; !listed[pair] {
			listed[pair] = true
			c.result.Routed = append(c.result.Routed, pair)
		}
		c.routed[[2]int{min(source, target), max(source, target)}] = true
	}
}

func (c *covering) decideAll(ctx context.Context) error {
	count := len(c.result.Components)
	rows := make([][]byte, count)
	for i := range rows {
		rows[i] = make([]byte, count)
		rows[i][i] = engine.CoverageLetter("")
	}
	for i, source := range c.result.Components {
		if err := ctx.Err(); err != nil {
			return err
		}
		for j := i + 1; j < count; j++ {
			target := c.result.Components[j]
			s := c.field.situation(c.field.ends[source.ID], c.field.ends[target.ID], c.checks.SameMachine(source.ID, target.ID))
			ruling := s.rule()
			letter := engine.CoverageLetter(ruling.by)
			rows[i][j], rows[j][i] = letter, letter
			if ruling.mode == engine.Sealed {
				c.result.Sealed++
			} else {
				c.result.Plain++
			}
			c.note(i, j, s, ruling)
		}
	}
	for _, row := range rows {
		c.result.Rows = append(c.result.Rows, string(row))
	}
	return nil
}

// note counts a pair for the findings.
func (c *covering) note(i, j int, s *situation, ruling ruling) {
	routed := 0
	if c.routed[[2]int{i, j}] {
		routed = 1
	}
	switch {
	case ruling.by == engine.ByAutomatic && (len(s.source.public) == 0 || len(s.target.public) == 0):
		at := i
		if len(s.source.public) == 0 {
			at = j
		}
		t := c.automatic[at]
		if t == nil {
			t = &tally{}
			c.automatic[at] = t
		}
		t.pairs++
		t.routed += routed
	case ruling.mode == engine.Plain && ruling.by != engine.BySameMachine && s.hasPublic():
		// Those with a route come first when there are too many to name.
		if len(c.plain) >= engine.MaximumFindings && routed == 0 {
			c.morePlain++
			return
		}
		has, other := s.source, s.target
		if len(has.public) == 0 {
			has, other = other, has
		}
		c.plain = append(c.plain, engine.CoverageFinding{
			Kind: engine.PlainAlthoughPublic, Component: has.label, Other: other.label, Addresses: has.public, Pairs: 1, Routed: routed,
			Text: fmt.Sprintf("%s and %s talk plain although %s has the public address %s: %s.", has.label, other.label, has.label, texts(has.public), c.why(ruling)),
		})
	}
}

// why says what keeps a pair with a public address plain.
func (c *covering) why(ruling ruling) string {
	switch {
	case ruling.by == engine.ByExempt:
		return "a trusted link exempts them"
	case c.field.rules.override:
		return "automatic encryption is turned off (DisablePublicIPTrafficEncryption)"
	case !c.field.rules.internet.Enabled:
		return "the rule " + engine.InternetRuleName + " is off"
	}
	return "the rule " + engine.InternetRuleName + " does not encrypt"
}

// find writes the findings: first what is plain, those with a route before others.
func (c *covering) find() {
	slices.SortStableFunc(c.plain, func(a, b engine.CoverageFinding) int { return cmp.Compare(b.Routed, a.Routed) })
	if over := len(c.plain) - engine.MaximumFindings; over > 0 {
		c.morePlain += over
		c.plain = c.plain[:engine.MaximumFindings]
	}
	if c.morePlain > 0 {
		c.plain[len(c.plain)-1].Text += fmt.Sprintf(" So are %d other pairs.", c.morePlain)
	}
	c.result.Findings = append(c.result.Findings, c.plain...)
	for i, component := range c.result.Components {
		t := c.automatic[i]
		if t == nil {
			continue
		}
		public := c.field.ends[component.ID].public
		c.result.Findings = append(c.result.Findings, engine.CoverageFinding{
			Kind: engine.SealedOnlyBecause, Component: component.Name, Addresses: public, Pairs: t.pairs, Routed: t.routed,
			Text: fmt.Sprintf("%s only because it has %s%s.", sealedLinks(t.pairs, component.Name), texts(public), c.usedWords(public)),
		})
	}
}

// usedWords says whether any of the addresses carries traffic, as far as live sessions tell.
func (c *covering) usedWords(addresses []engine.Address) string {
	for _, address := range addresses {
		if c.checks.Used(address.Address) {
			return ""
		}
	}
	return ", which no live session uses"
}

// sealedLinks says how many links of a component are sealed.
func sealedLinks(pairs int, component string) string {
	if pairs == 1 {
		return "One link of " + component + " is sealed"
	}
	return fmt.Sprintf("%d links of %s are sealed", pairs, component)
}

func texts(addresses []engine.Address) string {
	all := make([]string, len(addresses))
	for i, address := range addresses {
		all[i] = address.String()
		if address.Interface != "" {
			all[i] += " on " + address.Interface
		}
	}
	return strings.Join(all, ", ")
}
