package administration

import (
	"errors"
	"fmt"
	"slices"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

func (l *Local) planAdd(p *plan, rule engine.Rule) error {
	p.matched = rule.Name
	return l.planRules(p, p.after.addRule(rule))
}

func (l *Local) planEdit(p *plan, rule engine.Rule) error {
	change, err := p.after.editRule(rule)
	if err != nil {
		return err
	}
	p.matched = rule.Name
	return l.planRules(p, change)
}

func (l *Local) planRemove(p *plan, id engine.ID) error {
	change, err := p.after.removeRule(id)
	if err != nil {
		return err
	}
	p.matched = change.Name
	return l.planRules(p, change)
}

// planEdits plans several edits as one change. Removals come first, so that the other edits can use their names.
func (l *Local) planEdits(p *plan, edits engine.RuleEdits) error {
	switch count := len(edits.Put) + len(edits.Remove); {
	case count == 0:
		return errors.New("the change is empty")
	case count > 2*engine.MaximumRules:
		return fmt.Errorf("at most %d rules can be changed at once", 2*engine.MaximumRules)
	}
	for _, id := range edits.Remove {
		change, err := p.after.removeRule(id)
		if err != nil {
			return err
		}
		p.changes = append(p.changes, change)
	}
	for _, rule := range edits.Put {
		if rule.ID == "" {
			p.changes = append(p.changes, p.after.addRule(rule))
			continue
		}
		change, err := p.after.editRule(rule)
		if err != nil {
			return err
		}
		p.changes = append(p.changes, change)
	}
	return l.planRules(p, p.changes...)
}

// planSwitches turns rules on or off and keeps everything else of them, also newer edits.
func (l *Local) planSwitches(p *plan, switches []engine.Switch) error {
	if len(switches) == 0 {
		return errors.New("the change is empty")
	}
	if len(switches) > engine.MaximumRules {
		return fmt.Errorf("at most %d rules can be turned on or off at once", engine.MaximumRules)
	}
	for _, s := range switches {
		at, err := p.after.rule(s.ID)
		if err != nil {
			return err
		}
		rule := p.after.rules.Rules[at].Clone()
		rule.Enabled = s.On
		change, err := p.after.editRule(rule)
		if err != nil {
			return err
		}
		p.changes = append(p.changes, change)
	}
	if len(p.changes) == 1 {
		p.matched = p.changes[0].Name
	}
	return l.planRules(p, p.changes...)
}

// planRules checks the resulting rules and plans to write the changes in their order.
func (l *Local) planRules(p *plan, changes ...engine.RuleChange) error {
	if err := p.after.rules.Check(); err != nil {
		return err
	}
	p.write = func(tx engine.Transaction) error { return l.writeRules(tx, changes) }
	return nil
}

// addRule adds a rule under a new id.
func (s *state) addRule(rule engine.Rule) engine.RuleChange {
	rule.ID, rule.Revision = engine.NewID(), 1
	s.rules.Rules = append(s.rules.Rules, rule)
	return engine.RuleChange{Name: rule.Name, What: "add", After: &rule}
}

// editRule replaces the rule with the same id. The edit must be based on its present revision.
func (s *state) editRule(rule engine.Rule) (engine.RuleChange, error) {
	at, err := s.rule(rule.ID)
	if err != nil {
		return engine.RuleChange{}, err
	}
	before := s.rules.Rules[at]
	if rule.Revision != before.Revision {
		now := before.Clone()
		return engine.RuleChange{}, &engine.OutdatedError{Of: fmt.Sprintf("rule %q", before.Name), Now: engine.Present{Rule: &now}}
	}
	if before.IsInternet() && rule.Name != before.Name {
		return engine.RuleChange{}, &engine.FieldError{Of: "rule Internet", Field: "name", Err: engine.ErrPredefined}
	}
	rule.Revision++
	s.rules.Rules[at] = rule
	return engine.RuleChange{Name: rule.Name, What: "edit", Before: &before, After: &rule}, nil
}

// removeRule removes the rule of an id.
func (s *state) removeRule(id engine.ID) (engine.RuleChange, error) {
	at, err := s.rule(id)
	if err != nil {
		return engine.RuleChange{}, err
	}
	rule := s.rules.Rules[at]
	if rule.IsInternet() {
		return engine.RuleChange{}, engine.ErrPredefined
	}
	s.rules.Rules = slices.Delete(s.rules.Rules, at, at+1)
	return engine.RuleChange{Name: rule.Name, What: "remove", Before: &rule}, nil
}

func (l *Local) planImport(p *plan, request engine.RuleImport) error {
	before := p.after.rules
	if request.Over != "" && request.Over != before.Digest() {
		return fmt.Errorf("rules, settings or preferred networks: %w", engine.ErrOutdated)
	}
	after, changes, err := exchange.Plan(before, request)
	if err != nil {
		return err
	}
	if err := after.Check(); err != nil {
		return err
	}
	p.after.rules, p.changes = after, changes
	if request.WithSettings {
		p.warnings = preferredWarnings(&after.PreferredNetworks, p.after)
	}
	p.write = func(tx engine.Transaction) error {
		if err := l.writeRules(tx, changes); err != nil || !request.WithSettings {
			return err
		}
		if err := tx.PutSettings(after.Settings); err != nil {
			return err
		}
		if err := tx.PutPreferredNetworks(after.PreferredNetworks); err != nil {
			return err
		}
		if err := l.audit(tx, "settings.import", "settings", before.Settings, after.Settings); err != nil {
			return err
		}
		return l.audit(tx, "preferred-networks.import", "preferred networks", before.PreferredNetworks, after.PreferredNetworks)
	}
	return nil
}

// writeRules writes changed rules, each with an audit entry. Rules can swap their names.
func (l *Local) writeRules(tx engine.Transaction, changes []engine.RuleChange) error {
	if err := freeNames(tx, changes); err != nil {
		return err
	}
	for i := range changes {
		change := &changes[i]
		var err error
		switch {
		case change.What == keep:
			continue
		case change.After != nil:
			err = tx.PutRule(*change.After)
		default:
			err = tx.RemoveRule(change.Before.ID)
		}
		if err != nil {
			return err
		}
		if err := l.audit(tx, "rule."+change.What, change.Name, orNil(change.Before), orNil(change.After)); err != nil {
			return err
		}
	}
	return nil
}

// orNil keeps a nil pointer from becoming a value that is not nil.
func orNil(rule *engine.Rule) any {
	if rule == nil {
		return nil
	}
	return rule
}

// freeNames renames, for the length of the transaction, the rules whose names other rules of the change get: names in the record are unique.
func freeNames(tx engine.Transaction, changes []engine.RuleChange) error {
	wanted := map[string]engine.ID{}
	for _, change := range changes {
		if change.After != nil {
			wanted[engine.Fold(change.After.Name)] = change.After.ID
		}
	}
	for _, change := range changes {
		if change.What != "edit" {
			continue
		}
		if by, found := wanted[engine.Fold(change.Before.Name)]; !found || by == change.Before.ID {
			continue
		}
		nameless := change.Before.Clone()
		nameless.Name = string(nameless.ID) // no rule can be called so: its edit follows in the same transaction
		if err := tx.PutRule(nameless); err != nil {
			return err
		}
	}
	return nil
}
