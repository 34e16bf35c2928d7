package component

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/control"
	"lockwire/engine/component/gateway"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/component/route"
	"lockwire/engine/component/routetest"
	"lockwire/engine/identity"
)

// attachment is the component's place in its own installation. It connects the rooms: its broker, the sessions that the broker offers,
// the routes that it lists and the tests that it asks for. Those to service providers hang on it.
type attachment struct {
	place
	flows     *route.Flows
	routes    *route.Routes
	probes    *routetest.Probes
	transfers *routetest.Transfers
	providers *providers
	gateway   *gateway.Gateway

	drainOrder atomic.Pointer[engine.Drain] // the broker's; nil for none

	mu       sync.Mutex
	backends machine.BackendList
}

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
	a := &attachment{backends: backends}
	a.begin(c, placeConfig{
		directory: directory, log: c.config.Log.With("component", kept.Name, "installation", string(kept.Installation)),
		network: c.config.Network, report: report, drains: a.drains,
		control: func(config *control.Config) { config.Rooms = (*rooms)(a) },
		live:    func(config *live.Config) { config.Backends, config.NoEnd = a.allowed, a.noEnd },
	})
	a.flows = route.NewFlows(route.Config{
		Host: a.host, Backends: a.allowed, Silence: c.config.Silence, HalfClosed: c.config.HalfClosed, LongPath: c.config.LongPath, Buffer: c.config.Buffer,
		Test: func(f *route.Flow, in *channel.Incoming) { a.transfers.Answer(f, in) },
	}, c.dials)
	a.routes = route.NewRoutes(a.flows, a.requests, c.listens)
	a.probes = routetest.NewProbes(a.host, c.config.System)
	a.transfers = routetest.NewTransfers(routetest.Config{Host: a.host, Requests: a.requests, Routes: a.routes, Flows: a.flows, Spent: c.spent})
	a.providers = newProviders(a)
	a.gateway = gateway.New(gateway.Config{
		Directory: directory, Log: a.log, Lines: c.lines, Clock: c.config.Clock, Network: c.config.Network, Work: a.work, Broker: brokerOfGateway{a.broker}, Drains: a.drains,
		Memory: c.config.Memory, Descriptors: c.config.descriptors(), Silence: c.config.Silence, HalfClosed: c.config.HalfClosed,
	})
	return a, nil
}

// run keeps attached, to the providers too, until ctx ends, then says farewell. life is the component's.
func (a *attachment) run(ctx, life context.Context) {
	a.providers.run(ctx, life)
	a.place.run(ctx, life, a.routes.Close)
	a.providers.running.Wait() // no broker can have one begin any more
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

var errGateway = errors.New("this machine is a provider gateway: tenants' tunnels go through it, and no session begins or ends there")

// noEnd says why this machine is no end of a session; nil where it may be one.
func (a *attachment) noEnd() error {
	if a.gateway.Serves() {
		return errGateway
	}
	return nil
}
