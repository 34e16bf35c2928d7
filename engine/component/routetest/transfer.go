package routetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/component/route"
	"lockwire/engine/wire"
)

// A test of a route moves bytes through a session of its own, over the same endpoints, channel and limits as a tool's. The
// target has no backend then: it takes the bytes itself and answers, through the channel,
//
//	bytes  0-7   how many bytes came, big-endian
//	bytes  8-15  nanoseconds of processor time that the target's agent took meanwhile, big-endian
//	bytes 16-47  SHA-256 of the bytes
//
// The processor time of both ends is that of the whole agent during the transfer, the two hashes included. A tenant of a service provider is
// told 0: the time would say what the others do there.
const transferReplySize = 8 + 8 + sha256.Size

const (
	maximumTransfers     = 4
	maximumTransferBytes = 1 << 40
	// transferTimeout bounds a whole test.
	transferTimeout = 10 * time.Minute
	testOver        = "the test is over"
)

// Transfers runs the tests that move bytes.
type Transfers struct {
	Config
	slots chan struct{} // one entry for each test that this machine runs as the source
}

// Config is what tests need of their component.
type Config struct {
	*live.Host
	Requests *live.Requests
	Routes   *route.Routes
	Flows    *route.Flows
	// Spent is the processor time that the program has taken so far.
	Spent func() time.Duration
}

// NewTransfers runs tests over the routes.
func NewTransfers(config Config) *Transfers {
	return &Transfers{Config: config, slots: make(chan struct{}, maximumTransfers)}
}

// Take begins a test that the broker asks for, and answers it.
func (t *Transfers) Take(s live.Stream, order *wire.Transfer) {
	answer := func(result *wire.TransferResult, err error) {
		result.Transfer = order.GetTransfer()
		if err != nil {
			result.Problem = machine.Sentence(err.Error())
		}
		s.Send(&wire.Up{Message: &wire.Up_TransferResult{TransferResult: result}})
	}
	select {
	case t.slots <- struct{}{}:
	default:
		answer(&wire.TransferResult{}, errors.New("this machine runs too many tests already"))
		return
	}
	t.Work.Start(func() {
		defer func() { <-t.slots }()
		result := &wire.TransferResult{}
		answer(result, t.run(order, result))
	})
}

func (t *Transfers) run(order *wire.Transfer, result *wire.TransferResult) error {
	id, err := wire.ParseID(order.GetRoute())
	if err != nil {
		return err
	}
	tested := t.Routes.Get(id)
	switch {
	case tested == nil:
		return errors.New("this machine is not a source of the route")
	case order.GetBytes() > maximumTransferBytes:
		return fmt.Errorf("a test moves at most %d bytes", int64(maximumTransferBytes))
	}
	ctx, cancel := context.WithTimeout(tested.Life, transferTimeout)
	defer cancel()
	f, err := t.open(ctx, order, false)
	if errors.Is(err, route.ErrNotSameMachine) {
		f, err = t.open(ctx, order, true)
	}
	if err != nil {
		return err
	}
	defer f.Session.Cut(testOver)
	defer f.Close()
	defer context.AfterFunc(ctx, f.Reset)()
	result.Session = wire.IDBytes(f.Session.ID)
	result.Endpoint = f.Session.Reached()
	err = t.send(f, order.GetBytes(), result)
	if why := f.Session.RestoresOnly(); err != nil && why != "" {
		return fmt.Errorf("the service provider does not take the test's bytes: %s", why)
	}
	return err
}

// open asks for a session of the test's own and opens its only flow.
func (t *Transfers) open(ctx context.Context, order *wire.Transfer, notSame bool) (*route.Flow, error) {
	s, err := t.Requests.Ask(ctx, &wire.SessionRequest{Route: order.GetRoute(), NotSameMachine: notSame, Transfer: order.GetTransfer()})
	if err != nil {
		return nil, err
	}
	joined, err := s.Begin()
	if err == nil {
		var f *route.Flow
		if f, err = t.Flows.Open(ctx, joined, nil); err == nil {
			return f, nil
		}
	}
	s.Cut("the test failed: " + machine.Sentence(err.Error()))
	return nil, err
}
