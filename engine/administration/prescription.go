package administration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"lockwire/engine"
)

// prescriptionValue is the name in the store of what the broker's machine prescribed last.
const prescriptionValue = "prescribed"

// prescribed gives what the broker's machine prescribes of the settings.
func (l *Local) prescribed() engine.Prescription {
	if l.Prescribed == nil {
		return engine.Prescription{}
	}
	return l.Prescribed()
}

// TakePrescription takes up what the broker's machine prescribes now. A change, also one from the time when no broker ran, leaves an
// entry in the audit. It is in force even where that cannot be written; the error then says so.
func (l *Local) TakePrescription(ctx context.Context) error {
	l.edit.Lock()
	defer l.edit.Unlock()
	now := l.prescribed()
	last, err := l.lastPrescription(ctx)
	if err == nil && last.Same(now) {
		return nil
	}
	if err == nil {
		machine := l.As("the broker's machine", engine.MayChange)
		err = machine.commit(ctx, asOneChange(engine.NewID(), func(tx engine.Transaction) error {
			text, err := json.Marshal(now)
			if err != nil {
				return err
			}
			if err := tx.PutValue(prescriptionValue, text); err != nil {
				return err
			}
			return machine.audit(tx, "settings.prescribe", engine.OverrideSetting, last, now)
		}, l.turnedBy(ctx, last)))
	}
	if err == nil {
		return nil
	}
	l.revision.grow()
	if l.Broker != nil {
		err = errors.Join(err, l.Broker.Refresh(ctx))
	}
	return fmt.Errorf("what the machine prescribes is in force, but it could not be recorded: %w", err)
}

func (l *Local) lastPrescription(ctx context.Context) (last engine.Prescription, err error) {
	text, err := l.Store.Value(ctx, prescriptionValue)
	if errors.Is(err, engine.ErrNotFound) {
		return last, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &last)
	}
	return last, err
}

// turnedBy is what it makes of pairs that the machine prescribes what it does now, and not what it did last; nil where that cannot be told.
func (l *Local) turnedBy(ctx context.Context, last engine.Prescription) *engine.Turned {
	before, err := l.state(ctx)
	if err != nil {
		return nil
	}
	after := before.clone()
	before.rules.Prescribed = last
	effect, err := l.effect(ctx, before, &plan{after: after})
	if err != nil {
		return nil
	}
	return effect.Turned
}
