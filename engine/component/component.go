package component

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/component/route"
	"lockwire/engine/network"
	"lockwire/engine/secret"
	"lockwire/engine/wire"
)

// Component is the agent of one machine. Make it with New and run it once with Run.
type Component struct {
	config   Config
	listener net.Listener // the data port
	reporter *machine.Reporter
	sampler  *machine.Sampler
	listens  *machine.Listens
	started  time.Time
	stopping atomic.Bool // it drains because it is being stopped

	attachments []*attachment
	calibrator  *machine.Calibrator
	costs       machine.Costs
	dials       *route.Dials
	budget      *live.Budget
	news        chan struct{}       // holds something when the status is to be written at once
	lines       *machine.LogLimiter // bounds log lines that any connection can cause
}

// ErrPortTaken: another program listens on the data port.
var ErrPortTaken = errors.New("the data port is taken")

const (
	// pollInterval is the time between two looks at what a report says; a change must have been sent within 5 seconds.
	pollInterval = 2 * time.Second
)

// readListens takes up a change of the allow-listen list.
func (c *Component) readListens() {
	if err := c.listens.Read(); err != nil {
		if more, ok := c.lines.Pass("listens"); ok {
			c.config.Log.Error("the allow-listen list does not count until it can be read", "reason", err.Error(), "more since the last line", more)
		}
	}
}

// New reads the attachments and opens the data port, so that a port that is taken or a broken folder is known at once.
// It returns identity.ErrNotJoined where there is nothing to attach to, and ErrPortTaken. Run must follow: it closes the port.
func New(ctx context.Context, config Config) (*Component, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	c := &Component{config: config, sampler: &machine.Sampler{System: config.System}, news: make(chan struct{}, 1), lines: machine.NewLogLimiter(config.Clock), dials: route.NewDials(), budget: live.NewBudget(config.Memory, config.descriptors()), started: config.Clock.Now()}
	var err error
	if c.listens, err = machine.NewListens(config.Folder, config.AllowListen); err != nil {
		return nil, err
	}
	c.readListens()
	if c.listener, err = config.Network.Listen(ctx, config.Listen); err != nil {
		if network.IsTaken(err) {
			return nil, fmt.Errorf("%w: another program listens on %s; stop it, or choose another with --listen ADDR:PORT", ErrPortTaken, config.Listen)
		}
		return nil, fmt.Errorf("open the data port %s: %w", config.Listen, err)
	}
	if c.reporter, err = machine.NewReporter(machine.ReporterConfig{
		System: config.System, Version: config.Version, Interfaces: config.Interfaces, Machine: config.Machine, Advertise: config.Advertise,
		ProvableErasure: secret.Provable(), DataPort: c.listener.Addr(),
	}); err != nil {
		_ = c.listener.Close()
		return nil, err
	}
	if err := c.forgetDrain(); err != nil {
		_ = c.listener.Close()
		return nil, err
	}
	c.calibrator = machine.NewCalibrator(machine.CalibratorConfig{
		Folder: config.Folder, Version: config.Version, Enabled: config.Calibrate, Log: config.Log, Clock: config.Clock, System: config.System,
		Reporter: c.reporter, Busy: c.carriesSessions, Measure: config.calibrate,
	})
	for _, directory := range config.Attachments {
		attached, err := newAttachment(c, directory)
		if err != nil {
			_ = c.listener.Close()
			return nil, err
		}
		c.attachments = append(c.attachments, attached)
	}
	return c, nil
}

