package administration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

// plan is a change worked out on a copy: the state that it leads to, and how it is written.
type plan struct {
	after *state
	write func(engine.Transaction) error
	// matched is the name of the one rule of which the change is; empty where it is of several or none.
	matched string
	changes []engine.RuleChange // of an import
	ends    engine.ID           // the component whose sessions the change ends; empty where there is none
}

// Preview says what a change would do.
func (l *Local) Preview(ctx context.Context, change engine.Change) (engine.Effect, error) {
	before, err := l.state(ctx)
	if err != nil {
		return engine.Effect{}, err
	}
	p, err := l.plan(before, change)
	if err != nil {
		return engine.Effect{}, err
	}
	return l.effect(ctx, before, p)
}

// Apply does a change, once its effect is confirmed where that is needed.
func (l *Local) Apply(ctx context.Context, change engine.Change, confirmation engine.Confirmation) (engine.Effect, error) {
	l.edit.Lock()
	defer l.edit.Unlock()
	before, err := l.state(ctx)
	if err != nil {
		return engine.Effect{}, err
	}
	p, err := l.plan(before, change)
	if err != nil {
		return engine.Effect{}, err
	}
	effect, err := l.effect(ctx, before, p)
	if err != nil {
		return engine.Effect{}, err
	}
	if doubts := l.doubts(effect, p); len(doubts) > 0 && !confirmation.LoseEncryption {
		return effect, fmt.Errorf("%w: %s", engine.ErrNeedsConfirmation, strings.Join(doubts, "; "))
	}
	if err := l.commit(ctx, p.write); err != nil {
		return effect, err
	}
	if confirmation.CutStale && l.Broker != nil {
		for _, stale := range effect.StaleSessions {
			if err := l.Broker.Cut(ctx, stale.ID, "cut by "+string(l.who)+": the rules changed"); err != nil && !errors.Is(err, engine.ErrNotFound) {
				return effect, err
			}
		}
	}
	return effect, nil
}

