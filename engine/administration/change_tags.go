package administration

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lockwire/engine"
)

// planEditTags plans an edit of the tags of several components. Those that it leaves as they are are not written.
func (l *Local) planEditTags(p *plan, edit engine.TagEdit) error {
	if len(edit.Components) == 0 || len(edit.Add)+len(edit.Remove) == 0 {
		return errors.New("the change is empty")
	}
	for _, tags := range [][]string{edit.Add, edit.Remove} {
		if err := checkTags(tags); err != nil {
			return err
		}
	}
	for _, tag := range edit.Add {
		if slices.Contains(edit.Remove, tag) {
			return &engine.FieldError{Field: "tags", Err: fmt.Errorf("the tag %s is both added and removed", tag)}
		}
	}
	wanted := make(map[engine.ID]bool, len(edit.Components))
	for _, id := range edit.Components {
		if wanted[id] {
			return fmt.Errorf("component %s is there twice", id)
		}
		wanted[id] = true
		at := p.after.indexOf(id)
		if at < 0 || !p.after.components[at].Revoked.IsZero() {
			return fmt.Errorf("component %s: %w", id, engine.ErrNotFound)
		}
		if err := editTags(&p.after.components[at], &edit); err != nil {
			return err
		}
	}
	p.write = func(tx engine.Transaction) error { return l.writeTags(tx, &edit) }
	return nil
}

// writeTags edits the present records: a component may have reported since the plan was made.
func (l *Local) writeTags(tx engine.Transaction, edit *engine.TagEdit) error {
	for _, id := range edit.Components {
		before, err := tx.Component(context.Background(), id)
		if err != nil {
			return err
		}
		after := before
		if slices.Equal(edit.Apply(before.Tags), before.Tags) {
			continue
		}
		if err := editTags(&after, edit); err != nil {
			return err
		}
		if err := tx.PutComponent(after); err != nil {
			return err
		}
		if err := l.audit(tx, "component.tag", after.Name, recorded(before), recorded(after)); err != nil {
			return err
		}
	}
	return nil
}

func editTags(component *engine.Component, edit *engine.TagEdit) error {
	component.Tags = edit.Apply(component.Tags)
	component.Revision++
	if len(component.Tags) > engine.MaximumTags {
		return &engine.FieldError{Of: fmt.Sprintf("component %q", component.Name), Field: "tags", Err: fmt.Errorf("it would have %d tags; at most %d", len(component.Tags), engine.MaximumTags)}
	}
	return nil
}
