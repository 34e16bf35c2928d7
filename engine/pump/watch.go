package pump

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"lockwire/engine/network"
)

var (
	// ErrDead is wrapped by the error of [Run] when an end's peer acknowledged nothing for Options.Silence although something was
	// sent to it.
	ErrDead = errors.New("the peer does not answer any more")
	// ErrHalfClosed is wrapped by the error of [Run] when one direction had ended and the other one was quiet for
	// Options.HalfClosed.
	ErrHalfClosed = errors.New("half-closed and quiet for too long")
)

const (
	// DefaultSilence is how long a peer may acknowledge nothing of what was sent to it.
	DefaultSilence = time.Minute
	// DefaultHalfClosed is how long a flow may be quiet of which one direction has ended.
	DefaultHalfClosed = time.Hour
	// longestLook is the time between two looks at a flow; a twelfth of the silence where that is less.
	longestLook = 5 * time.Second
)

// Informer is an [End] whose system knows whether its peer still answers.
type Informer interface {
	// Info is what the system knows at present; ok is false where it knows nothing.
	Info() (info network.Info, ok bool)
}

// Watcher is an [End] that can notice the loss of its connection although nobody reads it any more.
type Watcher interface {
	// Watch is called after Read has returned io.EOF. It returns the error when the connection is lost, and nil once Unwatch was
	// called.
	Watch() error
	// Unwatch ends Watch, or keeps it from waiting.
	Unwatch()
}

// watch looks at a flow now and then and ends it when a peer is dead or when it has been half-closed for too long. It holds no
// goroutine while it waits.
type watch struct {
	toRemote, toLocal *direction
	local, remote     watched

	halfClosed time.Duration
	silence    time.Duration
	every      time.Duration
	end        func(error)

	moved      uint64 // bytes of the direction that is open, at the last look
	quietSince time.Time

	mu      sync.Mutex // held during a look, so that stop waits for it
	stopped bool
	timer   *time.Timer
}

// watched is one end of a flow as the watch sees it.
type watched struct {
	name      func() string // for errors; nil where nobody has given one
	otherwise string
	informer  Informer   // nil where the end has none
	prober    Prober     // nil where it is none, and after the first look
	sends     *direction // the one whose bytes it sends
	silence   network.Silence
}

func (e *watched) String() string {
	if e.name == nil {
		return e.otherwise
	}
	return e.name()
}

// startWatch begins to watch a flow. end is called at most once.
func startWatch(local, remote End, toRemote, toLocal *direction, o Options, end func(error)) *watch {
	w := &watch{toRemote: toRemote, toLocal: toLocal, halfClosed: o.HalfClosed, silence: o.Silence, end: end}
	w.halfClosed, w.silence = cmp.Or(w.halfClosed, DefaultHalfClosed), cmp.Or(w.silence, DefaultSilence)
	w.every = min(longestLook, w.silence/12, w.halfClosed/12)
	w.local = watched{name: o.LocalName, otherwise: "local end", sends: toLocal}
	w.remote = watched{name: o.RemoteName, otherwise: "remote end", sends: toRemote}
	w.local.informer, _ = local.(Informer)
	w.remote.informer, _ = remote.(Informer)
	w.local.prober, _ = local.(Prober)
	w.remote.prober, _ = remote.(Prober)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(w.every, w.look)
	return w
}

// stop ends the watch; no look runs when it returns.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}

func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	w.local.keepAlive()
	w.remote.keepAlive()
	if err := w.judge(time.Now()); err != nil {
		w.stopped = true
		w.end(err)
		return
	}
	w.timer.Reset(w.every)
}

// judge says why the flow must end now, if it must.
func (w *watch) judge(now time.Time) error {
	for _, end := range []*watched{&w.local, &w.remote} {
		if err := end.judge(now, w.silence); err != nil {
			return err
		}
	}
	return w.judgeHalfClosed(now)
}

func (e *watched) keepAlive() {
	if e.prober != nil {
		e.prober.KeepAlive()
		e.prober = nil
	}
}

func (e *watched) judge(now time.Time, limit time.Duration) error {
	if e.informer == nil {
		return nil
	}
	info, ok := e.informer.Info()
	switch {
	case !ok:
		return nil
	case info.Closed && !e.sends.ended.Load(): // else it can have closed in order, and its reader learns that
		return fmt.Errorf("%w: %v: the connection was reset", ErrReset, e)
	}
	if silent := e.silence.Observe(now, info); silent >= limit {
		return fmt.Errorf("%w: %v: %w: nothing that was sent was acknowledged for %v; a firewall may drop the connection's packets, or the machine is off",
			ErrReset, e, ErrDead, silent.Round(time.Second))
	}
	return nil
}

// judgeHalfClosed counts the time for which the only open direction has carried nothing.
func (w *watch) judgeHalfClosed(now time.Time) error {
	var open *direction
	switch toRemote, toLocal := w.toRemote.ended.Load(), w.toLocal.ended.Load(); {
	case toRemote == toLocal:
		return nil
	case toRemote:
		open = w.toLocal
	default:
		open = w.toRemote
	}
	if moved := open.bytes.Load(); w.quietSince.IsZero() || moved != w.moved {
		w.quietSince, w.moved = now, moved
	}
	if quiet := now.Sub(w.quietSince); quiet >= w.halfClosed {
		return fmt.Errorf("%w: %w: %s has carried nothing for %v since the other direction ended; a longer time is set with the agent's --half-closed",
			ErrReset, ErrHalfClosed, open.name, quiet.Round(time.Second))
	}
	return nil
}

// watchSource waits, once a source has ended its direction, for the loss of its connection or the end of the flow.
func (d *direction) watchSource(ctx context.Context) error {
	watcher, ok := d.source.(Watcher)
	if !ok || ctx.Err() != nil {
		return nil
	}
	if err := watcher.Watch(); err != nil {
		_, cause := classify(err)
		return fmt.Errorf("after its end: %w", cause)
	}
	return nil
}

// unwatch ends the wait of watchSource at both ends: the flow is over.
func unwatch(ends ...End) {
	for _, end := range ends {
		if watcher, ok := end.(Watcher); ok {
			watcher.Unwatch()
		}
	}
}
