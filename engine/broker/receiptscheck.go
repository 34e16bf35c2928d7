package broker

import (
	"context"
	"errors"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
)

// checkpointEvery is how often the log says, signed, how far the receipts go. A log that is sent elsewhere is an anchor.
const checkpointEvery = 24 * time.Hour

// receiptsCheck is what the broker found of the chain of receipts.
type receiptsCheck struct {
	mu    sync.Mutex
	state engine.ReceiptsCheck
}

func (c *receiptsCheck) set(change func(*engine.ReceiptsCheck)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.state)
}

// ReceiptsCheck says how far the check of the receipts has come that began when the broker did, and what it found.
func (b *Broker) ReceiptsCheck() engine.ReceiptsCheck {
	b.receipts.mu.Lock()
	defer b.receipts.mu.Unlock()
	return b.receipts.state
}

// checkReceipts looks at the whole chain once, resting after each page as long as that took, so that it never has more than half a processor, and then has the log say each day how far it goes.
func (b *Broker) checkReceipts(ctx context.Context) {
	b.receipts.set(func(c *engine.ReceiptsCheck) { c.Running = true })
	began := time.Now()
	verdict, err := record.VerifyStore(ctx, b.config.Store, b.config.Authority.RecordKey().Public(), b.config.Now, func(done, total uint64) error {
		b.receipts.set(func(c *engine.ReceiptsCheck) { c.Done, c.Total = done, total })
		err := engine.Pause(ctx, time.Since(began))
		began = time.Now()
		return err
	})
	b.receipts.set(func(c *engine.ReceiptsCheck) {
		if c.Running, c.Verdict = false, verdict; err != nil {
			c.Problem = err.Error()
		}
	})
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		b.log.Error("the receipts cannot be checked", "error", err)
	case !verdict.Holds():
		b.log.Error("the receipts do not verify; lockwired receipts verify names each place", "faults", verdict.FaultCount, "first", verdict.Faults[0].Text)
	}
	for {
		b.logCheckpoint(ctx)
		if engine.Pause(ctx, checkpointEvery) != nil {
			return
		}
	}
}

func (b *Broker) logCheckpoint(ctx context.Context) {
	head, err := b.config.Store.ChainHead(ctx)
	var checkpoint engine.Checkpoint
	if err == nil {
		checkpoint, err = record.SignCheckpoint(b.config.Authority.RecordKey(), b.installation, head, b.config.Now())
	}
	switch {
	case err == nil:
		b.log.Info("checkpoint of the receipts", "checkpoint", checkpoint.Line)
	case !errors.Is(err, context.Canceled):
		b.log.Error("no checkpoint of the receipts could be made", "error", err)
	}
}
