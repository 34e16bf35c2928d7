package alarm

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"lockwire/engine"
)

// sendWithin bounds one attempt to send an alarm.
const sendWithin = 15 * time.Second

// sender sends one alarm. Dropped is how many before it were dropped. A *refusedError tells that sending the same again is of little use.
type sender interface {
	send(ctx context.Context, a *engine.Alarm, dropped uint64) error
}

// refusedError is a receiver's answer that it does not take an alarm.
type refusedError struct{ why string }

func (e *refusedError) Error() string { return e.why }

// receiver has the alarms for one receiver sent, one after the other.
type receiver struct {
	name  engine.AlarmReceiver
	log   *slog.Logger
	queue *queue
	// changed holds a token when the sender was replaced: what failed is tried again at once.
	changed chan struct{}

	mu     sync.Mutex
	sender sender // nil where the receiver is not set up
	status engine.AlarmReceiverStatus
}

func newReceiver(name engine.AlarmReceiver, log *slog.Logger) *receiver {
	return &receiver{name: name, log: log, queue: newQueue(), changed: make(chan struct{}, 1), status: engine.AlarmReceiverStatus{Receiver: name}}
}

// use replaces the sender; nil has the receiver take nothing, and forgets what waits.
func (r *receiver) use(s sender) {
	r.mu.Lock()
	r.sender = s
	r.status.Failing, r.status.Problem = time.Time{}, ""
	if s == nil {
		r.queue.empty()
		r.status = engine.AlarmReceiverStatus{Receiver: r.name}
	}
	r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

func (r *receiver) present() sender {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sender
}

// put never waits.
func (r *receiver) put(a engine.Alarm) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sender != nil {
		r.status.Dropped += r.queue.put(a)
	}
}

// standing says how the receiver fares; not where it is not set up.
func (r *receiver) standing() (engine.AlarmReceiverStatus, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	status := r.status
	status.Waiting = r.queue.length()
	return status, r.sender != nil
}

// run sends until ctx is done.
func (r *receiver) run(ctx context.Context) {
	failures := 0
	var failed engine.ID // the alarm that failed last
	for ctx.Err() == nil {
		a, untold, any := r.queue.head()
		s := r.present()
		if !any || s == nil {
			select {
			case <-ctx.Done():
			case <-r.queue.arrived:
			case <-r.changed:
			}
			continue
		}
		if a.ID != failed {
			failures, failed = 0, a.ID
		}
		attempt, cancel := context.WithTimeout(ctx, sendWithin)
		err := s.send(attempt, &a, untold)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			r.sent(&a, untold)
			continue
		}
		failures++
		refused := new(refusedError)
		if errors.As(err, &refused) && failures >= refusedTimes {
			r.giveUp(&a, err)
			continue
		}
		r.fails(&a, err)
		r.wait(ctx, pauseAfter(failures))
	}
}

// wait waits after a failure, unless the receiver is set up anew.
func (r *receiver) wait(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-r.changed:
	}
}

func (r *receiver) sent(a *engine.Alarm, untold uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue.done(a.ID, true, untold)
	if !r.status.Failing.IsZero() {
		r.log.Info("alarms reach their receiver again", "receiver", r.name)
	}
	r.status.Sent++
	r.status.LastSent, r.status.Failing, r.status.Problem = time.Now(), time.Time{}, ""
}

// giveUp drops an alarm that the receiver does not take.
func (r *receiver) giveUp(a *engine.Alarm, err error) {
	r.log.Warn("an alarm is given up: its receiver refuses it", "receiver", r.name, "kind", string(a.Kind), "error", err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue.done(a.ID, false, 0)
	r.status.Dropped++
	r.note(err)
}

func (r *receiver) fails(a *engine.Alarm, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status.Failing.IsZero() {
		r.log.Warn("an alarm cannot be sent; it is tried again", "receiver", r.name, "kind", string(a.Kind), "error", err)
	}
	r.note(err)
}

// note keeps what is wrong. r.mu is held.
func (r *receiver) note(err error) {
	if r.status.Failing.IsZero() {
		r.status.Failing = time.Now()
	}
	r.status.Problem = engine.Printable(err.Error())
}
