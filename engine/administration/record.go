package administration

import (
	"context"
	"fmt"

	"lockwire/engine"
	"lockwire/engine/record"
)

// Audit gives who changed what and when, newest first.
func (l *Local) Audit(ctx context.Context, query engine.AuditQuery) ([]engine.AuditEntry, error) {
	if err := record.CheckAuditQuery(&query); err != nil {
		return nil, err
	}
	return l.Store.Audit(ctx, query)
}

// Receipt gives one receipt.
func (l *Local) Receipt(ctx context.Context, id engine.ID) (engine.Receipt, error) {
	return l.Store.Receipt(ctx, id)
}

// Receipts gives receipts, newest first.
func (l *Local) Receipts(ctx context.Context, query engine.ReceiptQuery) ([]engine.Receipt, error) {
	if err := record.CheckReceiptQuery(&query); err != nil {
		return nil, err
	}
	return l.Store.Receipts(ctx, query)
}

// ReceiptTotals sum up the receipts of sessions that ended in a span.
func (l *Local) ReceiptTotals(ctx context.Context, span engine.Span) (engine.ReceiptTotals, error) {
	return l.Store.ReceiptTotals(ctx, span)
}

// commit writes one transaction, then updates the broker and the watchers. If the broker cannot take the change up, it is kept all the same and the
// error says so.
func (l *Local) commit(ctx context.Context, change func(engine.Transaction) error) error {
	if err := l.Store.Write(ctx, change); err != nil {
		return err
	}
	l.revision.grow()
	if l.Broker == nil {
		return nil
	}
	if err := l.Broker.Refresh(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("the change is stored, but the broker could not take it up yet; it tries again each second: %w", err)
	}
	return nil
}

// inTurn writes several things in one transaction, up to the first that fails.
func inTurn(writes []func(engine.Transaction) error) func(engine.Transaction) error {
	return func(tx engine.Transaction) error {
		for _, write := range writes {
			if err := write(tx); err != nil {
				return err
			}
		}
		return nil
	}
}

// asOneChange has the entries that a change adds belong together, with what it makes of pairs.
func asOneChange(change engine.ID, write func(engine.Transaction) error, turned *engine.Turned) func(engine.Transaction) error {
	return func(tx engine.Transaction) error { return write(oneChange{tx, change, turned}) }
}

// oneChange is a transaction whose entries belong to one change.
type oneChange struct {
	engine.Transaction
	change engine.ID
	turned *engine.Turned
}

// AppendAudit adds an entry of the change.
func (c oneChange) AppendAudit(entry engine.AuditEntry) error {
	entry.Change, entry.Turned = c.change, c.turned
	return c.Transaction.AppendAudit(entry)
}

// audit adds an entry to the transaction. Before and after are written in JSON; nil is nothing.
func (l *Local) audit(tx engine.Transaction, what, thing string, before, after any) error {
	return engine.AppendChange(tx, engine.AuditEntry{When: l.Now(), Who: l.who, What: what, Thing: thing}, before, after)
}
