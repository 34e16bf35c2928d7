package administration

import (
	"context"
	"fmt"
	"slices"

	"lockwire/engine"
)

// planComponent plans an edit of a component that is not revoked. Revision is the one that the edit was based on; nil skips that check.
func (l *Local) planComponent(p *plan, id engine.ID, revision *int64, what string, edit func(*engine.Component) error) error {
	at := p.after.indexOf(id)
	if at < 0 {
		return fmt.Errorf("component %s: %w", id, engine.ErrNotFound)
	}
	before := p.after.components[at]
	if !before.Revoked.IsZero() {
		return fmt.Errorf("component %q is revoked: %w", before.Name, engine.ErrNotFound)
	}
	if revision != nil && *revision != before.Revision {
		return &engine.OutdatedError{Of: fmt.Sprintf("component %q", before.Name), Now: engine.Present{Component: &before}}
	}
	after := before
	after.Revision++
	if err := edit(&after); err != nil {
		return err
	}
	p.after.components[at] = after
	p.write = func(tx engine.Transaction) error {
		// The component may have reported since the plan was made: the edit applies to its present record.
		present, err := tx.Component(context.Background(), id)
		if err != nil {
			return err
		}
		if err := edit(&present); err != nil {
			return err
		}
		present.Revision++
		if err := tx.PutComponent(present); err != nil {
			return err
		}
		return l.audit(tx, what, present.Name, recorded(before), recorded(present))
	}
	return nil
}

// recordedComponent is what the audit keeps of a component: what an administrator decides, not what the component reports.
type recordedComponent struct {
	ID         engine.ID     `json:"id"`
	Name       string        `json:"name"`
	Role       engine.Role   `json:"role"`
	Tags       []string      `json:"tags"`
	LocalLimit *engine.Limit `json:"localLimit,omitempty"`
	Drain      *engine.Drain `json:"drain,omitempty"`
	Revoked    bool          `json:"revoked,omitempty"`
}

func recorded(c engine.Component) *recordedComponent {
	return &recordedComponent{c.ID, c.Name, c.Role, c.Tags, c.LocalLimit, c.Drain, !c.Revoked.IsZero()}
}

func (l *Local) planTags(p *plan, change engine.TagChange) error {
	if err := checkTags(change.Tags); err != nil {
		return err
	}
	return l.planComponent(p, change.Component, &change.Revision, "component.tag", func(c *engine.Component) error {
		c.Tags = slices.Sorted(slices.Values(change.Tags))
		return nil
	})
}

func (l *Local) planRename(p *plan, change engine.Renaming) error {
	if err := engine.CheckComponentName(change.Name); err != nil {
		return &engine.FieldError{Field: "name", Err: err}
	}
	for _, other := range p.after.components {
		if other.ID != change.Component && other.Revoked.IsZero() && engine.SameName(other.Name, change.Name) {
			return &engine.FieldError{Of: fmt.Sprintf("component %q", change.Name), Field: "name", Err: engine.ErrNameTaken}
		}
	}
	before, _ := p.after.component(change.Component)
	err := l.planComponent(p, change.Component, &change.Revision, "component.rename", func(c *engine.Component) error {
		c.Name = change.Name
		return nil
	})
	if err != nil {
		return err
	}
	type edit struct{ before, after engine.Rule }
	var edits []edit
	for i := range p.after.rules.Rules {
		rule := &p.after.rules.Rules[i]
		was := rule.Clone()
		if renameIn(rule.Source, before.Name, change.Name)+renameIn(rule.Target, before.Name, change.Name) > 0 {
			rule.Revision++
			edits = append(edits, edit{was, *rule})
		}
	}
	writeComponent := p.write
	p.write = func(tx engine.Transaction) error {
		if err := writeComponent(tx); err != nil {
			return err
		}
		for _, e := range edits {
			if err := tx.PutRule(e.after); err != nil {
				return err
			}
			if err := l.audit(tx, "rule.edit", e.after.Name, e.before, e.after); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// renameIn renames a component in a rule's entries, ignoring case, and counts the renamed ones.
func renameIn(selectors []engine.Selector, from, to string) int {
	count := 0
	for i := range selectors {
		if selectors[i].Kind == engine.SelectComponent && engine.SameName(selectors[i].Name, from) {
			selectors[i].Name = to
			count++
		}
	}
	return count
}

func (l *Local) planLimit(p *plan, change engine.LimitChange) error {
	if change.Limit != nil {
		if err := change.Limit.Check(); err != nil {
			return err
		}
	}
	return l.planComponent(p, change.Component, &change.Revision, "component.limit", func(c *engine.Component) error {
		c.LocalLimit = change.Limit
		return nil
	})
}

// planRevoke revokes all of the components or none of them.
func (l *Local) planRevoke(p *plan, ids []engine.ID) error {
	writes := make([]func(engine.Transaction) error, len(ids))
	for i, id := range ids {
		err := l.planComponent(p, id, nil, "component.revoke", func(c *engine.Component) error {
			c.Revoked = l.Now()
			return nil
		})
		if err != nil {
			return err
		}
		writes[i] = p.write
	}
	p.ends = ids
	p.write = inTurn(writes)
	return nil
}

func checkTags(tags []string) error {
	if len(tags) > engine.MaximumTags {
		return &engine.FieldError{Field: "tags", Err: fmt.Errorf("at most %d tags", engine.MaximumTags)}
	}
	for i, tag := range tags {
		if err := engine.CheckTag(tag); err != nil {
			return &engine.FieldError{Field: "tags", Err: err}
		}
		if slices.Contains(tags[:i], tag) {
			return &engine.FieldError{Field: "tags", Err: fmt.Errorf("the tag %s is there twice", tag)}
		}
	}
	return nil
}
