//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// aimRestarted is how long after a source has attached again it may wait for a new session.
const aimRestarted = 2 * time.Second

const (
	restartedPairs   = 12
	restartedAtATime = 8 // requests of each source while the sessions begin
	// restartedAfter is how long new sessions are asked for: longer than it takes until the broker saves what all carried.
	restartedAfter = 45 * time.Second
	restartedEvery = 200 * time.Millisecond // by each source
)

// restarted is how a broker fares that is started again while sessions are live.
type restarted struct {
	Sessions, Components int
	Stopped, Serves      time.Duration // until it had ended, and from its start until it took connections
	Attached             time.Duration // from then until all components were attached again
	Adopted              int           // sessions that go on, counted at their sources
	First                time.Duration // the longest of each source's first new session, from the moment both ends were attached
	// P50, P99 and Most are of all new sessions within a while, from request to offer.
	Offered, Refused int
	P50, P99, Most   time.Duration
	// Writes are the transactions of the broker within that while, Load the processors that it took, Crowd those of the components.
	Writes      float64
	Load, Crowd float64
}

// measureRestarted has components begin many sessions, each with a flow, starts the broker again and asks for new ones. The load is
// one process that speaks the control protocol: it reports on every session each second, at both of its ends, as agents do.
func measureRestarted(ctx context.Context, o options, out io.Writer) (any, error) {
	p := plan{name: "restarted", components: 2 * restartedPairs, backend: "127.0.0.1:9"}
	listeners, err := freeAddresses(restartedPairs)
	if err != nil {
		return nil, err
	}
	for n := range restartedPairs {
		p.routes = append(p.routes, plannedRoute{source: n, target: restartedPairs + n, listen: listeners[n]})
	}
	i, err := newInstallation(ctx, o, p)
	if err != nil {
		return nil, err
	}
	defer func() { i.broker.stop() }()
	task, err := i.crowd(0, len(i.members), false)
	if err != nil {
		return nil, err
	}
	carriers, err := newCarriers(task, i.routes)
	if err != nil {
		return nil, err
	}
	r := restarted{Components: len(carriers)}
	if err := carryMany(ctx, carriers, o.live/restartedPairs); err != nil {
		return nil, fmt.Errorf("begin the sessions: %w", err)
	}
	for _, c := range carriers[:restartedPairs] {
		r.Sessions += len(c.carried())
	}

	began := time.Now()
	i.broker.stop()
	r.Stopped = time.Since(began)
	began = time.Now()
	if err := i.startBroker(ctx); err != nil {
		return nil, err
	}
	r.Serves = time.Since(began)
	if err := r.again(ctx, carriers, i); err != nil {
		return nil, fmt.Errorf("attach again: %w", err)
	}
	fmt.Fprintf(out, "\nbroker started again with %d live sessions of %d components, of which %d go on: it stopped in %v, served after %v, and all were attached %v later\n",
		r.Sessions, r.Components, r.Adopted, r.Stopped.Round(time.Millisecond), r.Serves.Round(time.Millisecond), r.Attached.Round(time.Millisecond))
	fmt.Fprintf(out, "a source's first new session was offered at most %v after both ends had attached (aim: within %v)%s; of %d within %v, %d of which were refused, p50 %v, p99 %v, at most %v\n",
		r.First.Round(time.Millisecond), aimRestarted, verdict(r.First <= aimRestarted && r.Refused == 0), r.Offered, restartedAfter, r.Refused, r.P50.Round(time.Microsecond), r.P99.Round(time.Microsecond), r.Most.Round(time.Microsecond))
	fmt.Fprintf(out, "in that time the broker wrote %.0f transactions and took %.2f processors, the simulated components %.2f\n", r.Writes, r.Load, r.Crowd)
	return r, nil
}

// carryMany begins sessions at every source.
func carryMany(ctx context.Context, carriers []*carrier, each int) error {
	return withCarriers(ctx, carriers, func(ctx context.Context) error {
		group, beginning := errgroup.WithContext(ctx)
		for _, c := range carriers[:restartedPairs] {
			for n := range restartedAtATime {
				group.Go(func() error {
					for range (each + restartedAtATime - 1 - n) / restartedAtATime {
						if _, err := c.begin(beginning); err != nil && !errors.Is(err, errRefused) { // a busy machine may answer an offer too late
							return err
						}
					}
					return nil
				})
			}
		}
		if err := group.Wait(); err != nil {
			return err
		}
		return engine.Pause(ctx, 3*wire.StatsInterval) // until every session has reported, and is kept as live
	})
}

