package administration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lockwire/engine"
	"lockwire/engine/record"
)

// maximumUndone is how many entries a change that is taken back may have.
const maximumUndone = 1000

// undoing is a change being taken back: what becomes of rules, and what is written besides.
type undoing struct {
	*Local
	*plan
	// renamed tells that a component gets its name back, and with it the rules that name it.
	renamed bool
	rules   []engine.RuleChange
	writes  []func(engine.Transaction) error
}

// planUndo takes back the change that an audit entry belongs to, with all of its entries. It goes through the same checks as any change.
func (l *Local) planUndo(ctx context.Context, p *plan, id engine.ID) error {
	entries, err := l.entriesOf(ctx, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(entries, func(e engine.AuditEntry) bool { return e.What == declaredEntry }) {
		return errors.New("what a file did is not undone entry by entry: apply the file as it was before")
	}
	u := &undoing{Local: l, plan: p}
	if strings.HasPrefix(entries[0].What, "route.") || strings.HasPrefix(entries[0].What, "service.") {
		return u.route(entries)
	}
	u.renamed = slices.ContainsFunc(entries, func(e engine.AuditEntry) bool { return e.What == "component.rename" })
	for i := range entries { // the newest first
		if err := u.take(&entries[i]); err != nil {
			return fmt.Errorf("%s cannot be undone: %w", strings.TrimSpace(record.InWords(&entries[i])+" "+entries[i].Thing), err)
		}
	}
	return u.finish()
}

// entriesOf gives the entries of the change that an entry belongs to, the newest first.
func (l *Local) entriesOf(ctx context.Context, id engine.ID) ([]engine.AuditEntry, error) {
	entries, err := l.Store.Audit(ctx, engine.AuditQuery{Entry: id, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("entry %s of the activity: %w", id, engine.ErrNotFound)
	}
	if !record.Undoable(&entries[0]) {
		return nil, fmt.Errorf("%s cannot be undone: %w", strings.TrimSpace(record.InWords(&entries[0])+" "+entries[0].Thing), errNoUndo)
	}
	if entries[0].Change == "" {
		return entries, nil
	}
	all, err := l.Store.Audit(ctx, engine.AuditQuery{Change: entries[0].Change, Limit: maximumUndone})
	if err == nil && len(all) == maximumUndone {
		return nil, fmt.Errorf("a change of %d things or more is not undone at once; import the rules as they were", maximumUndone)
	}
	return all, err
}

var errNoUndo = errors.New("there is nothing to take back, or it cannot be had back")

// take works one entry out backwards.
func (u *undoing) take(e *engine.AuditEntry) error {
	switch e.What {
	case "rule.add", "rule.edit", "rule.remove":
		if u.renamed {
			return nil // they follow the component's name
		}
		return u.rule(e)
	case "settings.set", "settings.import":
		return u.settings(e)
	case "preferred-networks.set", "preferred-networks.import":
		return u.preferred(e)
	case "component.tag", "component.rename", "component.limit":
		return u.component(e)
	}
	return errNoUndo
}

// sides reads what an entry has of a thing before and after; nil where there was, or is, none.
func sides[T any](e *engine.AuditEntry) (before, after *T, err error) {
	for _, side := range []struct {
		text json.RawMessage
		into **T
	}{{e.Before, &before}, {e.After, &after}} {
		if len(side.text) == 0 {
			continue
		}
		*side.into = new(T)
		if err := json.Unmarshal(side.text, *side.into); err != nil {
			return nil, nil, fmt.Errorf("this entry was written by another version: %w", err)
		}
	}
	return before, after, nil
}

func (u *undoing) rule(e *engine.AuditEntry) error {
	before, after, err := sides[engine.Rule](e)
	if err != nil {
		return err
	}
	if after == nil { // it is made again, under the id that older entries know it by
		rule := *before
		rule.Revision++
		if _, err := u.after.rule(rule.ID); err == nil {
			return errors.New("it is there again already")
		}
		u.after.rules.Rules = append(u.after.rules.Rules, rule)
		u.rules = append(u.rules, engine.RuleChange{Name: rule.Name, What: "add", After: &rule})
		return nil
	}
	at, err := u.after.rule(after.ID)
	if err != nil {
		return errors.New("the rule was removed since")
	}
	present := u.after.rules.Rules[at].Clone()
	var change engine.RuleChange
	if before == nil {
		if !engine.Untouched(present, *after) {
			return errors.New("the rule was changed since it was added; remove it by hand if it is not wanted")
		}
		change, err = u.after.removeRule(after.ID)
	} else {
		var back engine.Rule
		if back, err = engine.TakeBack(fmt.Sprintf("rule %q", present.Name), present, *before, *after); err == nil {
			change, err = u.after.editRule(back)
		}
	}
	u.rules = append(u.rules, change)
	return err
}

func (u *undoing) settings(e *engine.AuditEntry) error {
	before, after, err := sides[engine.Settings](e)
	if err != nil || before == nil || after == nil {
		return errors.Join(err, missing(before == nil || after == nil))
	}
	was := u.after.rules.Settings
	back, err := engine.TakeBack("the settings", was, *before, *after)
	if err != nil {
		return err
	}
	if by := u.after.rules.OverrideSetBy(); by != "" && back.DisablePublicIPTrafficEncryption != was.DisablePublicIPTrafficEncryption {
		return fmt.Errorf("%s is %s", engine.OverrideSetting, by)
	}
	u.after.rules.Settings = back
	u.writes = append(u.writes, func(tx engine.Transaction) error {
		if err := tx.PutSettings(back); err != nil {
			return err
		}
		return u.audit(tx, "settings.set", e.Thing, was, back)
	})
	return nil
}

func (u *undoing) preferred(e *engine.AuditEntry) error {
	before, after, err := sides[engine.PreferredNetworks](e)
	if err != nil || before == nil || after == nil {
		return errors.Join(err, missing(before == nil || after == nil))
	}
	was := u.after.rules.PreferredNetworks
	back, err := engine.TakeBack("the preferred networks", was, *before, *after)
	if err != nil {
		return err
	}
	u.after.rules.PreferredNetworks = back
	u.warnings = preferredWarnings(&back, u.after)
	u.writes = append(u.writes, func(tx engine.Transaction) error {
		if err := tx.PutPreferredNetworks(back); err != nil {
			return err
		}
		return u.audit(tx, "preferred-networks.set", e.Thing, was, back)
	})
	return nil
}

// missing is an error where an entry lacks what was before or after.
func missing(is bool) error {
	if is {
		return errNoUndo
	}
	return nil
}

func (u *undoing) component(e *engine.AuditEntry) error {
	before, after, err := sides[recordedComponent](e)
	if err != nil || before == nil || after == nil {
		return errors.Join(err, missing(before == nil || after == nil))
	}
	at := slices.IndexFunc(u.plan.after.components, func(c engine.Component) bool {
		return c.Revoked.IsZero() && (after.ID == c.ID || after.ID == "" && engine.SameName(c.Name, after.Name))
	})
	if at < 0 {
		return errors.New("the component was revoked or renamed since")
	}
	c := &u.plan.after.components[at]
	back, err := engine.TakeBack(fmt.Sprintf("component %q", c.Name), *recorded(*c), *before, *after)
	if err != nil {
		return err
	}
	switch e.What {
	case "component.tag":
		err = u.planTags(u.plan, engine.TagChange{Component: c.ID, Revision: c.Revision, Tags: back.Tags})
	case "component.rename":
		err = u.planRename(u.plan, engine.Renaming{Component: c.ID, Revision: c.Revision, Name: back.Name})
	default:
		err = u.planLimit(u.plan, engine.LimitChange{Component: c.ID, Revision: c.Revision, Limit: back.LocalLimit})
	}
	if err == nil {
		u.writes = append(u.writes, u.plan.write)
	}
	return err
}

// finish checks what all comes to, and has it written.
func (u *undoing) finish() error {
	if err := u.after.rules.Check(); err != nil {
		return err
	}
	if len(u.rules) == 1 && len(u.writes) == 0 {
		u.matched = u.rules[0].Name
	}
	// As with any edit of several, rules are removed first, so that their names are free.
	slices.SortStableFunc(u.rules, func(a, b engine.RuleChange) int { return order(a) - order(b) })
	u.changes = u.rules
	rules, writeOthers := u.rules, inTurn(u.writes)
	u.plan.write = func(tx engine.Transaction) error {
		if err := u.writeRules(tx, rules); err != nil {
			return err
		}
		return writeOthers(tx)
	}
	return nil
}

func order(c engine.RuleChange) int {
	if c.After == nil {
		return 0
	}
	return 1
}

// route takes back a change of a route, which is one of nothing else but of the route's own service.
func (u *undoing) route(entries []engine.AuditEntry) error {
	var entry *engine.AuditEntry
	var service *engine.Service // that was removed with the route
	touched := false            // the service was edited or added with it
	for i := range entries {
		e := &entries[i]
		switch {
		case strings.HasPrefix(e.What, "route."):
			entry = e
		case e.What == "service.remove":
			before, _, err := sides[engine.Service](e)
			if err != nil {
				return err
			}
			service = before
		default:
			touched = true
		}
	}
	if entry == nil {
		return errNoUndo
	}
	before, after, err := sides[engine.Route](entry)
	if err != nil {
		return err
	}
	if err := u.routeBack(before, after, service, touched); err != nil {
		return fmt.Errorf("%s %s cannot be undone: %w", record.InWords(entry), entry.Thing, err)
	}
	return nil
}

func (u *undoing) routeBack(before, after *engine.Route, service *engine.Service, touched bool) error {
	if after == nil {
		edit := engine.RouteEdit{Route: *before}
		edit.Route.ID, edit.Route.Revision = "", 0
		if service != nil {
			edit.Own = service.Own()
		}
		return u.planRoute(u.plan, edit)
	}
	at, err := u.plan.after.route(after.ID)
	if err != nil {
		return errors.New("the route was removed since")
	}
	present := u.plan.after.routes[at]
	if before == nil {
		if !engine.Untouched(present, *after) {
			return errors.New("the route was changed since it was added; remove it by hand if it is not wanted")
		}
		return u.planRemoveRoute(u.plan, present.ID)
	}
	if touched || service != nil {
		return errors.New("its service was changed with it; edit the route by hand")
	}
	back, err := engine.TakeBack(fmt.Sprintf("route %q", present.Name), present, *before, *after)
	if err != nil {
		return err
	}
	return u.planRoute(u.plan, engine.RouteEdit{Route: back})
}
