package policy

import (
	"fmt"
	"strings"

	"lockwire/engine"
)

// whyNot says of every enabled rule that did not decide why, given the verdicts on those that matched.
func (s *situation) whyNot(considered []engine.Verdict) *engine.WhyNot {
	e := &explanation{situation: s}
	why := &engine.WhyNot{Rules: []engine.Verdict{}}
	for i := range s.rules.all {
		rule := &s.rules.all[i]
		switch {
		case len(considered) > 0 && considered[0].Rule == rule.Name: // both are sorted by name
			if considered[0].Lost != "" {
				why.Rules = append(why.Rules, considered[0])
			}
			considered = considered[1:]
		case !rule.Enabled:
			why.Off++
		default:
			lost, text := e.unmatched(rule)
			words := []string{"does not match: " + text}
			if !rule.Encrypt { // in one that encrypts, a host that has never resolved is no reason
				words = append(words, e.unresolved(rule)...)
			}
			why.Rules = append(why.Rules, engine.Verdict{Rule: rule.Name, Lost: lost, Text: strings.Join(words, "; ")})
		}
	}
	return why
}

// unmatched says why an enabled rule does not match. It reads the sets that the match was made of.
func (e *explanation) unmatched(rule *rule) (engine.Loss, string) {
	if rule.IsInternet() {
		return engine.NoPublicAddress, "neither of the two has a public address"
	}
	for _, component := range []*end{e.source, e.target} {
		if len(component.addresses) == 0 {
			return engine.NoAddress, component.label + " has no address that the rules see"
		}
	}
	inside := func(component *end) (source, target bool) {
		return component.inSource.has(rule.number), component.inTarget.has(rule.number)
	}
	sourceInSource, sourceInTarget := inside(e.source)
	targetInSource, targetInTarget := inside(e.target)
	anySource, anyTarget := sourceInSource || targetInSource, sourceInTarget || targetInTarget
	ends := fmt.Sprintf("%s or %s", e.source.words(), e.target.words())
	switch {
	case !anySource && !anyTarget:
		return engine.OutsideBoth, fmt.Sprintf("neither its source (%s) nor its target (%s) contains an address of %s", e.sideWords(rule, rule.Source), e.sideWords(rule, rule.Target), ends)
	case !anySource:
		return engine.OutsideSource, fmt.Sprintf("its source (%s) contains no address of %s", e.sideWords(rule, rule.Source), ends)
	case !anyTarget:
		return engine.OutsideTarget, fmt.Sprintf("its target (%s) contains no address of %s", e.sideWords(rule, rule.Target), ends)
	}
	// Were the other one on any side, the two would match.
	in, out := e.source, e.target
	if targetInSource {
		in, out = out, in
	}
	return engine.OnlyOneInside, fmt.Sprintf("%s lies in its source and in its target, but %s in neither", in.label, out.words())
}

// words name a component and its addresses.
func (e *end) words() string {
	texts := make([]string, len(e.addresses))
	for i, address := range e.addresses {
		texts[i] = address.Address.String()
	}
	return fmt.Sprintf("%s (%s)", e.label, strings.Join(few(texts), ", "))
}

// sideWords write the entries of one side of a rule; names that stand for nothing say so.
func (e *explanation) sideWords(rule *rule, selectors []engine.Selector) string {
	texts := make([]string, len(selectors))
	for i, selector := range selectors {
		texts[i] = selector.String()
		if selector.Named() && len(e.names.of(selector, rule.Encrypt).addresses()) == 0 {
			texts[i] += " without any address"
		}
	}
	return strings.Join(few(texts), ", ")
}
