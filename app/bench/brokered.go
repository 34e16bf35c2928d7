//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// brokered is how many sessions a broker brings about.
type brokered struct {
	Sessions  int
	PerSecond float64
	// CPU is the broker's own processor time for each session, from the request to the receipt.
	CPU time.Duration
	// Ends is the processor time that both simulated ends took for each, which run on the same processors.
	Ends time.Duration
}

const (
	brokeredPairs   = 8
	brokeredAtATime = 4 // requests of each source that wait for their offer
)

// measureBrokered lets simulated sources ask a real broker for sessions as fast as they are answered. Both ends open the key
// that was sealed to them, destroy it and report the end, so that each session goes its whole way, to the receipt.
func measureBrokered(ctx context.Context, o options, out io.Writer) (any, error) {
	p := plan{name: "brokered", components: 2 * brokeredPairs, backend: "127.0.0.1:9"}
	listeners, err := freeAddresses(brokeredPairs)
	if err != nil {
		return nil, err
	}
	for n := range brokeredPairs {
		p.routes = append(p.routes, plannedRoute{source: n, target: brokeredPairs + n, listen: listeners[n]})
	}
	i, err := newInstallation(ctx, o, p)
	if err != nil {
		return nil, err
	}
	defer i.broker.stop()
	task, err := i.crowd(0, len(i.members), false)
	if err != nil {
		return nil, err
	}
	attached, detach := context.WithCancel(ctx)
	defer detach()
	crowd, err := attachCrowd(attached, task)
	if err != nil {
		return nil, err
	}

	load := &brokerLoad{}
	var group errgroup.Group
	for n, s := range crowd {
		group.Go(func() error {
			err := load.serve(s)
			if attached.Err() != nil {
				return nil // it was detached in the end
			}
			return err
		})
		if n < brokeredPairs {
			for range brokeredAtATime {
				if err := load.ask(s, i.routes[n].ID); err != nil {
					return nil, err
				}
			}
		}
	}
	pid := i.broker.cmd.Process.Pid
	before, err := cpuOf(pid)
	if err != nil {
		return nil, err
	}
	endsBefore, err := ownCPU()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	select {
	case <-time.After(o.period):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	load.over.Store(true)
	sessions, took := int(load.offered.Load()), time.Since(began)
	// What began is brought to its end, and every session has left its receipt.
	if err := host.Await(ctx, awaitWithin, "the receipts", func() (bool, error) {
		ended, err := i.receipts(ctx)
		return ended >= int(load.asked.Load()), err
	}); err != nil {
		return nil, err
	}
	after, err := cpuOf(pid)
	if err != nil {
		return nil, err
	}
	endsAfter, err := ownCPU()
	if err != nil {
		return nil, err
	}
	detach()
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := time.Duration(load.asked.Load())
	b := brokered{Sessions: sessions, PerSecond: float64(sessions) / took.Seconds(), CPU: (after - before) / all, Ends: (endsAfter - endsBefore) / all}
	fmt.Fprintf(out, "\nsessions brokered: %.0f a second (%d in %v, %d sources with %d requests each at a time); CPU for each: %v in the broker, %v in both simulated ends\n",
		b.PerSecond, b.Sessions, took.Round(time.Millisecond), brokeredPairs, brokeredAtATime, b.CPU.Round(time.Microsecond), b.Ends.Round(time.Microsecond))
	return b, nil
}

// brokerLoad asks for a session whenever one was offered.
type brokerLoad struct {
	asked, offered atomic.Int64
	over           atomic.Bool
}

func (l *brokerLoad) ask(s *simulated, route engine.ID) error {
	number := l.asked.Add(1)
	return s.send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: &wire.SessionRequest{Request: uint64(number), Route: wire.IDBytes(route)}}})
}

// serve does what the broker tells one component.
func (l *brokerLoad) serve(s *simulated) error {
	for {
		down, err := s.rpc.Recv()
		if err != nil {
			return err
		}
		switch message := down.GetMessage().(type) {
		case *wire.Down_Offer:
			if err := l.take(s, message.Offer); err != nil {
				return err
			}
		case *wire.Down_Cut: // the source has ended: so does the target
			if err := s.ended(message.Cut.GetSession()); err != nil {
				return err
			}
		case *wire.Down_SessionRefused:
			return fmt.Errorf("the broker refuses: %s", message.SessionRefused.GetReason())
		case *wire.Down_OfferCancelled:
			return fmt.Errorf("the broker takes an offer back: %s", message.OfferCancelled.GetReason())
		}
	}
}

// take opens the key of an offer and destroys it. The source then ends the session and asks for the next one.
func (l *brokerLoad) take(s *simulated, offer *wire.Offer) error {
	id, err := wire.ParseID(offer.GetSession())
	if err != nil {
		return err
	}
	mode, err := offer.GetMode().Engine()
	if err != nil {
		return err
	}
	key, err := s.rings.Open(session.SealedKey{OneTimeKey: session.OneTimeID(offer.GetOneTimeKey()), Bytes: offer.GetSealedKey()}, id, s.id, mode)
	if err != nil {
		return err
	}
	key.Destroy()
	if err := s.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: offer.GetSession(), Ready: true}}}); err != nil {
		return err
	}
	more, err := s.oneTimeKeys(1)
	if err != nil {
		return err
	}
	if err := s.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: more}}); err != nil || offer.GetSide() != wire.Side_SIDE_SOURCE {
		return err
	}
	l.offered.Add(1)
	if err := s.ended(offer.GetSession()); err != nil || l.over.Load() {
		return err
	}
	route, err := wire.ParseID(offer.GetRoute())
	if err != nil {
		return err
	}
	return l.ask(s, route)
}

// ended reports the end of a session that had one flow, and whose key was destroyed.
func (s *simulated) ended(id []byte) error {
	now := wire.Milliseconds(time.Now())
	return s.send(&wire.Up{Message: &wire.Up_SessionEnded{SessionEnded: &wire.SessionEnded{
		Session: id, Reason: "the last flow has ended", Stats: &wire.SessionStats{Session: id, AllFlows: 1}, Ended: now, Destroyed: now}}})
}
