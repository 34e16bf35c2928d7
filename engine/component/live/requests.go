package live

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

// Requests matches the broker's answers to the requests for sessions that wait for them.
type Requests struct {
	host *Host

	mu   sync.Mutex
	last uint64
	open map[uint64]chan requestAnswer
}

type requestAnswer struct {
	session   *Session
	elsewhere *Elsewhere
	err       error
}

// Elsewhere is an answer that leads to a service provider: the session is asked for there.
type Elsewhere struct {
	// Ask asks for the session there, for who waits for the request.
	Ask func(context.Context, *wire.SessionRequest) (*Session, error)
	// Nobody is called instead where nobody waits any more.
	Nobody func(why error)
}

const (
	// requestTimeout is longer than the target and the source may take to answer their offers.
	requestTimeout = 25 * time.Second
	// attachGap is how long a request waits for the control stream.
	attachGap = time.Second
	// nobodyWaits is why a session ends that came too late.
	nobodyWaits = "nobody waits for the session any more"
)

var (
	errBrokerAway = errors.New("the broker cannot be reached")
	errNoAnswer   = errors.New("the broker did not answer the request for a session")
)

// refusedError is the broker's no to a request.
type refusedError struct{ reason string }

func (e *refusedError) Error() string { return "the broker refused the session: " + e.reason }

// NewRequests begins without any.
func NewRequests(host *Host) *Requests {
	return &Requests{host: host, open: make(map[uint64]chan requestAnswer)}
}

// Ask requests a session and waits for it. A request with a transfer is for a session that tests the route.
func (d *Requests) Ask(ctx context.Context, request *wire.SessionRequest) (*Session, error) {
	answer := d.ask(ctx, request)
	if answer.err != nil {
		return nil, answer.err
	}
	if answer.elsewhere != nil {
		return answer.elsewhere.Ask(ctx, request)
	}
	made := answer.session
	if !bytes.Equal(wire.IDBytes(made.Offer.Route), request.GetRoute()) || made.Offer.Test != (request.GetTransfer() != 0) {
		made.Cut("the offer does not fit the request")
		return nil, errors.New("the broker offered a session of another route, or one for another purpose")
	}
	return made, nil
}

func (d *Requests) ask(ctx context.Context, request *wire.SessionRequest) requestAnswer {
	s, err := d.awaitStream(ctx)
	if err != nil {
		return requestAnswer{err: cmp.Or(d.host.Drains(), err)}
	}
	answered := make(chan requestAnswer, 1)
	d.mu.Lock()
	d.last++
	number := d.last
	d.open[number] = answered
	d.mu.Unlock()
	defer d.drop(number)
	request.Request = number
	s.Send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: request}})
	late := d.host.Clock.NewTimer(requestTimeout)
	defer late.Stop()
	select {
	case answer := <-answered:
		return answer
	case <-s.Done(): // FailAll may have come before the request was open
		return requestAnswer{err: errBrokerAway}
	case <-late.C():
		return requestAnswer{err: errNoAnswer}
	case <-ctx.Done():
		return requestAnswer{err: context.Cause(ctx)}
	}
}

// awaitStream gives the control stream; a short gap, such as that of a renewal, is waited for.
func (d *Requests) awaitStream(ctx context.Context) (Stream, error) {
	late := d.host.Clock.NewTimer(attachGap)
	defer late.Stop()
	for {
		s, changed := d.host.Broker.Stream()
		if s != nil {
			return s, nil
		}
		select {
		case <-changed:
		case <-late.C():
			return nil, fmt.Errorf("%w, so no new session can begin (%s)", errBrokerAway, d.host.Broker.Problem())
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (d *Requests) drop(number uint64) {
	d.mu.Lock()
	answered := d.open[number]
	delete(d.open, number)
	d.mu.Unlock()
	// An answer that came at the last moment belongs to nobody.
	select {
	case answer := <-answered:
		if answer.session != nil {
			answer.session.Cut(nobodyWaits)
		}
		if answer.elsewhere != nil {
			answer.elsewhere.Nobody(errors.New(nobodyWaits))
		}
	default:
	}
}

func (d *Requests) waiting(number uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open[number] != nil
}

// Refuse answers a request with the broker's no.
func (d *Requests) Refuse(message *wire.SessionRefused) {
	d.answer(message.GetRequest(), requestAnswer{err: &refusedError{machine.Sentence(message.GetReason())}})
}

// AskElsewhere answers a request with where its session is asked for.
func (d *Requests) AskElsewhere(number uint64, elsewhere *Elsewhere) {
	if !d.answer(number, requestAnswer{elsewhere: elsewhere}) {
		elsewhere.Nobody(errors.New(nobodyWaits))
	}
}

// answer tells whether somebody waited for it.
func (d *Requests) answer(number uint64, answer requestAnswer) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	waiting := d.open[number]
	if waiting == nil {
		return false
	}
	select {
	case waiting <- answer:
		return true
	default:
		return false // a second answer
	}
}

// FailAll answers all requests: the stream over which they were asked is over.
func (d *Requests) FailAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, waiting := range d.open {
		select {
		case waiting <- requestAnswer{err: errBrokerAway}:
		default:
		}
	}
}
