package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"lockwire/engine"
)

// explanation is a decision being put into words.
type explanation struct {
	*situation
	path     netip.Addr
	ways     []oneWay
	holders  []holder // by way; a zero one where no limit holds
	ruling   ruling
	decision engine.Decision
}

// explain decides and says why. The limits are given in the order of ways.
func (s *situation) explain(path netip.Addr, ways []oneWay, live func(rule string) int) (engine.Decision, []*engine.AppliedThrottle) {
	e := &explanation{situation: s, path: engine.PlainAddress(path), ways: ways, ruling: s.rule()}
	e.decision = engine.Decision{Mode: e.ruling.mode, By: e.ruling.by, Rules: e.deciding(), Exemptions: e.exempting(), Triggers: e.triggers()}
	applied := make([]*engine.AppliedThrottle, len(ways))
	e.holders = make([]holder, len(ways))
	for i, way := range ways {
		if lowest, found := s.lowest(way); found {
			e.holders[i], applied[i] = lowest, lowest.apply(live(lowest.name))
		}
	}
	e.steps()
	for _, way := range ways {
		e.throttleStep(way)
	}
	e.consider()
	return e.decision, applied
}

// deciding names the rules that decided, sorted; empty where none did.
func (e *explanation) deciding() []string {
	names := []string{}
	switch e.ruling.by {
	case engine.ByRule:
		for number := range e.matched.both(e.rules.encrypting) {
			names = append(names, e.rules.all[number].Name)
		}
	case engine.ByAutomatic:
		names = append(names, e.rules.internet.Name)
	case engine.ByExempt:
		for _, exemption := range e.exempting() {
			names = append(names, exemption.Rule)
		}
	}
	return names
}

// exempting are the trusted links that keep the pair plain, sorted by name; empty where something else decides.
func (e *explanation) exempting() []engine.AppliedExemption {
	if e.ruling.by != engine.ByExempt {
		return nil
	}
	var all []engine.AppliedExemption
	for number := range e.matched.both(e.rules.exempting) {
		if rule := &e.rules.all[number]; e.exempts(rule) {
			all = append(all, engine.AppliedExemption{Rule: rule.Name, Reason: rule.Exempt.Reason, Until: rule.Exempt.Until, Ends: rule.until.UTC()})
		}
	}
	return all
}

// triggers are the public interfaces of both, the source's first.
func (e *explanation) triggers() []engine.Trigger {
	var triggers []engine.Trigger
	for i, component := range []*end{e.source, e.target} {
		for _, address := range component.public {
			triggers = append(triggers, engine.Trigger{
				Component: component.Name,
				Side:      [...]string{"source", "target"}[i],
				Address:   address,
				OnPath:    address.Address == e.path,
			})
		}
	}
	return triggers
}

// Names of the steps, as Step.Name has them.
const (
	stepGateway   = "provider gateway"
	stepMachine   = "same machine"
	stepRule      = "rule"
	stepAutomatic = "automatic"
	stepExempt    = "exempt"
	stepNone      = "none"
	stepThrottle  = "throttle"
)

func (e *explanation) step(name string, hit bool, format string, arguments ...any) {
	e.decision.Steps = append(e.decision.Steps, engine.Step{Name: name, Hit: hit, Text: fmt.Sprintf(format, arguments...)})
}

// steps goes through the steps of "Sealed or plain" until the one that decided.
func (e *explanation) steps() {
	by := e.ruling.by
	if by == engine.ByProviderGateway {
		e.step(stepGateway, true, "%s: sealed, whatever the rules say", e.gateways())
		return
	}
	e.step(stepGateway, false, "neither of the two is a provider gateway")
	if by == engine.BySameMachine {
		e.step(stepMachine, true, "%s and %s are the same machine: plain, the traffic does not leave it", e.source.label, e.target.label)
		return
	}
	e.step(stepMachine, false, "%s and %s are different machines", e.source.label, e.target.label)
	if by == engine.ByRule {
		e.step(stepRule, true, "sealed, because %s", plural(e.decision.Rules, "this enabled rule with encrypt matches: ", "these enabled rules with encrypt match: "))
		return
	}
	e.step(stepRule, false, "no enabled rule with encrypt matches")
	switch by {
	case engine.ByAutomatic:
		e.step(stepAutomatic, true, "sealed, because rule Internet encrypts traffic that touches a public address: %s%s", e.triggerWords(), e.failedExemptions())
	case engine.ByExempt:
		e.step(stepAutomatic, false, "rule Internet would encrypt, because of a public address: %s", e.triggerWords())
		e.step(stepExempt, true, "plain, because a trusted link contains every one of these addresses: %s", e.decision.ExemptionsInWords())
	default:
		e.step(stepAutomatic, false, "%s", e.whyNotAutomatic())
		e.step(stepNone, true, "plain, because nothing requires encryption")
	}
}

// gateways says which of the two makes step 1 decide.
func (e *explanation) gateways() string {
	var gateways, words []string
	for _, one := range []*end{e.source, e.target} {
		switch {
		case one.Role == engine.ProviderGateway:
			gateways = append(gateways, one.label)
		case one.Foreign:
			words = append(words, one.label+" belongs to another installation")
		}
	}
	switch len(gateways) {
	case 1:
		words = append(words, gateways[0]+" is a provider gateway")
	case 2:
		words = append(words, gateways[0]+" and "+gateways[1]+" are provider gateways")
	}
	return strings.Join(words, ", ")
}

