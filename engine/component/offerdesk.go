package component

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// offerDesk takes offers: each is checked, its key opened and answered in a goroutine of its own.
type offerDesk struct {
	a      *attachment
	places chan struct{}

	mu sync.Mutex
	// open holds offers that are being looked at; the value is why one was taken back meanwhile, empty while it was not.
	open map[engine.ID]string
}

// offersAtOnce bounds how many offers are looked at at once; a name of a backend may need DNS.
const offersAtOnce = 64

func newOfferDesk(a *attachment) *offerDesk {
	return &offerDesk{a: a, places: make(chan struct{}, offersAtOnce), open: make(map[engine.ID]string)}
}

// take begins to look at an offer. One that is not understood is refused; only one that names no session is an error.
func (d *offerDesk) take(s *stream, message *wire.Offer) error {
	o, err := parseOffer(message)
	if o.session == "" {
		return err
	}
	if err != nil {
		d.refuse(s, o, err)
		return nil
	}
	select {
	case d.places <- struct{}{}:
	default:
		d.refuse(s, o, errors.New("this machine is looking at too many offers"))
		return nil
	}
	d.mu.Lock()
	d.open[o.session] = ""
	d.mu.Unlock()
	d.a.start(func() {
		defer func() { <-d.places }()
		d.consider(s, o)
	})
	return nil
}

// cancel takes an offer back, whether it is still being looked at or was answered.
func (d *offerDesk) cancel(id []byte, reason string) error {
	parsed, err := wire.ParseID(id)
	if err != nil {
		return err
	}
	reason = machine.Sentence(reason)
	if reason == "" {
		reason = "the broker took the offer back"
	}
	d.mu.Lock()
	if _, open := d.open[parsed]; open {
		d.open[parsed] = reason
	}
	d.mu.Unlock()
	return d.a.ordered(id, session.CutOrdered, reason)
}

// closeOffer takes the offer off the desk and tells why it was taken back meanwhile; empty where it was not.
func (d *offerDesk) closeOffer(id engine.ID) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	reason := d.open[id]
	delete(d.open, id)
	return reason
}

// consider opens the offer's key where nothing stands against it, and answers.
func (d *offerDesk) consider(s *stream, o *offer) {
	made, err := d.accept(o)
	if err != nil {
		d.closeOffer(o.session)
		d.refuse(s, o, err)
		return
	}
	d.a.start(made.tend)
	if why := d.a.drains(); why != nil { // since accept has looked
		made.order(session.DrainOrdered, why.Error())
	}
	if reason := d.closeOffer(o.session); reason != "" {
		made.order(session.CutOrdered, reason)
	}
	s.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: wire.IDBytes(o.session), Ready: true}}})
	s.refill()
	made.log.Info("session begins", "cipher", o.cipher.String(), "test", o.test)
	if o.side == session.Source && !d.a.requests.answer(o.request, made, nil) {
		made.order(session.CutOrdered, "nobody waits for the session any more")
	}
}

// accept checks the offer against what this machine allows and makes the session.
func (d *offerDesk) accept(o *offer) (*liveSession, error) {
	a := d.a
	if why := a.drains(); why != nil {
		return nil, why
	}
	switch {
	case a.sessions.full():
		return nil, fmt.Errorf("this machine has %d sessions, which is all that it takes", maximumSessions)
	case a.c.session(o.session) != nil:
		return nil, errors.New("the session is here already")
	case o.side == session.Source && !a.requests.waiting(o.request):
		return nil, errors.New("nobody waits for the session any more")
	}
	if o.backend != "" {
		if _, err := a.allowed().Resolve(a.life, a.c.config.Network, o.backend); err != nil {
			return nil, err
		}
	}
	certificate, err := a.certificateFor(o.own())
	if err != nil {
		return nil, err
	}
	key, err := a.oneTime.Open(o.sealed, o.session, a.id, o.mode)
	if err != nil {
		return nil, err
	}
	made := newLiveSession(a, o, certificate, key)
	if !a.sessions.add(made) {
		key.Destroy()
		return nil, errors.New("the session is here already, or there are too many")
	}
	return made, nil
}

// refuse answers an offer with no. Its one-time key is dropped unused, and made up for.
func (d *offerDesk) refuse(s *stream, o *offer, why error) {
	a := d.a
	a.oneTime.Drop(o.sealed.OneTimeKey)
	a.log.Warn("session refused", "session", string(o.session), "route", o.routeName, "peer", o.peer, "reason", why.Error())
	s.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: wire.IDBytes(o.session), Reason: machine.Sentence(why.Error())}}})
	s.refill()
	if o.side == session.Source {
		a.requests.answer(o.request, nil, fmt.Errorf("the session's offer cannot be taken: %w", why))
	}
}

// requestDesk matches the broker's answers to the requests for sessions that wait for them.
type requestDesk struct {
	a *attachment

	mu   sync.Mutex
	last uint64
	open map[uint64]chan requestAnswer
}

type requestAnswer struct {
	session *liveSession
	err     error
}

var (
	errBrokerAway = errors.New("the broker cannot be reached")
	errNoAnswer   = errors.New("the broker did not answer the request for a session")
)

// sessionRefused is the broker's no to a request.
type sessionRefused struct{ reason string }

func (e *sessionRefused) Error() string { return "the broker refused the session: " + e.reason }

func newRequestDesk(a *attachment) *requestDesk {
	return &requestDesk{a: a, open: make(map[uint64]chan requestAnswer)}
}

// ask requests a session and waits for it.
func (d *requestDesk) ask(ctx context.Context, request *wire.SessionRequest) (*liveSession, error) {
	s, err := d.a.awaitStream(ctx)
	if err != nil {
		return nil, cmp.Or(d.a.drains(), err)
	}
	answered := make(chan requestAnswer, 1)
	d.mu.Lock()
	d.last++
	number := d.last
	d.open[number] = answered
	d.mu.Unlock()
	defer d.drop(number)
	request.Request = number
	s.send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: request}})
	late := d.a.clock.NewTimer(requestTimeout)
	defer late.Stop()
	select {
	case answer := <-answered:
		return answer.session, answer.err
	case <-s.done: // failAll may have come before the request was open
		return nil, errBrokerAway
	case <-late.C():
		return nil, errNoAnswer
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (d *requestDesk) drop(number uint64) {
	d.mu.Lock()
	answered := d.open[number]
	delete(d.open, number)
	d.mu.Unlock()
	// An answer that came at the last moment belongs to nobody.
	select {
	case answer := <-answered:
		if answer.session != nil {
			answer.session.order(session.CutOrdered, "nobody waits for the session any more")
		}
	default:
	}
}

func (d *requestDesk) waiting(number uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open[number] != nil
}

// answer tells whether somebody waited for it.
func (d *requestDesk) answer(number uint64, s *liveSession, err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	waiting := d.open[number]
	if waiting == nil {
		return false
	}
	select {
	case waiting <- requestAnswer{s, err}:
		return true
	default:
		return false // a second answer
	}
}

// failAll answers all requests with an error.
func (d *requestDesk) failAll(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, waiting := range d.open {
		select {
		case waiting <- requestAnswer{err: err}:
		default:
		}
	}
}
