package component

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/session"
)

// attachment is the component's place in one installation: the control stream, and what the broker sent over it.
type attachment struct {
	c         *Component
	directory *identity.Directory
	id        engine.ID // the component's, in this installation
	instance  [16]byte  // made when the agent starts: a second live one is a cloned disk
	log       *slog.Logger
	clock     machine.Clock

	oneTime  *session.KeyRing
	sessions *sessionTable
	routes   *routeTable
	offers   *offerDesk
	requests *requestDesk

	// life ends when the farewell is over; all work of the attachment hangs on it.
	life    context.Context
	endLife context.CancelCauseFunc
	work    sync.WaitGroup // see start

	probes, transfers chan struct{} // places

	drainOrder atomic.Pointer[engine.Drain] // the broker's; nil for none

	mu       sync.Mutex
	backends machine.BackendList
	report   engine.Report
	unable   error         // why the present report must not be used, which is machine.ErrManyAddresses; nil while it may
	stream   *stream       // nil while away
	changed  chan struct{} // closed and made anew when stream changes
	present  presence
	renewed  bool // the stream is to be opened again with a new key
	over     bool // nothing is started any more

	renewing  sync.Mutex // one renewal runs at a time; taken before mu
	renewedAt time.Time  // when the certificate was last renewed; see wasJustRenewed
}

// presence is what the status says of the control stream.
type presence struct {
	problem  string // why it is not attached; empty while it is
	since    time.Time
	role     string
	seenFrom string
	group    string
	address  string
}

const (
	firstRetry = 250 * time.Millisecond
	lastRetry  = 5 * time.Second
	// refusedRetry is the time between two tries of a component that the broker refuses.
	refusedRetry = time.Minute
	// farewellTime is how long a component that is stopped waits for its ends to be acknowledged.
	farewellTime = 3 * time.Second
)

func newAttachment(c *Component, directory *identity.Directory) (*attachment, error) {
	kept := directory.Attachment()
	if kept.Kind != identity.Component {
		return nil, fmt.Errorf("%s is the attachment of an %s, not of a component", directory.Path(), kept.Kind)
	}
	a := &attachment{
		c: c, directory: directory, id: kept.ID, clock: c.config.Clock,
		log:       c.config.Log.With("component", kept.Name, "installation", string(kept.Installation)),
		oneTime:   session.NewKeyRing(),
		sessions:  newSessionTable(),
		probes:    make(chan struct{}, maximumProbes),
		transfers: make(chan struct{}, maximumTransfers),
		changed:   make(chan struct{}),
		present:   presence{problem: "not attached yet", since: c.config.Clock.Now()},
	}
	a.routes, a.offers, a.requests = newRouteTable(a), newOfferDesk(a), newRequestDesk(a)
	rand.Read(a.instance[:]) // never fails
	a.life, a.endLife = context.WithCancelCause(context.Background())
	backends, err := machine.ReadBackends(directory.Path())
	if err != nil {
		return nil, err
	}
	a.backends = backends
	if a.report, err = c.reporter.Report(backends); err != nil {
		return nil, err
	}
	return a, nil
}

// run keeps attached until ctx ends, then says farewell. life is the component's.
func (a *attachment) run(ctx, life context.Context) {
	defer context.AfterFunc(life, func() { a.endLife(context.Cause(life)) })()
	var attaching sync.WaitGroup
	streaming, endStream := context.WithCancelCause(a.life)
	attaching.Go(func() { a.keepAttached(ctx, streaming) })
	attaching.Go(func() { a.keepRenewed(ctx) })
	<-ctx.Done()
	a.routes.close()
	a.sessions.cutAll(errStopped.Error())
	a.sayFarewell()
	endStream(errStopped)
	attaching.Wait()
	a.endLife(errStopped)
	a.mu.Lock()
	a.over = true
	a.mu.Unlock()
	a.work.Wait()
	a.sessions.destroyAll()
	a.oneTime.DropAll()
}

// start runs f in a goroutine that run waits for. Once the attachment is over, f is left out: all that it could still do is
// to end.
func (a *attachment) start(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.over {
		a.work.Go(f)
	}
}

// sayFarewell waits until all ends have been acknowledged, for a while.
func (a *attachment) sayFarewell() {
	timer := a.clock.NewTimer(farewellTime)
	defer timer.Stop()
	select {
	case <-a.sessions.whenEmpty():
	case <-timer.C():
	case <-a.life.Done():
	}
}

