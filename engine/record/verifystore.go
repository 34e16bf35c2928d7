package record

import (
	"context"
	"errors"
	"time"

	"lockwire/engine"
)

// VerifyPage is how many entries are read at a time.
const VerifyPage = 500

// VerifyStore looks at the whole chain of a record, and for receipts that are not in it. Between two pages it calls each, where that is not nil, with how
// many entries it has looked at and how many there are; an error ends the check.
func VerifyStore(ctx context.Context, store engine.Records, key []byte, now func() time.Time, each func(done, total uint64) error) (engine.ReceiptsVerdict, error) {
	verifier, err := NewVerifier(key)
	if err != nil {
		return engine.ReceiptsVerdict{}, err
	}
	head, err := store.ChainHead(ctx)
	if err != nil && !errors.Is(err, engine.ErrNotFound) {
		return engine.ReceiptsVerdict{}, err
	}
	query := engine.ChainQuery{Limit: VerifyPage}
	for done := uint64(0); ; {
		entries, err := store.Chain(ctx, query)
		if err != nil {
			return engine.ReceiptsVerdict{}, err
		}
		for i := range entries {
			verifier.Add(&entries[i])
			query.After = entries[i].Sequence
		}
		if done += uint64(len(entries)); each != nil {
			if err := each(done, max(done, head.Sequence)); err != nil {
				return engine.ReceiptsVerdict{}, err
			}
		}
		if len(entries) < VerifyPage {
			break
		}
	}
	added, err := store.Unchained(ctx, engine.MaximumReceiptFaults)
	if err != nil {
		return engine.ReceiptsVerdict{}, err
	}
	for _, session := range added {
		verifier.Added(session)
	}
	return verifier.End(now()), nil
}
