package administration

import (
	"context"
	"sync/atomic"
	"time"

	"lockwire/engine"
)

// revision counts the changes of the record.
type revision struct{ count *atomic.Uint64 }

func newRevision() revision { return revision{new(atomic.Uint64)} }

func (r revision) grow() { r.count.Add(1) }

// Bounds on how often a snapshot is made for one watcher.
const (
	fastestWatch = 100 * time.Millisecond
	slowestWatch = time.Minute
)

// Sessions gives the live sessions.
func (l *Local) Sessions(context.Context) ([]engine.Session, error) {
	if l.Broker == nil {
		return nil, engine.ErrNoBroker
	}
	return l.Broker.Sessions(), nil
}

// Cut ends a session at once.
func (l *Local) Cut(ctx context.Context, id engine.ID) error {
	if l.Broker == nil {
		return engine.ErrNoBroker
	}
	if err := l.Broker.Cut(ctx, id, "cut by "+string(l.who)); err != nil {
		return err
	}
	// It is cut: that stands in the audit also where whoever asked for it does not wait.
	return l.Store.Write(context.WithoutCancel(ctx), func(tx engine.Transaction) error { return l.audit(tx, "session.cut", string(id), nil, nil) })
}

// Watch calls with a snapshot at once and then whenever the interval, held between 0.1 s and a minute, has passed.
func (l *Local) Watch(ctx context.Context, interval time.Duration, each func(engine.Snapshot) error) error {
	if l.Broker == nil {
		return engine.ErrNoBroker
	}
	tick := time.NewTicker(min(max(interval, fastestWatch), slowestWatch))
	defer tick.Stop()
	for {
		sessions := l.Broker.Sessions()
		snapshot := engine.Snapshot{
			When: l.Now(), Components: l.liveComponents(sessions), Routes: l.Broker.Routes(), Sessions: sessions, Revision: l.revision.count.Load(),
			RecordProblem: l.Broker.RecordProblem(),
		}
		if err := each(snapshot); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
