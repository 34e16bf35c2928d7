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

// plan is a change worked out on a copy of the state: the resulting state, and how to write it.
type plan struct {
	after *state
	write func(engine.Transaction) error
	// matched is the name of the rule that the change edits; empty where it edits several rules or none.
	matched string
	changes []engine.RuleChange  // of several rules
	things  []engine.ThingChange // that are no rules
	// opened are what routes open that they did not, each kind by itself, where the change is of several routes.
	opened []engine.Ask
	// warnings are of what is no decision.
	warnings []string
	ends     []engine.ID // the components whose sessions the change ends
	// route is the route after the change and routeBefore the one before it; nil where there is none. A route decides nothing for a pair.
	route, routeBefore *engine.Route
	ofRoute            bool
	// exempted are the pairs that trusted links keep plain in place of the override.
	exempted []policy.IDPair
}

// Preview says what a change would do.
func (l *Local) Preview(ctx context.Context, change engine.Change) (engine.Effect, error) {
	before, err := l.state(ctx)
	if err != nil {
		return engine.Effect{}, err
	}
	p, err := l.plan(ctx, before, change)
	if err != nil {
		return engine.Effect{}, err
	}
	l.tryNewHosts(ctx, before, p.after)
	return l.effect(ctx, before, p)
}

// Apply makes a change, after its effect was confirmed where a confirmation is needed.
func (l *Local) Apply(ctx context.Context, change engine.Change, confirmation engine.Confirmation) (engine.Effect, error) {
	l.edit.Lock()
	defer l.edit.Unlock()
	before, err := l.state(ctx)
	if err != nil {
		return engine.Effect{}, err
	}
	p, err := l.plan(ctx, before, change)
	if err != nil {
		return engine.Effect{}, err
	}
	l.tryNewHosts(ctx, before, p.after)
	effect, err := l.effect(ctx, before, p)
	if err != nil {
		return engine.Effect{}, err
	}
	if left := effect.Unconfirmed(confirmation); len(left) > 0 {
		words := make([]string, len(left))
		for i, ask := range left {
			words[i] = ask.Words
		}
		return effect, fmt.Errorf("%w: %s", engine.ErrNeedsConfirmation, strings.Join(words, "; "))
	}
	applied := engine.NewID()
	if err := l.commit(ctx, asOneChange(applied, p.write, effect.Turned)); err != nil {
		return effect, err
	}
	effect.Change = applied
	l.tellEncryptionOff(&effect)
	if confirmation.Cut != "" && l.Broker != nil {
		for _, stale := range effect.StaleSessions {
			if err := l.Broker.Cut(ctx, stale.ID, "cut by "+string(l.who)+": the rules changed"); err != nil && !errors.Is(err, engine.ErrNotFound) {
				return effect, err
			}
		}
	}
	return effect, nil
}