// again attaches all components again and has the sources ask for new sessions.
func (r *restarted) again(ctx context.Context, carriers []*carrier, i *installation) error {
	ctx, detach := context.WithCancel(ctx)
	defer detach()
	began := time.Now()
	before, err := cpuOf(i.broker.cmd.Process.Pid)
	if err != nil {
		return err
	}
	crowdBefore, err := ownCPU()
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var all []time.Duration
	var sources errgroup.Group
	for _, c := range carriers {
		c.attached = make(chan struct{})
	}
	for n, c := range carriers[:restartedPairs] {
		sources.Go(func() error {
			for _, end := range []*carrier{c, carriers[restartedPairs+n]} {
				select {
				case <-end.attached:
				case <-ctx.Done():
					return nil
				}
			}
			for first := true; time.Since(began) < restartedAfter; first = false {
				took, err := c.begin(ctx)
				if err != nil && !errors.Is(err, errRefused) {
					return err
				}
				mu.Lock()
				if err != nil {
					r.Refused++
				}
				all = append(all, took)
				if first {
					r.First = max(r.First, took)
				}
				mu.Unlock()
				if engine.Pause(ctx, restartedEvery) != nil {
					return nil
				}
			}
			return nil
		})
	}
	return withCarriers(ctx, carriers, func(ctx context.Context) error {
		r.Attached = time.Since(began)
		for _, c := range carriers[:restartedPairs] {
			r.Adopted += c.now.adopted
		}
		if err := sources.Wait(); err != nil {
			return err
		}
		took := time.Since(began).Seconds()
		after, err := cpuOf(i.broker.cmd.Process.Pid)
		if err != nil {
			return err
		}
		crowdAfter, err := ownCPU()
		if err != nil {
			return err
		}
		r.Load, r.Crowd = (after-before).Seconds()/took, (crowdAfter-crowdBefore).Seconds()/took
		slices.Sort(all)
		r.Offered, r.P50, r.P99, r.Most = len(all), percentile(all, 50), percentile(all, 99), all[len(all)-1]
		r.Writes, err = i.counter(ctx, "record_writes_total")
		return err
	})
}

// carrier is a simulated component whose sessions outlive its control streams.
type carrier struct {
	member      crowdMember
	certificate *tls.Certificate
	verifier    *identity.Verifier
	broker      string
	route       engine.ID // of a source
	now         *simulated
	attached    chan struct{} // closed once it is attached; nil is nobody waits

	mu       sync.Mutex
	sessions map[string]*carriedSession // by their ids on the wire
	number   uint64
	asked    map[uint64]chan error
}

// carriedSession is a session that has one flow.
type carriedSession struct {
	side  wire.Side
	moved uint64
}

func newCarriers(task crowdTask, routes []engine.Route) (carriers []*carrier, err error) {
	roots, err := identity.ParseRootsDER(task.Roots)
	if err != nil {
		return nil, err
	}
	verifier := identity.NewVerifier(func() identity.Roots { return roots }, time.Now)
	for n, m := range task.Members {
		c := &carrier{member: m, verifier: verifier, broker: task.Broker, sessions: map[string]*carriedSession{}, asked: map[uint64]chan error{}}
		if n < len(routes) {
			c.route = routes[n].ID
		}
		if c.certificate, err = certificateOf(m.Certificate, m.PrivateKey); err != nil {
			return nil, err
		}
		carriers = append(carriers, c)
	}
	return carriers, nil
}