// keepAttached opens one control stream after the other. ctx ends the tries; the stream that is open then lives until
// streaming ends.
func (a *attachment) keepAttached(ctx, streaming context.Context) {
	delay := firstRetry
	for ctx.Err() == nil {
		welcomed, err := a.attach(ctx, streaming)
		if ctx.Err() != nil {
			return
		}
		if a.takeRenewed() {
			delay = firstRetry
			continue // at once, with the new key
		}
		if welcomed {
			delay = firstRetry
		}
		a.away(err)
		pause := jittered(delay)
		delay = min(2*delay, lastRetry)
		var refused *refusedError
		if errors.As(err, &refused) {
			pause = jittered(refusedRetry)
		}
		if !machine.Wait(ctx.Done(), a.clock, pause) {
			return
		}
	}
}

// jittered gives a time from half of d to d, so that the components of a broker that was away don't all come at once.
func jittered(d time.Duration) time.Duration {
	return d/2 + time.Duration(mathrand.Int64N(int64(d/2)+1))
}

// away notes and says why the component is not attached; the same words only once.
func (a *attachment) away(err error) {
	a.mu.Lock()
	words := err.Error()
	fresh := a.present.problem != words
	if a.present.problem == "" {
		a.present.since = a.clock.Now()
	}
	a.present.problem = words
	a.mu.Unlock()
	a.c.tellNews()
	if fresh {
		a.log.Warn("not attached to the broker", "reason", words)
	}
}

// attachedNow notes a stream that was welcomed.
func (a *attachment) attachedNow(s *stream, present presence) {
	a.mu.Lock()
	a.stream, a.present = s, present
	close(a.changed)
	a.changed = make(chan struct{})
	a.mu.Unlock()
	a.c.tellNews()
}

// detached notes that a stream is over.
func (a *attachment) detached(s *stream) {
	a.mu.Lock()
	if a.stream == s {
		a.stream = nil
		close(a.changed)
		a.changed = make(chan struct{})
	}
	a.mu.Unlock()
	a.requests.failAll(errBrokerAway)
	a.oneTime.DropAll() // the broker forgets the public halves with the stream
}

// current gives the stream, nil while away, and a channel that is closed when that changes.
func (a *attachment) current() (*stream, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stream, a.changed
}

func (a *attachment) allowed() machine.BackendList {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.backends
}

// poll reads the allow-backend list and the system again and reports what changed.
func (a *attachment) poll() {
	a.c.readListens()
	backends, err := machine.ReadBackends(a.directory.Path())
	if err != nil {
		// An unreadable list must not keep what it allowed before.
		if more, ok := a.c.logs.Pass("backends " + string(a.id)); ok {
			a.log.Error("no backend is allowed until the list can be read", "reason", err.Error(), "more since the last line", more)
		}
		backends = machine.BackendList{}
	}
	a.mu.Lock()
	a.backends = backends
	a.mu.Unlock()
	a.pollReport()
	a.routes.retry()
}

// pollReport reports what changed.
func (a *attachment) pollReport() {
	report, err := a.c.reporter.Report(a.allowed())
	a.reportable(err)
	if err != nil {
		if more, ok := a.c.logs.Pass("report"); ok {
			a.log.Warn("the system does not say what is to be reported", "reason", err.Error(), "more since the last line", more)
		}
		return
	}
	a.mu.Lock()
	changed := !machine.SameReport(a.report, report)
	a.report = report
	stream := a.stream
	a.mu.Unlock()
	if changed && stream != nil {
		stream.sendReport(report)
	}
	if changed {
		a.c.tellNews()
	}
}

// reportable notes whether the machine's addresses can be reported, and ends the stream where they cannot: what it said of them
// before does not hold any more.
func (a *attachment) reportable(err error) {
	if !errors.Is(err, machine.ErrManyAddresses) {
		err = nil
	}
	a.mu.Lock()
	a.unable = err
	stream := a.stream
	a.mu.Unlock()
	if err != nil && stream != nil {
		stream.end(err)
	}
}

// certificateFor gives the certificate whose key an offer names: the present one, or the one before it while it is kept.
func (a *attachment) certificateFor(key engine.KeyID) (tls.Certificate, error) {
	present, err := a.directory.Certificate()
	if err != nil {
		return tls.Certificate{}, err
	}
	for _, candidate := range []*tls.Certificate{present, a.directory.Previous()} {
		if candidate != nil && identity.KeyIDOf(candidate.Leaf.RawSubjectPublicKeyInfo) == key {
			return *candidate, nil
		}
	}
	return tls.Certificate{}, errors.New("the offer names a key that this machine does not have")
}

// brokers are the broker's addresses as they are on the disk, where a person may have set others while the agent runs.
func (a *attachment) brokers() []string {
	if onDisk, err := identity.OpenDirectory(a.directory.Path()); err == nil {
		if addresses := onDisk.Attachment().Brokers; !slices.Equal(addresses, a.directory.Attachment().Brokers) {
			if err := a.directory.SetBrokers(addresses); err != nil {
				a.log.Warn("the broker's addresses are not kept", "reason", err.Error())
			}
		}
	}
	return a.directory.Attachment().Brokers
}
