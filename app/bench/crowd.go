//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// What a crowd says on standard output, each time it comes true of all of its members, and what begins its sessions.
const (
	crowdAttached  = "attached"
	crowdLive      = "live"      // every end of a session carries it
	crowdLimited   = "limited"   // every end of a session was told a limit
	crowdUnlimited = "unlimited" // every end was told that none holds any more
	beginSessions  = syscall.SIGUSR1
)

const (
	attachedAtATime = 8 // while the crowd attaches for the first time
	askedAtATime    = 128
	// An agent dials again after firstRetry, doubling to lastRetry, with a random half of that off.
	firstRetry, lastRetry = 250 * time.Millisecond, 5 * time.Second
)

// crowd is a process of simulated components, which attach again when they are detached, as agents do.
type crowd struct {
	task     crowdTask
	verifier *identity.Verifier
	starting chan struct{} // holds a token for each that attaches for the first time
	asking   chan struct{} // holds a token for each request that waits for its offer
	begin    chan struct{} // closed when the sessions are to begin
	failed   atomic.Int64

	attached, live, limited tally
}

// tally counts members, and says a word when all are counted, or none any more.
type tally struct {
	all, none string // none is not said where it is empty
	of        int

	mu    sync.Mutex
	count int
}

func (t *tally) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count += n
	switch {
	case t.count == t.of:
		fmt.Println(t.all)
	case t.count == 0 && t.none != "":
		fmt.Println(t.none)
	}
}

// runCrowd keeps simulated components attached until ctx ends.
func runCrowd(ctx context.Context, text []byte, _ func(net.Addr)) error {
	var task crowdTask
	if err := json.Unmarshal(text, &task); err != nil {
		return err
	}
	roots, err := identity.ParseRootsDER(task.Roots)
	if err != nil {
		return err
	}
	ends := 2 * len(task.Routes)
	c := &crowd{
		task: task, verifier: identity.NewVerifier(func() identity.Roots { return roots }, time.Now),
		starting: make(chan struct{}, attachedAtATime), asking: make(chan struct{}, askedAtATime), begin: make(chan struct{}),
		attached: tally{all: crowdAttached, of: len(task.Members)}, live: tally{all: crowdLive, of: ends}, limited: tally{all: crowdLimited, none: crowdUnlimited, of: ends},
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, beginSessions)
	var running sync.WaitGroup
	for n := range task.Members {
		m := &crowdPart{crowd: c, crowdMember: task.Members[n]}
		if n < len(task.Routes) {
			m.route = task.Routes[n]
		}
		if m.certificate, err = certificateOf(m.Certificate, m.PrivateKey); err != nil {
			return err
		}
		running.Go(func() { m.keepAttached(ctx) })
	}
	select {
	case <-told:
		close(c.begin)
	case <-ctx.Done():
	}
	running.Wait()
	return nil
}

// crowdPart is one member of a crowd.
type crowdPart struct {
	*crowd
	crowdMember
	certificate *tls.Certificate
	route       engine.ID // of a source

	mu      sync.Mutex
	session []byte // the one that it carries, on the wire
	lease   *wire.Lease
}

// keepAttached attaches again and again.
func (m *crowdPart) keepAttached(ctx context.Context) {
	delay := firstRetry
	for first := true; ctx.Err() == nil; {
		if first {
			m.starting <- struct{}{}
		}
		welcomed, err := m.attach(ctx, func() {
			if first {
				<-m.starting
			}
			first, delay = false, firstRetry
		})
		if first {
			<-m.starting
		}
		if welcomed && ctx.Err() == nil {
			m.attached.add(-1)
		}
		if first && ctx.Err() == nil && m.failed.Add(1) == 1 { // one tells what is wrong
			fmt.Fprintln(os.Stderr, "bench: a component does not attach, and tries again:", err)
		}
		if engine.Pause(ctx, delay/2+time.Duration(mathrand.Int64N(int64(delay/2)+1))) != nil {
			return
		}
		delay = min(2*delay, lastRetry)
	}
}

