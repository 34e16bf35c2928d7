package administration

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lockwire/engine"
	"lockwire/engine/policy"
)

// replacementName is what the trusted links are called that are made in place of the override, the second and later ones with a number.
const replacementName = "In place of the override"

// planReplaceOverride sets the override back to 0 and makes trusted links for the pairs that it turns plain now. Both are one
// transaction, so that no pair is sealed or plain in between that was not before.
func (l *Local) planReplaceOverride(ctx context.Context, p *plan, change engine.OverrideReplacement) error {
	before := p.after.rules.Settings
	if revision := p.after.rules.SettingRevisions[engine.OverrideSetting]; change.Revision != revision {
		return &engine.OutdatedError{Of: "the setting " + engine.OverrideSetting, Now: engine.Present{Settings: &before, Revision: revision}}
	}
	if inForce := p.after.rules.InForce(); inForce.DisablePublicIPTrafficEncryption == 0 {
		return errors.New("the override DisablePublicIPTrafficEncryption is not set: there is nothing to replace")
	}
	if change.Until != nil && !change.Until.End(before.Location()).After(l.Now()) {
		return &engine.FieldError{Field: "until", Err: fmt.Errorf("%s is over already: what the override keeps plain would be sealed at once; choose a later day, or set the override to 0", change.Until)}
	}
	present, err := p.after.compiled()
	if err != nil {
		return err
	}
	if p.exempted, err = policy.AutomaticPairs(ctx, present, l.Now(), provenSameMachine(l.liveSessions(p.after))); err != nil {
		return err
	}
	for _, sides := range policy.SidesOf(p.exempted) {
		p.changes = append(p.changes, p.after.addRule(p.after.replacement(sides, change)))
	}
	p.after.rules.Settings.DisablePublicIPTrafficEncryption = 0
	if err := p.after.rules.Check(); err != nil {
		return err
	}
	if by := p.after.rules.OverrideSetBy(); by != "" {
		p.warnings = append(p.warnings, fmt.Sprintf("the override stays %s: the trusted links count once it is removed there, or set to 0", by))
	}
	after, changes := p.after.rules.Settings, p.changes
	p.write = func(tx engine.Transaction) error {
		if err := l.writeRules(tx, changes); err != nil || after == before {
			return err
		}
		if err := tx.PutSettings(after); err != nil {
			return err
		}
		return l.audit(tx, "settings.set", engine.OverrideSetting, before, after)
	}
	return nil
}

// replacement is one of the trusted links, under a name that is free.
func (s *state) replacement(sides policy.Sides, change engine.OverrideReplacement) engine.Rule {
	name := replacementName
	for number := 2; slices.ContainsFunc(s.rules.Rules, func(r engine.Rule) bool { return engine.SameName(r.Name, name) }); number++ {
		name = fmt.Sprintf("%s %d", replacementName, number)
	}
	named := func(id engine.ID) string { component, _ := s.component(id); return component.Name }
	return engine.Rule{
		Name: name, Enabled: true, Exempt: &engine.Exemption{Reason: change.Reason, Until: change.Until},
		Source: policy.ByComponents(sides.Source, named), Target: policy.ByComponents(sides.Target, named),
		Comment: "Made in place of the override DisablePublicIPTrafficEncryption, for the pairs that it turned plain.",
	}
}

// exemptionAsk is to be confirmed by whoever has trusted links made: they keep plain what the override did, also where it is set no more.
func exemptionAsk(p *plan) engine.Ask {
	items := make([]string, len(p.exempted))
	for i, pair := range p.exempted {
		items[i] = string(pair[0]) + " " + string(pair[1])
	}
	words := engine.CountInWords(len(items), "pair stays plain", "pairs stay plain") + " by " +
		engine.CountInWords(len(p.changes), "trusted link", "trusted links") + " in place of the override"
	return engine.NewAsk(engine.AskExemptions, words, items...)
}

// exempts names the pairs that trusted links keep plain in place of the override, those with routes first.
func (p *plan) exempts(links []policy.Link) (listed []engine.NamedPair, more int) {
	if len(p.exempted) == 0 {
		return nil, 0
	}
	routes, source := map[policy.IDPair][]string{}, map[policy.IDPair]engine.ID{}
	for _, link := range links {
		pair := policy.IDPair{min(link.Source, link.Target), max(link.Source, link.Target)}
		source[pair] = cmp.Or(source[pair], link.Source)
		if !slices.Contains(routes[pair], link.Route) {
			routes[pair] = append(routes[pair], link.Route)
		}
	}
	names := make(map[engine.ID]string, len(p.after.components))
	for i := range p.after.components {
		names[p.after.components[i].ID] = p.after.components[i].Name
	}
	listed = make([]engine.NamedPair, len(p.exempted))
	for i, pair := range p.exempted {
		one, other := names[pair[0]], names[pair[1]]
		switch source[pair] { // the route's is named first, or the first by name
		case pair[0]:
		case pair[1]:
			one, other = other, one
		default:
			one, other = min(one, other), max(one, other)
		}
		listed[i] = engine.NamedPair{Source: one, Target: other, Routes: slices.Sorted(slices.Values(routes[pair]))}
	}
	slices.SortFunc(listed, func(a, b engine.NamedPair) int {
		return cmp.Or(cmp.Compare(min(len(b.Routes), 1), min(len(a.Routes), 1)), strings.Compare(a.Source, b.Source), strings.Compare(a.Target, b.Target))
	})
	more = max(0, len(listed)-engine.MaximumExempts)
	return listed[:len(listed)-more], more
}
