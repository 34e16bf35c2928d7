package policy

import (
	"fmt"
	"slices"
	"strings"

	"lockwire/engine"
)

// consider gives every rule that matched its verdict, and notes what the names in it stood for.
func (e *explanation) consider() {
	internetAt := e.rules.internet.number
	internet := e.rules.internet.Enabled && e.hasPublic()
	for number := range e.matched.each() {
		if internet && number > internetAt {
			e.considerInternet()
			internet = false
		}
		rule := &e.rules.all[number]
		how, _ := rule.witness(e.source, e.target, e.names)
		e.decision.Considered = append(e.decision.Considered, e.verdict(rule, how))
		e.names.noteNames(&e.decision, rule, engine.Selector.Named)
	}
	if internet {
		e.considerInternet()
	}
}

func (e *explanation) considerInternet() {
	e.decision.Considered = append(e.decision.Considered, e.verdict(e.rules.internet, e.internetWitness()))
}

// internetWitness is how the predefined rule matched: by a public address of either, whatever the other has.
func (e *explanation) internetWitness() (how witness) {
	first := func(addresses []engine.Address) (address engine.Address) {
		if len(addresses) > 0 {
			address = addresses[0]
		}
		return address
	}
	if len(e.target.public) > 0 {
		return witness{first(e.source.addresses), e.target.public[0], false}
	}
	return witness{e.source.public[0], first(e.target.addresses), true}
}

// noteNames keeps, for a decision, what the names in a rule stood for that pass.
func (b *binding) noteNames(decision *engine.Decision, rule *rule, pass func(engine.Selector) bool) {
	for _, selectors := range [][]engine.Selector{rule.Source, rule.Target} {
		for _, selector := range selectors {
			if pass(selector) {
				b.noteName(decision, selector, rule.Encrypt)
			}
		}
	}
}

func (b *binding) noteName(decision *engine.Decision, selector engine.Selector, encrypts bool) {
	if decision.Names == nil {
		decision.Names = map[string]engine.NameMeaning{}
	}
	// Two rules may read one host differently; the wider reading holds all of the other.
	key, stood := selector.String(), b.of(selector, encrypts)
	addresses := stood.addresses()
	if known, found := decision.Names[key]; !found || len(addresses) > len(known.Addresses) {
		decision.Names[key] = engine.NameMeaning{Addresses: addresses, Since: stood.answer.Since, Answered: stood.answer.Answered, Problem: stood.answer.Problem}
	}
}

// verdict says what became of a rule that matched.
func (e *explanation) verdict(rule *rule, how witness) engine.Verdict {
	v := engine.Verdict{
		Rule:          rule.Name,
		Matched:       true,
		SourceAddress: addressText(how.source),
		TargetAddress: addressText(how.target),
		Reversed:      how.reversed,
		Won:           slices.Contains(e.decision.Rules, rule.Name),
	}
	words := []string{e.matchWords(how)}
	words = append(words, e.unresolved(rule)...)
	lost, text := e.fate(rule, v.Won)
	words = append(words, text)
	if rule.Throttle != nil {
		for _, way := range e.ways {
			noLimit, text := e.throttleFate(rule, way)
			v.Throttles = v.Throttles || noLimit == ""
			words = append(words, text)
			if lost == engine.SaysNothing { // a limit is all that the rule is for
				lost = noLimit
			}
		}
	}
	if !v.Won && !v.Throttles {
		v.Lost = lost
	}
	v.Text = strings.Join(words, "; ")
	return v
}

func addressText(a engine.Address) string {
	if !a.Address.IsValid() {
		return ""
	}
	return a.Address.String()
}

func (e *explanation) matchWords(how witness) string {
	words := func(a engine.Address, label, side string) string {
		if !a.Address.IsValid() {
			return fmt.Sprintf("%s, which has no address,", label)
		}
		return fmt.Sprintf("%s of %s lies in its %s", addressWords(a), label, side)
	}
	sides, way := [2]string{"source", "target"}, "matches as written"
	if how.reversed {
		sides, way = [2]string{"target", "source"}, "matches the other way round"
	}
	return fmt.Sprintf("%s: %s, %s", way, words(how.source, e.source.label, sides[0]), words(how.target, e.target.label, sides[1]))
}

