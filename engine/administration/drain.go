package administration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lockwire/engine"
)

// Drain has components take no new connection, or take them again: all of those that are named, or none. The order stands in the
// record, so that it holds over restarts of component and broker.
func (l *Local) Drain(ctx context.Context, order engine.DrainOrder) error {
	if err := order.Check(); err != nil {
		return err
	}
	l.edit.Lock()
	defer l.edit.Unlock()
	if err := l.refuseUndoOfOwn(order); err != nil {
		return err
	}
	return l.commit(ctx, func(tx engine.Transaction) error {
		now := l.Now().UTC().Truncate(time.Millisecond)
		var done []engine.ID
		for _, id := range order.Components {
			if slices.Contains(done, id) {
				continue
			}
			done = append(done, id)
			component, err := tx.Component(ctx, id)
			if err != nil {
				return err
			}
			if err := l.drainOne(tx, component, order, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// drainOne writes the order for one component. One that drains already keeps since when; the rest is as ordered last.
func (l *Local) drainOne(tx engine.Transaction, before engine.Component, order engine.DrainOrder, now time.Time) error {
	if !before.Revoked.IsZero() {
		return fmt.Errorf("component %q is revoked: %w", before.Name, engine.ErrNotFound)
	}
	after, what := before, "component.drain"
	switch {
	case order.Undo && before.Drain == nil:
		return nil
	case order.Undo:
		after.Drain, what = nil, "component.drain-undo"
	default:
		after.Drain = &engine.Drain{Since: now, By: string(l.who)}
		if before.Drain != nil {
			after.Drain.Since = before.Drain.Since
		}
		if order.WithinSeconds > 0 {
			after.Drain.Until = now.Add(time.Duration(order.WithinSeconds) * time.Second)
		}
	}
	if err := tx.PutComponent(after); err != nil {
		return err
	}
	return l.audit(tx, what, after.Name, recorded(before), recorded(after))
}

// refuseUndoOfOwn says where a drain is undone that is not an administrator's.
func (l *Local) refuseUndoOfOwn(order engine.DrainOrder) error {
	if !order.Undo || l.Broker == nil {
		return nil
	}
	var failed []error
	for _, c := range l.Broker.Components() {
		if slices.Contains(order.Components, c.ID) && c.Drain == nil && c.Report.Drain != nil {
			failed = append(failed, fmt.Errorf("this cannot be undone from here: %s", c.RefusesWords()))
		}
	}
	return errors.Join(failed...)
}
