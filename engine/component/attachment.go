package component

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/control"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/component/route"
	"lockwire/engine/component/routetest"
	"lockwire/engine/identity"
)

// attachment is the component's place in one installation. It connects the rooms: its broker, the sessions that the broker offers,
// the routes that it lists and the tests that it asks for.
type attachment struct {
	c         *Component
	directory *identity.Directory
	log       *slog.Logger

	broker    *control.Broker
	work      *live.Work
	keys      *live.Keys
	sessions  *live.Sessions
	requests  *live.Requests
	offers    *live.Offers
	flows     *route.Flows
	routes    *route.Routes
	probes    *routetest.Probes
	transfers *routetest.Transfers

	drainOrder atomic.Pointer[engine.Drain] // the broker's; nil for none

	told told // only measure uses it

	mu       sync.Mutex
	backends machine.BackendList
}

// farewellTime is how long a component that is stopped waits for its ends to be acknowledged.
const farewellTime = 3 * time.Second

func newAttachment(c *Component, directory *identity.Directory) (*attachment, error) {
	kept := directory.Attachment()
	if kept.Kind != identity.Component {
		return nil, fmt.Errorf("%s is the attachment of an %s, not of a component", directory.Path(), kept.Kind)
	}
	backends, err := machine.ReadBackends(directory.Path())
	if err != nil {
		return nil, err
	}
	report, err := c.reporter.Report(backends)
	if err != nil {
		return nil, err
	}
	a := &attachment{
		c: c, directory: directory, backends: backends, work: live.NewWork(), sessions: live.NewSessions(),
		log: c.config.Log.With("component", kept.Name, "installation", string(kept.Installation)),
	}
	a.broker = control.NewBroker(control.Config{
		Directory: directory, Log: a.log, Clock: c.config.Clock, Network: c.config.Network, Rooms: (*rooms)(a),
	}, report)
	host := &live.Host{Log: a.log, Lines: c.lines, Clock: c.config.Clock, Network: c.config.Network, Work: a.work, Broker: brokerOfSessions{a.broker}, Budget: c.budget, Drains: a.drains}
	a.keys, a.requests = live.NewKeys(a.log), live.NewRequests(host)
	a.offers = live.NewOffers(&live.Config{
		Host: host, Component: kept.ID, Backends: a.allowed, Certificate: a.broker.CertificateFor,
		Lives: c.lives, Begins: c.calibrator.Yield, Erase: c.config.erase,
	}, a.keys, a.sessions, a.requests)
	a.flows = route.NewFlows(route.Config{
		Host: host, Backends: a.allowed, Silence: c.config.Silence, HalfClosed: c.config.HalfClosed, LongPath: c.config.LongPath, Buffer: c.config.Buffer,
		Test: func(f *route.Flow, in *channel.Incoming) { a.transfers.Answer(f, in) },
	}, c.dials)
	a.routes = route.NewRoutes(a.flows, a.requests, c.listens)
	a.probes = routetest.NewProbes(host, c.config.System)
	a.transfers = routetest.NewTransfers(routetest.Config{Host: host, Requests: a.requests, Routes: a.routes, Flows: a.flows, Spent: c.spent})
	return a, nil
}

// run keeps attached until ctx ends, then says farewell. life is the component's.
func (a *attachment) run(ctx, life context.Context) {
	defer context.AfterFunc(life, func() { a.work.End(context.Cause(life)) })()
	var attaching sync.WaitGroup
	streaming, endStream := context.WithCancelCause(a.work.Life())
	attaching.Go(func() { a.broker.Run(ctx, streaming) })
	<-ctx.Done()
	a.routes.Close()
	a.sessions.CutAll(live.ErrStopped.Error())
	a.sayFarewell()
	endStream(live.ErrStopped)
	attaching.Wait()
	a.work.Finish(live.ErrStopped)
	a.sessions.DestroyAll()
	a.keys.DropAll()
}

// sayFarewell waits until all ends have been acknowledged, for a while.
func (a *attachment) sayFarewell() {
	timer := a.c.config.Clock.NewTimer(farewellTime)
	defer timer.Stop()
	select {
	case <-a.sessions.WhenEmpty():
	case <-timer.C():
	case <-a.work.Life().Done():
	}
}

// allowed is the allow-backend list as it is now.
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
		if more, ok := a.c.lines.Pass("backends " + string(a.directory.Attachment().ID)); ok {
			a.log.Error("no backend is allowed until the list can be read", "reason", err.Error(), "more since the last line", more)
		}
		backends = machine.BackendList{}
	}
	a.mu.Lock()
	a.backends = backends
	a.mu.Unlock()
	a.pollReport()
	a.routes.Retry()
}

// pollReport reports what changed.
func (a *attachment) pollReport() {
	report, err := a.c.reporter.Report(a.allowed())
	if err == nil {
		if a.broker.SetReport(report) {
			a.c.tellNews()
		}
		return
	}
	if errors.Is(err, machine.ErrManyAddresses) {
		a.broker.SetUnable(err)
	}
	if more, ok := a.c.lines.Pass("report"); ok {
		a.log.Warn("the system does not say what is to be reported", "reason", err.Error(), "more since the last line", more)
	}
}