// triggerWords names the public interfaces, and whether the path uses them.
func (e *explanation) triggerWords() string {
	var words []string
	shared := false
	for i := range e.decision.Triggers {
		trigger := &e.decision.Triggers[i]
		words = append(words, e.triggerWord(trigger))
		shared = shared || engine.IsShared(trigger.Address.Address)
	}
	text := strings.Join(words, "; ")
	if shared {
		text += "; 100.64.0.0/10 (shared, RFC 6598) counts as public"
	}
	return text
}

func (e *explanation) triggerWord(t *engine.Trigger) string {
	owner := e.source.label
	if t.Side == "target" {
		owner = e.target.label
	}
	return fmt.Sprintf("%s has %s (%s)", owner, addressWords(t.Address), e.pathWords(t))
}

// pathWords says whether the path uses an interface. Only where the path ends at the target is known.
func (e *explanation) pathWords(t *engine.Trigger) string {
	switch {
	case t.OnPath:
		return "the path uses it"
	case !e.path.IsValid():
		return "the path is not known yet"
	case t.Side == "target":
		return fmt.Sprintf("the path does not use it, it ends at %s", e.path)
	}
	return fmt.Sprintf("the path ends at %s; an interface counts whether it is used or not", e.path)
}

// whyNotAutomatic says why step 4 did not seal, exemptions aside.
func (e *explanation) whyNotAutomatic() string {
	internet := e.rules.internet
	switch {
	case !e.hasPublic():
		return "neither of the two has a public address"
	case !internet.Enabled:
		return "rule Internet is off, so public addresses do not matter: " + e.triggerWords()
	case !internet.Encrypt:
		return "rule Internet does not encrypt, so public addresses do not matter: " + e.triggerWords()
	}
	return e.rules.overrideWords + ", so public addresses do not matter: " + e.triggerWords()
}

// failedExemptions says why trusted links that match did not help; empty where none matches.
func (e *explanation) failedExemptions() string {
	var words strings.Builder
	for number := range e.matched.both(e.rules.exempting) {
		rule := &e.rules.all[number]
		_, why := e.failedExemption(rule)
		fmt.Fprintf(&words, "; the trusted link %q does not change that: %s", rule.Name, why)
	}
	return words.String()
}

func (e *explanation) failedExemption(rule *rule) (engine.Loss, string) {
	if rule.expired(e.moment) {
		return engine.LinkEnded, fmt.Sprintf("it ended with %s", rule.Exempt.Until)
	}
	address, _ := rule.uncovered(e.source, e.target, e.names)
	return engine.LinkTooSmall, fmt.Sprintf("it does not contain %s", addressWords(address))
}

// throttleStep says which limit holds in one direction.
func (e *explanation) throttleStep(way oneWay) {
	h, found := e.holderOf(way)
	switch {
	case e.oneMachine():
		e.step(stepThrottle, false, "%s: no limit within one machine", e.wayWords(way))
	case !found:
		e.step(stepThrottle, false, "%s: no limit holds", e.wayWords(way))
	case h.rule == nil:
		e.step(stepThrottle, true, "%s: %s, the own limit of %s", e.wayWords(way), h.limit, e.sender(way).label)
	default:
		e.step(stepThrottle, true, "%s: %s, the %slimit of rule %q, is the lowest%s", e.wayWords(way), h.limit, relaxedWord(e.limitOf(h.rule)), h.rule.Name, e.untilWords(h.rule))
	}
}

// untilWords say until when the limit of a rule that throttles holds, and what comes then; empty where that never changes.
func (e *explanation) untilWords(rule *rule) string {
	if next := rule.hours(e.moment).NextInWords(e.moment); next != "" {
		return ", " + next
	}
	return ""
}

func relaxedWord(t timedLimit) string {
	if t.cell == engine.Relaxed {
		return "relaxed "
	}
	return ""
}

func (e *explanation) holderOf(way oneWay) (holder, bool) {
	for i := range e.ways {
		if e.ways[i] == way {
			return e.holders[i], e.holders[i].name != ""
		}
	}
	return holder{}, false
}

// wayWords says which way data flows and what that is.
func (e *explanation) wayWords(way oneWay) string {
	if way.toTarget {
		return fmt.Sprintf("from %s to %s (%s)", e.source.label, e.target.label, way.operation)
	}
	return fmt.Sprintf("from %s to %s (%s)", e.target.label, e.source.label, way.operation)
}

// addressWords writes an address with its interface, or with how it is known where it is none.
func addressWords(a engine.Address) string {
	text := a.String()
	if a.Interface != "" {
		text += " on " + a.Interface
	}
	return text
}

// fewest is how many things a sentence lists before it counts the others.
const fewest = 4

// few cuts a long list of names, the last saying how many more there are.
func few(names []string) []string {
	if len(names) <= fewest {
		return names
	}
	return append(slices.Clone(names[:fewest]), fmt.Sprintf("%d more", len(names)-fewest))
}

// plural lists the first few names after the wording that fits their number.
func plural(names []string, one, many string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	if len(names) == 1 {
		return one + quoted[0]
	}
	return many + strings.Join(few(quoted), ", ")
}
