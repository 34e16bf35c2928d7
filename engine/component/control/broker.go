package control

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
)

// Broker is the broker of one attachment, as the component reaches it: by one control stream at a time.
type Broker struct {
	Config
	instance [16]byte // made when the agent starts: a second live one is a cloned disk

	mu       sync.Mutex
	report   engine.Report
	unable   error         // why the present report must not be used; nil while it may
	stream   *Stream       // nil while away
	changed  chan struct{} // closed and made anew when stream changes
	presence Presence
	renewed  bool // the stream is to be opened again with a new key

	renewing  sync.Mutex // one renewal runs at a time; taken before mu
	renewedAt time.Time  // when the certificate was last renewed; see wasJustRenewed
}

// Config is what a Broker is made from.
type Config struct {
	// Directory holds key, certificate and the broker's addresses.
	Directory *identity.Directory
	Log       *slog.Logger
	Clock     machine.Clock
	Network   machine.Network
	Rooms     Rooms
	// Tunnelled tells that the broker is a service provider's, reached through a tunnel. Its addresses are those of gateways, of which the
	// component learns elsewhere.
	Tunnelled bool
}

// Presence is what is known of the control stream.
type Presence struct {
	Attached bool
	Problem  string // why it is not attached; empty while it is
	Since    time.Time
	Role     string
	SeenFrom string
	Group    string
	Address  string
}

const (
	firstRetry = 250 * time.Millisecond
	lastRetry  = 5 * time.Second
	// refusedRetry is the time between two tries of a component that the broker refuses.
	refusedRetry = time.Minute
)

// NewBroker makes a Broker that is not attached yet. report is what its first hello says of the machine.
func NewBroker(config Config, report engine.Report) *Broker {
	b := &Broker{
		Config: config, report: report, changed: make(chan struct{}),
		presence: Presence{Problem: "not attached yet", Since: config.Clock.Now()},
	}
	rand.Read(b.instance[:]) // never fails
	return b
}

// Run keeps attached and the certificate renewed until ctx ends. The stream that is open then lives until streaming ends.
func (b *Broker) Run(ctx, streaming context.Context) {
	var running sync.WaitGroup
	running.Go(func() { b.keepAttached(ctx, streaming) })
	running.Go(func() { b.keepRenewed(ctx) })
	running.Wait()
}

// keepAttached opens one control stream after the other.
func (b *Broker) keepAttached(ctx, streaming context.Context) {
	delay := firstRetry
	for ctx.Err() == nil {
		welcomed, err := b.attach(ctx, streaming)
		if ctx.Err() != nil {
			return
		}
		if b.takeRenewed() {
			delay = firstRetry
			continue // at once, with the new key
		}
		if welcomed {
			delay = firstRetry
		}
		b.away(err)
		pause := jittered(delay)
		delay = min(2*delay, lastRetry)
		var refused *refusedError
		if errors.As(err, &refused) {
			pause = jittered(refusedRetry)
		}
		if !machine.Wait(ctx.Done(), b.Clock, pause) {
			return
		}
	}
}

// jittered gives a time from half of d to d, so that the components of a broker that was away don't all come at once.
func jittered(d time.Duration) time.Duration {
	return d/2 + time.Duration(mathrand.Int64N(int64(d/2)+1))
}

// away notes and says why the component is not attached; the same words only once.
func (b *Broker) away(err error) {
	b.mu.Lock()
	words := err.Error()
	fresh := b.presence.Problem != words
	if b.presence.Problem == "" {
		b.presence.Since = b.Clock.Now()
	}
	b.presence.Problem = words
	b.mu.Unlock()
	b.Rooms.Changed()
	if fresh {
		b.Log.Warn("not attached to the broker", "reason", words)
	}
}

// attachedNow notes a stream that was welcomed. What has changed since its hello is reported now: until now there was no stream to
// report it over.
func (b *Broker) attachedNow(s *Stream, presence Presence) {
	b.mu.Lock()
	b.stream, b.presence = s, presence
	report, unable := b.report, b.unable
	close(b.changed)
	b.changed = make(chan struct{})
	b.mu.Unlock()
	switch {
	case unable != nil:
		s.end(unable)
	case !machine.SameReport(s.reported, report):
		s.sendReport(report)
	}
	b.Rooms.Changed()
}

// detached notes that a stream is over.
func (b *Broker) detached(s *Stream) {
	b.mu.Lock()
	if b.stream == s {
		b.stream = nil
		close(b.changed)
		b.changed = make(chan struct{})
	}
	b.mu.Unlock()
	b.Rooms.Detached()
}

// Stream gives the control stream, nil while away, and a channel that is closed when that changes.
func (b *Broker) Stream() (*Stream, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stream, b.changed
}

// Presence tells whether the component is attached, and why not.
func (b *Broker) Presence() Presence {
	b.mu.Lock()
	defer b.mu.Unlock()
	presence := b.presence
	presence.Attached = b.stream != nil
	return presence
}

// Report is what was last reported.
func (b *Broker) Report() engine.Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.report
}

// SetReport reports what has changed, and tells whether anything has.
func (b *Broker) SetReport(report engine.Report) (changed bool) {
	b.mu.Lock()
	changed = !machine.SameReport(b.report, report)
	b.report, b.unable = report, nil
	stream := b.stream
	b.mu.Unlock()
	if changed && stream != nil {
		stream.sendReport(report)
	}
	return changed
}

// SetUnable ends the stream, and lets no other begin, while the machine cannot be reported: what it said before does not hold any
// more.
func (b *Broker) SetUnable(why error) {
	b.mu.Lock()
	b.unable = why
	stream := b.stream
	b.mu.Unlock()
	if stream != nil {
		stream.end(why)
	}
}