// Run attaches to all brokers and carries flows until ctx ends; then it resets the flows, destroys all keys and reports the
// ends, for at most a few seconds. Where Config.DrainWithin is set, flows have that time to finish first. It returns nil then, and an error only where it cannot go on.
func (c *Component) Run(ctx context.Context) error {
	// Flows outlive ctx for as long as the farewell takes.
	life, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	server := &channel.Server{Lookup: c.lookup, Handle: c.handle, Refused: c.refused}
	var serving, running sync.WaitGroup
	var failed error
	serving.Go(func() {
		if failed = server.Serve(life, &door{c.listener, c.attachments}); failed != nil {
			end(failed)
		}
	})
	asked := ctx
	ctx, stop := context.WithCancel(context.WithoutCancel(asked))
	defer stop()
	defer context.AfterFunc(life, stop)()
	running.Go(func() {
		defer stop()
		select {
		case <-asked.Done():
		case <-life.Done():
			return
		}
		if c.config.DrainWithin > 0 {
			c.drainWithin(c.config.DrainWithin, life.Done())
		}
	})
	for _, a := range c.attachments {
		running.Go(func() { a.run(ctx, life) })
	}
	running.Go(func() { c.every(ctx, pollInterval, c.poll) })
	running.Go(func() { c.every(ctx, wire.StatsInterval, c.measure) })
	running.Go(func() { c.keepStatusFile(ctx) })
	running.Go(func() { c.calibrator.Run(ctx) })
	c.config.Log.Info("component started", "version", c.config.Version, "data port", c.listener.Addr().String(), "attachments", len(c.attachments))
	running.Wait()
	end(live.ErrStopped)
	serving.Wait()
	return failed
}

// every calls do at once and then in intervals, until ctx ends.
func (c *Component) every(ctx context.Context, interval time.Duration, do func()) {
	for {
		do()
		if !machine.Wait(ctx.Done(), c.config.Clock, interval) {
			return
		}
	}
}

// places are all that the component has, its own and those at service providers.
func (c *Component) places() (all []*place) {
	for _, a := range c.attachments {
		all = append(all, &a.place)
		for _, p := range a.providers.list() {
			all = append(all, &p.place)
		}
	}
	return all
}

// poll looks whether what the component reports has changed.
func (c *Component) poll() {
	for _, a := range c.attachments {
		a.poll()
	}
	c.pollDrain()
	c.tellNews() // the status is looked at now, too: a processor that wakes once does both for less
}

// carriesSessions tells whether any session lives.
func (c *Component) carriesSessions() bool {
	return slices.ContainsFunc(c.places(), func(p *place) bool { return len(p.sessions.All()) > 0 })
}

// session finds a session that the data port may be asked for by its id, and the attachment that it is of; nil where there is none. At a
// service provider the component is never a target.
func (c *Component) session(id engine.ID) (*attachment, *live.Session) {
	for _, a := range c.attachments {
		if s := a.sessions.Get(id); s != nil {
			return a, s
		}
	}
	return nil, nil
}

// lives tells whether there is a session with that id in any installation.
func (c *Component) lives(id engine.ID) bool {
	return slices.ContainsFunc(c.places(), func(p *place) bool { return p.sessions.Get(id) != nil })
}

// lookup is what the data port asks before it signs anything.
func (c *Component) lookup(id engine.ID) (*channel.Session, error) {
	_, s := c.session(id)
	if s == nil || s.AtSource() || s.Admits() != nil {
		return nil, channel.ErrNoSession
	}
	return &s.Channel, nil
}

// handle takes a flow whose open was authentic.
func (c *Component) handle(ctx context.Context, in *channel.Incoming) {
	a, s := c.session(in.Terms().Session)
	// Two brokers of one component could have sessions of one id: what was proven must be this session's own terms.
	if s == nil || in.Terms() != s.Channel.Terms {
		_ = in.Refuse(channel.ReasonSessionOver, "")
		return
	}
	a.flows.Serve(ctx, s, in)
}

// refused logs connections to the data port that came to nothing, a few at a time.
func (c *Component) refused(from net.Addr, why error) {
	if more, ok := c.lines.Pass("data port"); ok {
		c.config.Log.Warn("connection to the data port refused", "from", from.String(), "reason", why.Error(), "more since the last line", more)
	}
}