// ending are the live sessions that a change ends.
func (l *Local) ending(p *plan) []engine.EndingSession {
	if len(p.ends) == 0 || l.Broker == nil {
		return nil
	}
	var all []engine.EndingSession
	for _, s := range l.Broker.Sessions() {
		if slices.Contains(p.ends, s.Source) || slices.Contains(p.ends, s.Target) {
			all = append(all, engine.EndingSession{ID: s.ID, Source: s.SourceName, Target: s.TargetName, Route: s.RouteName, Bytes: s.Traffic.ToTarget + s.Traffic.ToSource})
		}
	}
	slices.SortFunc(all, func(a, b engine.EndingSession) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// asks are what a person has to confirm, besides the encryption that pairs lose.
func asks(before *state, p *plan, ending []engine.EndingSession) []engine.Ask {
	var asks []engine.Ask
	turnedOff := func(was, is engine.Settings) bool {
		return was.DisablePublicIPTrafficEncryption == 0 && is.DisablePublicIPTrafficEncryption == 1
	}
	// The setting counts here, too: it is in force once the broker's machine prescribes nothing any more, and nobody is asked then.
	if turnedOff(before.rules.InForce(), p.after.rules.InForce()) || turnedOff(before.rules.Settings, p.after.rules.Settings) {
		asks = append(asks, engine.NewAsk(engine.AskAutomatic, "traffic with public addresses is not encrypted any more unless a rule says so"))
	}
	if len(p.exempted) > 0 {
		asks = append(asks, exemptionAsk(p))
	}
	if p.route != nil {
		asks = append(asks, routeAsks(before, p)...)
	}
	asks = append(asks, p.opened...)
	if len(ending) > 0 {
		ids := make([]string, len(ending))
		for i := range ending {
			ids[i] = string(ending[i].ID)
		}
		asks = append(asks, engine.NewAsk(engine.AskSessions, engine.CountInWords(len(ending), "live session ends", "live sessions end"), ids...))
	}
	return asks
}

// cutAsk stands for the sessions that a change makes stale; nil where there are none.
func cutAsk(stale []engine.StaleSession) *engine.Ask {
	if len(stale) == 0 {
		return nil
	}
	ids := make([]string, len(stale))
	for i := range stale {
		ids[i] = string(stale[i].ID)
	}
	ask := engine.NewAsk(engine.AskCut, engine.CountInWords(len(stale), "live session is cut", "live sessions are cut"), ids...)
	return &ask
}

// plan works a change out on a copy of the state.
func (l *Local) plan(ctx context.Context, before *state, change engine.Change) (*plan, error) {
	p := &plan{after: before.clone()}
	var err error
	switch {
	case change.AddRule != nil:
		err = l.planAdd(p, *change.AddRule)
	case change.EditRule != nil:
		err = l.planEdit(p, *change.EditRule)
	case change.RemoveRule != "":
		err = l.planRemove(p, change.RemoveRule)
	case change.EditRules != nil:
		err = l.planEdits(p, *change.EditRules)
	case change.ImportRules != nil:
		err = l.planImport(p, *change.ImportRules)
	case change.SwitchRules != nil:
		err = l.planSwitches(p, change.SwitchRules)
	case change.PutRoute != nil:
		err = l.planRoute(p, *change.PutRoute)
	case change.SwitchRoute != nil:
		err = l.planSwitchRoute(p, *change.SwitchRoute)
	case change.RemoveRoute != "":
		err = l.planRemoveRoute(p, change.RemoveRoute)
	case change.Setting != nil:
		err = l.planSetting(p, *change.Setting)
	case change.ReplaceOverride != nil:
		err = l.planReplaceOverride(ctx, p, *change.ReplaceOverride)
	case change.Undo != "":
		err = l.planUndo(ctx, p, change.Undo)
	case change.Preferred != nil:
		err = l.planPreferred(p, *change.Preferred)
	case change.EditTags != nil:
		err = l.planEditTags(p, *change.EditTags)
	case change.Tags != nil:
		err = l.planTags(p, *change.Tags)
	case change.Rename != nil:
		err = l.planRename(p, *change.Rename)
	case change.Limit != nil:
		err = l.planLimit(p, *change.Limit)
	case change.Declare != nil:
		err = l.planDeclare(p, *change.Declare)
	case len(change.Revoke) > 0:
		err = l.planRevoke(p, change.Revoke)
	default:
		err = errors.New("the change is empty")
	}
	if err != nil {
		return nil, l.withWho(ctx, err, editedBy(&change))
	}
	return p, nil
}

func (l *Local) planSetting(p *plan, change engine.SettingChange) error {
	before := p.after.rules.Settings
	if revision := p.after.rules.SettingRevisions[change.Name]; change.Revision != revision {
		return &engine.OutdatedError{Of: "the setting " + change.Name, Now: engine.Present{Settings: &before, Revision: revision}}
	}
	if by := p.after.rules.OverrideSetBy(); by != "" && change.Name == engine.OverrideSetting {
		return &engine.FieldError{Field: change.Name, Err: fmt.Errorf("it is %s; change it there, or remove it there so that this setting counts", by)}
	}
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
