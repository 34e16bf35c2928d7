//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"lockwire/app/host"
	"lockwire/engine"
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
	// Load and EndsLoad are the processors that broker and ends took, of Processors.
	Load, EndsLoad float64
	Processors     int
	// Alone is how many sessions a second the broker would bring about on these processors with the ends on machines of their own.
	Alone float64
}

// aimBrokered is how many sessions a broker brings about in a second on two processors.
const aimBrokered = 1500

const (
	brokeredPairs   = 8
	brokeredAtATime = 4 // requests of each source that wait for their offer
	// openedEvery is how many offers come to one whose key is opened. The ends' processors are the broker's here, and elsewhere in truth.
	openedEvery = 16
	// keysAtOnce is how many one-time keys an agent sends in one message.
	keysAtOnce = 3
)

// measureBrokered lets simulated sources ask a real broker for sessions as fast as they are answered. Both ends answer and report
// the end, so that each session goes its whole way, to the receipt. Of some the ends open the key that was sealed to them and destroy it.
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

	load := &brokerLoad{keys: map[string]*wire.OneTimeKey{}}
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
	busy, err := cpuOf(pid)
	if err != nil {
		return nil, err
	}
	endsBusy, err := ownCPU()
	if err != nil {
		return nil, err
	}
	// What began is brought to its end, and every session has left its receipt.
	if err := host.Await(ctx, awaitWithin, "the receipts", func() (bool, error) {
		ended, err := i.counter(ctx, "receipts_written_total")
		return int64(ended) >= load.asked.Load(), err
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
	b := brokered{
		Sessions: sessions, PerSecond: float64(sessions) / took.Seconds(), CPU: (after - before) / all, Ends: (endsAfter - endsBefore) / all,
		Load: (busy - before).Seconds() / took.Seconds(), EndsLoad: (endsBusy - endsBefore).Seconds() / took.Seconds(), Processors: runtime.NumCPU(),
	}
	b.Alone = float64(b.Processors) / b.CPU.Seconds()
	fmt.Fprintf(out, "\nsessions brokered: %.0f a second (%d in %v, %d sources with %d requests each at a time; aim: %d)%s; CPU for each: %v in the broker, %v in both simulated ends\n",
		b.PerSecond, b.Sessions, took.Round(time.Millisecond), brokeredPairs, brokeredAtATime, aimBrokered, verdict(b.PerSecond >= aimBrokered), b.CPU.Round(time.Microsecond), b.Ends.Round(time.Microsecond))
	fmt.Fprintf(out, "of %d processors the broker took %.2f and the ends %.2f; with the ends elsewhere they would do for %.0f a second\n", b.Processors, b.Load, b.EndsLoad, b.Alone)
	return b, nil
}

// brokerLoad asks for a session whenever one was offered.
type brokerLoad struct {
	asked, offered, answered atomic.Int64
	over                     atomic.Bool

	mu   sync.Mutex
	keys map[string]*wire.OneTimeKey // those whose other halves are still there, by their ids
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

// take takes an offer. The source then ends the session and asks for the next one.
func (l *brokerLoad) take(s *simulated, offer *wire.Offer) error {
	next, err := l.open(s, offer)
	if err != nil {
		return err
	}
	if err := s.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: offer.GetSession(), Ready: true}}}); err != nil {
		return err
	}
	if s.refill = append(s.refill, next); len(s.refill) == keysAtOnce {
		if err := s.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: &wire.OneTimeKeys{Keys: s.refill}}}); err != nil {
			return err
		}
		s.refill = nil
	}
	if offer.GetSide() != wire.Side_SIDE_SOURCE {
		return nil
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

// open opens the key of some offers and destroys it, and gives the one-time key that takes the place of the one that the offer was
// sealed to. That of an offer which is not opened is given again: to the broker it is one as any other.
func (l *brokerLoad) open(s *simulated, offer *wire.Offer) (*wire.OneTimeKey, error) {
	l.mu.Lock()
	again := l.keys[string(offer.GetOneTimeKey())]
	if again != nil && l.answered.Add(1)%openedEvery != 0 {
		l.mu.Unlock()
		return again, nil
	}
	delete(l.keys, string(offer.GetOneTimeKey()))
	l.mu.Unlock()
	if err := s.open(offer); err != nil {
		return nil, err
	}
	made, err := s.oneTimeKeys(1)
	if err != nil {
		return nil, err
	}
	next := made.GetKeys()[0]
	l.mu.Lock()
	l.keys[string(next.GetId())] = next
	l.mu.Unlock()
	return next, nil
}

// ended reports the end of a session that had one flow, and whose key was destroyed.
func (s *simulated) ended(id []byte) error {
	now := wire.Milliseconds(time.Now())
	return s.send(&wire.Up{Message: &wire.Up_SessionEnded{SessionEnded: &wire.SessionEnded{
		Session: id, Reason: "the last flow has ended", Stats: &wire.SessionStats{Session: id, AllFlows: 1}, Ended: now, Destroyed: now}}})
}
