package administration

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
)

// revision counts the changes of the record.
type revision struct{ count *atomic.Uint64 }

func newRevision() revision { return revision{new(atomic.Uint64)} }

func (r revision) grow() { r.count.Add(1) }

const (
	// fastestWatch and slowestWatch bound how often one watcher is called.
	fastestWatch = 100 * time.Millisecond
	slowestWatch = time.Minute
	// figuresEvery is how often figures change, which is how often components report them.
	figuresEvery = time.Second
	// heartbeatEvery is how often a watcher elsewhere hears of the broker, whatever its interval.
	heartbeatEvery = 2 * time.Second
)

// Sessions gives the live sessions.
func (l *Local) Sessions(context.Context) ([]engine.Session, error) {
	if l.Broker == nil {
		return nil, engine.ErrNoBroker
	}
	return l.Broker.Sessions(), nil
}

// Past gives the last 15 minutes.
func (l *Local) Past(context.Context) (engine.Past, error) {
	if l.Broker == nil {
		return engine.Past{}, engine.ErrNoBroker
	}
	return l.Broker.Past(), nil
}

// Cut ends a session at once.
func (l *Local) Cut(ctx context.Context, id engine.ID) error {
	if l.Broker == nil {
		return engine.ErrNoBroker
	}
	what := recordedSession{ID: id}
	if s, found := l.Broker.Session(id); found {
		what.Source, what.Target, what.Route = s.SourceName, s.TargetName, s.RouteName
	}
	if err := l.Broker.Cut(ctx, id, "cut by "+string(l.who)); err != nil {
		return err
	}
	// The session is cut. The audit entry is written even if the caller has left.
	err := l.Store.Write(context.WithoutCancel(ctx), func(tx engine.Transaction) error { return l.audit(tx, "session.cut", what.name(), what, nil) })
	l.revision.grow()
	return err
}

// recordedSession is what the audit keeps of a session that was cut.
type recordedSession struct {
	ID     engine.ID `json:"id"`
	Source string    `json:"source"`
	Target string    `json:"target"`
	Route  string    `json:"route"`
}

// name names both ends, or gives the id where they are not known.
func (s *recordedSession) name() string {
	if s.Source == "" {
		return string(s.ID)
	}
	return s.Source + " to " + s.Target + " over " + s.Route
}

// Watch calls at once, and then each time the interval (0.1 s to a minute) has passed and something has changed. Figures count as changed once a
// second.
func (l *Local) Watch(ctx context.Context, interval time.Duration, each func(engine.Snapshot) error) error {
	return l.watch(ctx, interval, func(snapshot *engine.Snapshot) error { return each(*snapshot) }, func() error { return nil })
}

// watch is Watch with a heartbeat between two calls that lie far apart.
func (l *Local) watch(ctx context.Context, interval time.Duration, each func(*engine.Snapshot) error, beat func() error) error {
	if l.Broker == nil {
		return engine.ErrNoBroker
	}
	interval = min(max(interval, fastestWatch), slowestWatch)
	tick, beats := time.NewTicker(interval), time.NewTicker(heartbeatEvery)
	defer tick.Stop()
	defer beats.Stop()
	var shown position
	var at time.Time
	for {
		// The position is read before the snapshot is made: what changes between the two is looked at once more.
		if now := l.position(); at.IsZero() || now != shown || time.Since(at) >= figuresEvery-interval/2 {
			shown, at = now, time.Now()
			snapshot := l.snapshot()
			if err := each(&snapshot); err != nil {
				return err
			}
			beats.Reset(heartbeatEvery)
		}
		if err := awaitTick(ctx, tick, beats, beat); err != nil {
			return err
		}
	}
}

// awaitTick waits for the tick, and lets the heart beat meanwhile.
func awaitTick(ctx context.Context, tick, beats *time.Ticker, beat func() error) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			return nil
		case <-beats.C:
			if err := beat(); err != nil {
				return err
			}
		}
	}
}

// position identifies a version of everything but figures.
type position struct{ live, record uint64 }

func (l *Local) position() position { return position{l.Broker.Changed(), l.revision.count.Load()} }

// shareWithin is the maximum age of a snapshot that several watchers share.
const shareWithin = 200 * time.Millisecond

// moments lets watchers share one snapshot.
type moments struct {
	sync.Mutex
	newest engine.Snapshot
	of     position
	taken  time.Time
}

// snapshot gives everything live now. What it gives is not changed any more.
func (l *Local) snapshot() engine.Snapshot {
	l.moments.Lock()
	defer l.moments.Unlock()
	now := l.position()
	if now == l.moments.of && time.Since(l.moments.taken) < shareWithin {
		return l.moments.newest
	}
	sessions, tenants, providers := l.Broker.Sessions(), l.Broker.Tenants(), l.Broker.Providers()
	if len(tenants) == 0 {
		tenants = nil // as they arrive elsewhere
	}
	if len(providers) == 0 {
		providers = nil
	}
	l.moments.newest = engine.Snapshot{
		When: l.Now(), Components: l.liveComponents(sessions), Routes: l.Broker.Routes(), Sessions: sessions, Tenants: tenants, Providers: providers, Revision: now.record, RecordProblem: l.Broker.RecordProblem(), Hosts: l.Broker.TroubledHosts(), Today: l.Broker.Today(),
	}
	l.moments.of, l.moments.taken = now, time.Now()
	return l.moments.newest
}
