package model

import (
	"context"
	"sync/atomic"
	"time"

	"lockwire/engine"
)

const (
	// snapshotInterval is the delay until a change shows. Figures change once a second, a multiple of it.
	snapshotInterval = 250 * time.Millisecond
	// aSecond is the least time between two snapshots that count for what is kept once a second.
	aSecond = time.Second - snapshotInterval/2
	// refusalsEvery is how often the receipts of what was refused are read, and the administrators, whose certificates are renewed without notice.
	refusalsEvery = 15 * time.Second
	// TickInterval is how often the window takes up the newest one.
	TickInterval = 300 * time.Millisecond
	// A lost broker is dialled again after retryFirst, doubling up to retryMost.
	retryFirst = 500 * time.Millisecond
	retryMost  = 5 * time.Second
)

// Live follows an administration: it holds the newest state and passes it to the window once a tick.
type Live struct {
	admin  engine.Administration
	newest atomic.Pointer[State]
	again  chan struct{}  // holds a token while a refresh is wanted
	turned chan struct{}  // holds a token while resting is not what the watch was begun with
	past   throughputPast // kept by Follow's goroutine; what it hands out is never changed
	loads  loadPast       // likewise
	limits limitPast      // likewise
	low    engine.LowHeadroom
	checks checking
	trails *RateTrails
	// trailsAt is when trails had a snapshot last.
	trailsAt time.Time
	resting  atomic.Bool
}

// NewLive makes a follower of an administration.
func NewLive(admin engine.Administration) *Live {
	return &Live{admin: admin, checks: checking{admin: admin}, trails: newRateTrails(), again: make(chan struct{}, 1), turned: make(chan struct{}, 1)}
}

// State is the newest state; nil before the first.
func (l *Live) State() *State { return l.newest.Load() }

// Refresh makes the next snapshot read rules and settings again. It does not block.
func (l *Live) Refresh() {
	select {
	case l.again <- struct{}{}:
	default:
	}
}

// Follow updates the state until ctx is done. While the broker cannot be reached it keeps the last state and sets its Problem.
func (l *Live) Follow(ctx context.Context) {
	retry := retryFirst
	for ctx.Err() == nil {
		err := l.follow(ctx, func() { retry = retryFirst })
		if ctx.Err() != nil {
			return
		}
		l.fail(err)
		_ = engine.Pause(ctx, retry)
		retry = min(2*retry, retryMost)
	}
}

// follow updates the state until the watch breaks.
func (l *Live) follow(ctx context.Context, healthy func()) error {
	installation, err := asking(ctx, l.admin.Installation)
	if err != nil {
		return err
	}
	past, err := asking(ctx, l.admin.Past)
	if err != nil {
		return err
	}
	l.past.join(past.Moments)
	l.loads.join(&past)
	var rules engine.RuleSet
	var revision uint64
	first := true
	var refusals []engine.Receipt
	var administrators []engine.Administrator
	var refusalsAt time.Time
	ctx, stop := context.WithCancel(ctx)
	l.checks.begin()
	defer l.checks.wait()
	defer stop()
	see := func(snapshot engine.Snapshot) error {
		wanted := first || snapshot.Revision != revision
		select {
		case <-l.again:
			wanted = true
		default:
		}
		if wanted {
			if rules, err = asking(ctx, l.admin.RuleSet); err != nil {
				return err
			}
			revision, first = snapshot.Revision, false
		}
		if snapshot.When.Sub(refusalsAt).Abs() >= refusalsEvery {
			if refusals, err = asking(ctx, func(ctx context.Context) ([]engine.Receipt, error) {
				return l.admin.Receipts(ctx, engine.RefusalsQuery(snapshot.When))
			}); err != nil {
				return err
			}
			if administrators, err = asking(ctx, l.admin.Administrators); err != nil {
				return err
			}
			refusalsAt = snapshot.When
		}
		healthy()
		if passed := snapshot.When.Sub(l.trailsAt); passed.Abs() >= aSecond { // a change between two seconds has no figures of its own
			l.trails.add(snapshot.Sessions, stepsIn(passed))
			l.trailsAt = snapshot.When
		}
		l.newest.Store(&State{
			Snapshot: snapshot, Heard: time.Now(), Refusals: refusals, Checked: l.checks.follow(ctx, &snapshot), Administrators: administrators, Trails: l.trails, Installation: installation, Rules: rules, Past: l.past.add(&snapshot),
			Loads: l.loads.add(&snapshot), Limits: l.limits.add(&snapshot), Low: l.low.Take(&snapshot),
			Resting: l.Resting(), found: new(foundOnce),
		})
		return nil
	}
	return l.watch(ctx, func(ctx context.Context, interval time.Duration) error { return l.admin.Watch(ctx, interval, see) })
}

// fail keeps the last state and sets its Problem.
func (l *Live) fail(err error) {
	state := State{}
	if last := l.newest.Load(); last != nil {
		state = *last
	}
	state.OldSince, state.Problem, state.found = state.Heard, "the broker cannot be reached", new(foundOnce)
	if err != nil {
		state.Problem = err.Error()
	}
	l.newest.Store(&state)
}

// Tick calls on with the newest state at each tick that has a newer one, until ctx is done. It runs on through do and waits for it,
// so calls never queue up.
func (l *Live) Tick(ctx context.Context, do func(func()), on func(*State)) {
	tick := time.NewTicker(TickInterval)
	defer tick.Stop()
	var shown *State
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if newest := l.newest.Load(); newest != nil && newest != shown {
			shown = newest
			newest.Findings() // for whom on shows them: not where do runs it
			do(func() { on(newest) })
		}
	}
}