// doubts are what a person has to confirm.
func (l *Local) doubts(effect engine.Effect, p *plan) []string {
	var doubts []string
	if lost := effect.LosesEncryption(); lost > 0 {
		doubts = append(doubts, fmt.Sprintf("%s from sealed to plain", counted(lost, "link goes", "links go")))
	}
	if p.ends != "" && l.Broker != nil {
		ended := 0
		for _, session := range l.Broker.Sessions() {
			if session.Source == p.ends || session.Target == p.ends {
				ended++
			}
		}
		if ended > 0 {
			doubts = append(doubts, counted(ended, "live session ends", "live sessions end"))
		}
	}
	return doubts
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// plan works a change out on a copy of the state.
func (l *Local) plan(before *state, change engine.Change) (*plan, error) {
	p := &plan{after: before.clone()}
	var err error
	switch {
	case change.AddRule != nil:
		err = l.planAdd(p, *change.AddRule)
	case change.EditRule != nil:
		err = l.planEdit(p, *change.EditRule)
	case change.RemoveRule != "":
		err = l.planRemove(p, change.RemoveRule)
	case change.ImportRules != nil:
		err = l.planImport(p, *change.ImportRules)
	case change.Setting != nil:
		err = l.planSetting(p, *change.Setting)
	case change.Preferred != nil:
		err = l.planPreferred(p, *change.Preferred)
	case change.Tags != nil:
		err = l.planTags(p, *change.Tags)
	case change.Rename != nil:
		err = l.planRename(p, *change.Rename)
	case change.Limit != nil:
		err = l.planLimit(p, *change.Limit)
	case change.Revoke != "":
		err = l.planRevoke(p, change.Revoke)
	default:
		err = errors.New("the change is empty")
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (l *Local) planAdd(p *plan, rule engine.Rule) error {
	rule.ID, rule.Revision = engine.NewID(), 1
	p.after.rules.Rules = append(p.after.rules.Rules, rule)
	if err := checkRules(&p.after.rules); err != nil {
		return err
	}
	p.matched = rule.Name
	p.write = func(tx engine.Transaction) error {
		if err := tx.PutRule(rule); err != nil {
			return err
		}
		return l.audit(tx, "rule.add", rule.Name, nil, rule)
	}
	return nil
}

func (l *Local) planEdit(p *plan, rule engine.Rule) error {
	at, err := p.after.rule(rule.ID)
	if err != nil {
		return err
	}
	before := p.after.rules.Rules[at]
	if rule.Revision != before.Revision {
		return fmt.Errorf("rule %q: %w", before.Name, engine.ErrOutdated)
	}
	if before.IsInternet() && rule.Name != before.Name {
		return &engine.FieldError{Of: "rule Internet", Field: "name", Err: engine.ErrPredefined}
	}
	rule.Revision++
	p.after.rules.Rules[at] = rule
	if err := checkRules(&p.after.rules); err != nil {
		return err
	}
	p.matched = rule.Name
	p.write = func(tx engine.Transaction) error {
		if err := tx.PutRule(rule); err != nil {
			return err
		}
		return l.audit(tx, "rule.edit", rule.Name, before, rule)
	}
	return nil
}

func (l *Local) planRemove(p *plan, id engine.ID) error {
	at, err := p.after.rule(id)
	if err != nil {
		return err
	}
	rule := p.after.rules.Rules[at]
	if rule.IsInternet() {
		return engine.ErrPredefined
	}
	p.matched = rule.Name
	p.after.rules.Rules = slices.Delete(p.after.rules.Rules, at, at+1)
	p.write = func(tx engine.Transaction) error {
		if err := tx.RemoveRule(id); err != nil {
			return err
		}
		return l.audit(tx, "rule.remove", rule.Name, rule, nil)
	}
	return nil
}

func (l *Local) planImport(p *plan, request engine.RuleImport) error {
	before := p.after.rules
	after, changes, err := exchange.Plan(before, request)
	if err != nil {
		return err
	}
	if err := checkRules(&after); err != nil {
		return err
	}
	p.after.rules, p.changes = after, changes
	p.write = func(tx engine.Transaction) error {
		for _, change := range changes {
			switch {
			case change.What == "keep":
				continue
			case change.After != nil:
				err = tx.PutRule(*change.After)
			case change.Before != nil:
				err = tx.RemoveRule(change.Before.ID)
			}
			if err != nil {
				return err
			}
			if err := l.audit(tx, "rule."+change.What, change.Name, orNil(change.Before), orNil(change.After)); err != nil {
				return err
			}
		}
		if !request.WithSettings {
			return nil
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

// orNil keeps a nil pointer from becoming a value that is not nil.
func orNil(rule *engine.Rule) any {
	if rule == nil {
		return nil
	}
	return rule
}

func (l *Local) planSetting(p *plan, change engine.SettingChange) error {
	before := p.after.rules.Settings
	if err := p.after.rules.Settings.Set(change.Name, change.Value); err != nil {
		return err
	}
	after := p.after.rules.Settings
	p.write = func(tx engine.Transaction) error {
		if err := tx.PutSettings(after); err != nil {
			return err
		}
		return l.audit(tx, "settings.set", change.Name, before, after)
	}
	return nil
}

func (l *Local) planPreferred(p *plan, networks engine.PreferredNetworks) error {
	if err := networks.Check(); err != nil {
		return err
	}
	before := p.after.rules.PreferredNetworks
	p.after.rules.PreferredNetworks = networks
	p.write = func(tx engine.Transaction) error {
		if err := tx.PutPreferredNetworks(networks); err != nil {
			return err
		}
		return l.audit(tx, "preferred-networks.set", "preferred networks", before, networks)
	}
	return nil
}

// checkRules checks the whole set, and refuses host names as long as nobody asks DNS for them.
func checkRules(rules *engine.RuleSet) error {
	if err := rules.Check(); err != nil {
		return err
	}
	return exchange.RefuseHosts(*rules)
}
