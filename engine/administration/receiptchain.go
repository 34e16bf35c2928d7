package administration

import (
	"context"

	"lockwire/engine"
	"lockwire/engine/record"
)

// ReceiptChain gives a page of the chain of receipts.
func (l *Local) ReceiptChain(ctx context.Context, query engine.ChainQuery) ([]engine.ChainEntry, error) {
	return l.Store.Chain(ctx, query)
}

// ReceiptCheckpoint states, signed, how far the chain goes now.
func (l *Local) ReceiptCheckpoint(ctx context.Context) (engine.Checkpoint, error) {
	authority, err := l.Authority()
	if err != nil {
		return engine.Checkpoint{}, err
	}
	head, err := l.Store.ChainHead(ctx)
	if err != nil {
		return engine.Checkpoint{}, err
	}
	return record.SignCheckpoint(authority.RecordKey(), l.Config.Installation, head, l.Now())
}

// VerifyReceipts looks at the whole chain, once nobody else does.
func (l *Local) VerifyReceipts(ctx context.Context) (engine.ReceiptsVerdict, error) {
	authority, err := l.Authority()
	if err != nil {
		return engine.ReceiptsVerdict{}, err
	}
	select {
	case l.verifying <- struct{}{}:
		defer func() { <-l.verifying }()
	case <-ctx.Done():
		return engine.ReceiptsVerdict{}, ctx.Err()
	}
	return record.VerifyStore(ctx, l.Store, authority.RecordKey().Public(), l.Now, nil)
}