// unresolved says which hosts of a rule are not known, or not whole, and what that means for it.
func (e *explanation) unresolved(rule *rule) (words []string) {
	for _, selector := range slices.Concat(rule.Source, rule.Target) {
		if !selector.Named() {
			continue
		}
		stood := e.names.of(selector, rule.Encrypt)
		switch {
		case !stood.unresolved && stood.everything:
			words = append(words, fmt.Sprintf("%s has more addresses than the %d that are kept, so that it counts as matching because the rule encrypts", selector, engine.MaximumHostAddresses))
		case !stood.unresolved:
		case rule.Encrypt:
			words = append(words, fmt.Sprintf("%s has never resolved, which counts as matching because the rule encrypts", selector))
		default:
			words = append(words, fmt.Sprintf("%s has never resolved, which counts as not matching because the rule does not encrypt", selector))
		}
	}
	return words
}

// fate says what a rule that matched did to the mode, and why it did nothing.
func (e *explanation) fate(rule *rule, won bool) (lost engine.Loss, text string) {
	by := e.ruling.by
	switch {
	case won && rule.Exempt != nil:
		return "", "trusted link, contains every public address of the two: no automatic encryption"
	case won:
		return "", "encrypts: the traffic is sealed"
	case rule.Exempt == nil && !rule.Encrypt:
		return engine.SaysNothing, "says nothing about encryption"
	case by == engine.ByProviderGateway:
		return engine.BeforeRules, "not asked, a provider gateway's traffic is sealed before the rules"
	case by == engine.BySameMachine:
		return engine.BeforeRules, "not asked, traffic within one machine is plain before the rules"
	case rule.Exempt != nil && by == engine.ByRule:
		return engine.RuleEncrypts, "trusted link, which never beats " + plural(e.decision.Rules, "a rule with encrypt: ", "rules with encrypt: ")
	case rule.Exempt != nil && by == engine.ByAutomatic:
		lost, text := e.failedExemption(rule)
		return lost, "trusted link, but " + text
	case rule.Exempt != nil:
		return engine.NothingToExempt, "trusted link, but there is no automatic encryption to switch off"
	case by == engine.ByRule: // Internet
		return engine.RuleEncrypts, "would encrypt, but " + plural(e.decision.Rules, "a rule does so already: ", "rules do so already: ")
	case by == engine.ByExempt:
		return engine.TrustedLink, "would encrypt, but " + plural(e.decision.Rules, "a trusted link switches that off: ", "trusted links switch that off: ")
	}
	return engine.OverrideSet, "would encrypt, but " + e.rules.overrideWords
}

// throttleFate says whether the limit of a rule that matched holds in one direction, and why not.
func (e *explanation) throttleFate(rule *rule, way oneWay) (lost engine.Loss, text string) {
	timed := e.limitOf(rule)
	h, _ := e.holderOf(way)
	to := e.target.label
	if !way.toTarget {
		to = e.source.label
	}
	switch {
	case e.oneMachine():
		return engine.BeforeRules, "does not throttle within one machine"
	case timed.cell == engine.Off:
		return engine.OutsideHours, fmt.Sprintf("does not throttle at %s, %s", e.moment.In(rule.zone).Format("Monday 15:04 MST"), rule.nextWords(e.moment))
	case rule.spared(way):
		return engine.SparesRestores, fmt.Sprintf("never throttles restores, such as data to %s", to)
	case h.rule == rule:
		return "", fmt.Sprintf("throttles data to %s to %s", to, timed.limit)
	}
	relation := "lower"
	if h.limit.BytesPerSecond() == timed.limit.BytesPerSecond() {
		relation = "equal, first by name"
	}
	return engine.StricterLimit, fmt.Sprintf("would throttle data to %s to %s, but %s (%s) is %s", to, timed.limit, h.name, h.limit, relation)
}