// attach attaches once and does what an agent does until the stream breaks.
func (m *crowdPart) attach(ctx context.Context, welcome func()) (welcomed bool, err error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	s, err := attachSimulated(ctx, m.task.Broker, m.verifier, m.crowdMember, m.certificate)
	if err != nil {
		return false, err
	}
	defer s.rings.DropAll()
	welcome()
	m.attached.add(1)
	var reporting sync.WaitGroup
	defer reporting.Wait()
	defer end()
	reporting.Go(func() { m.report(ctx, s) })
	if m.route != "" {
		reporting.Go(func() { m.ask(ctx, s) })
	}
	for {
		down, err := s.rpc.Recv()
		if err != nil {
			return true, err
		}
		if err := m.take(s, down); err != nil {
			return true, err
		}
	}
}

// report reports as an agent does: at first twice, then each second while it carries a session, and rarely while it carries none.
func (m *crowdPart) report(ctx context.Context, s *simulated) {
	if !m.task.Stats {
		return
	}
	for n := 0; ; n++ {
		stats := &wire.Stats{Cores: []float64{0.1, 0.1}, Memory: 30 << 20}
		interval := wire.StatsInterval
		m.mu.Lock()
		if m.session != nil {
			stats.Sessions = []*wire.SessionStats{{Session: m.session, Flows: 1, AllFlows: 1, Group: "X25519MLKEM768", Lease: m.lease}}
		} else if n > 0 {
			interval = wire.QuietStatsInterval
		}
		m.mu.Unlock()
		if s.send(&wire.Up{Message: &wire.Up_Stats{Stats: stats}}) != nil {
			return
		}
		for waited := time.Duration(0); waited < interval; waited += wire.StatsInterval {
			if engine.Pause(ctx, wire.StatsInterval) != nil {
				return
			}
			m.mu.Lock()
			if m.session != nil {
				interval = wire.StatsInterval
			}
			m.mu.Unlock()
		}
	}
}

// ask asks for the member's session once they are to begin.
func (m *crowdPart) ask(ctx context.Context, s *simulated) {
	select {
	case <-m.begin:
	case <-ctx.Done():
		return
	}
	select {
	case m.asking <- struct{}{}:
	case <-ctx.Done():
		return
	}
	_ = s.send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: &wire.SessionRequest{Request: 1, Route: wire.IDBytes(m.route)}}})
}

// take does what the broker says.
func (m *crowdPart) take(s *simulated, down *wire.Down) error {
	switch message := down.GetMessage().(type) {
	case *wire.Down_Offer:
		m.mu.Lock()
		m.session, m.lease = message.Offer.GetSession(), message.Offer.GetLease()
		m.mu.Unlock()
		if m.route != "" {
			<-m.asking
		}
		m.live.add(1)
		return s.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: message.Offer.GetSession(), Ready: true}}})
	case *wire.Down_Allotments:
		return m.allot(s, message.Allotments)
	case *wire.Down_SessionRefused:
		return fmt.Errorf("the broker refuses: %s", message.SessionRefused.GetReason())
	case *wire.Down_Cut:
		return fmt.Errorf("the broker cuts: %s", message.Cut.GetReason())
	case *wire.Down_OfferCancelled:
		return fmt.Errorf("the broker takes an offer back: %s", message.OfferCancelled.GetReason())
	}
	return nil
}

// allot puts a lease in force and confirms it.
func (m *crowdPart) allot(s *simulated, allotments *wire.Allotments) error {
	var inForce wire.LeasesInForce
	for _, a := range allotments.GetAllotments() {
		m.mu.Lock()
		was := m.lease != nil && m.lease.Limit != nil
		m.lease = a.GetLease()
		is := m.lease.Limit != nil
		m.mu.Unlock()
		if was != is {
			m.limited.add(map[bool]int{true: 1, false: -1}[is])
		}
		inForce.Leases = append(inForce.Leases, &wire.LeaseInForce{Session: a.GetSession(), Number: a.GetLease().GetNumber()})
	}
	return s.send(&wire.Up{Message: &wire.Up_LeasesInForce{LeasesInForce: &inForce}})
}