// withCarriers attaches all, calls use once they are, and detaches them again.
func withCarriers(ctx context.Context, carriers []*carrier, use func(context.Context) error) error {
	ctx, detach := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	defer group.Wait()
	defer detach()
	var attaching errgroup.Group
	for _, c := range carriers {
		attaching.Go(func() (err error) {
			if c.now, err = attachSimulated(ctx, c.broker, c.verifier, c.member, c.certificate, c.carried()...); err != nil {
				return fmt.Errorf("attach: %w", err)
			}
			if c.attached != nil {
				close(c.attached)
			}
			group.Go(func() error { return unlessDone(ctx, c.serve()) })
			group.Go(func() error { return unlessDone(ctx, c.report(ctx)) })
			return nil
		})
	}
	if err := attaching.Wait(); err != nil {
		return err
	}
	err := use(ctx)
	if ctx.Err() != nil { // what ended it says more
		if failed := group.Wait(); failed != nil {
			return failed
		}
	}
	return err
}

func unlessDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// carried names the sessions, as a hello does.
func (c *carrier) carried() (named []*wire.LiveSession) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, s := range c.sessions {
		named = append(named, &wire.LiveSession{Session: []byte(id), Side: s.side, Stats: s.stats(id)})
	}
	return named
}

func (s *carriedSession) stats(id string) *wire.SessionStats {
	return &wire.SessionStats{Session: []byte(id), Flows: 1, AllFlows: 1, ToTarget: s.moved, Group: "X25519MLKEM768", Lease: wire.NewLease(1, wire.NoLimit)}
}

// begin asks for a session and waits for its offer.
func (c *carrier) begin(ctx context.Context) (time.Duration, error) {
	answered := make(chan error, 1)
	c.mu.Lock()
	c.number++
	number := c.number
	c.asked[number] = answered
	c.mu.Unlock()
	began := time.Now()
	if err := c.now.send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: &wire.SessionRequest{Request: number, Route: wire.IDBytes(c.route)}}}); err != nil {
		return 0, err
	}
	select {
	case err := <-answered:
		return time.Since(began), err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (c *carrier) answered(number uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if answered := c.asked[number]; answered != nil {
		answered <- err
		delete(c.asked, number)
	}
}

// serve does what the broker says.
func (c *carrier) serve() error {
	for {
		down, err := c.now.rpc.Recv()
		if err != nil {
			return err
		}
		switch message := down.GetMessage().(type) {
		case *wire.Down_Offer:
			if err := c.take(message.Offer); err != nil {
				return err
			}
		case *wire.Down_SessionRefused:
			c.answered(message.SessionRefused.GetRequest(), fmt.Errorf("%w: %s", errRefused, message.SessionRefused.GetReason()))
		case *wire.Down_Cut:
			return fmt.Errorf("the broker cuts a session: %s", message.Cut.GetReason())
		case *wire.Down_OfferCancelled:
			id := message.OfferCancelled.GetSession()
			c.mu.Lock()
			delete(c.sessions, string(id))
			c.mu.Unlock()
			if err := c.now.ended(id); err != nil {
				return err
			}
		}
	}
}

// errRefused is why a session was not offered.
var errRefused = errors.New("the broker refuses")

// take opens the key of an offer. A flow is there from then on.
func (c *carrier) take(offer *wire.Offer) error {
	if err := c.now.open(offer); err != nil {
		return err
	}
	c.mu.Lock()
	c.sessions[string(offer.GetSession())] = &carriedSession{side: offer.GetSide()}
	c.mu.Unlock()
	if offer.GetSide() == wire.Side_SIDE_SOURCE {
		c.answered(offer.GetRequest(), nil)
	}
	if err := c.now.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: offer.GetSession(), Ready: true}}}); err != nil {
		return err
	}
	more, err := c.now.oneTimeKeys(1)
	if err != nil {
		return err
	}
	return c.now.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: more}})
}

// report says each second what all sessions carry.
func (c *carrier) report(ctx context.Context) error {
	const inMessage = 500
	for engine.Pause(ctx, wire.StatsInterval) == nil {
		var all []*wire.SessionStats
		c.mu.Lock()
		for id, s := range c.sessions {
			s.moved += 1_000_000
			all = append(all, s.stats(id))
		}
		c.mu.Unlock()
		for some := range slices.Chunk(all, inMessage) {
			if err := c.now.send(&wire.Up{Message: &wire.Up_Stats{Stats: &wire.Stats{Cores: []float64{0.1, 0.1}, Memory: 30 << 20, Sessions: some}}}); err != nil {
				return err
			}
		}
	}
	return nil
}
