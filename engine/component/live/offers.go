package live

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// Offers takes what the broker offers: each offer is checked, its key opened and answered in a goroutine of its own.
type Offers struct {
	config   *Config
	keys     *Keys
	sessions *Sessions
	requests *Requests
	looking  chan struct{} // one entry for each offer that is being looked at
	// refilling is set while a refill of the one-time keys is to come.
	refilling atomic.Bool

	mu sync.Mutex
	// open holds offers that are being looked at; the value is why one was taken back meanwhile, empty while it was not.
	open map[engine.ID]string
}

// offersAtOnce bounds how many offers are looked at at once; a name of a backend may need DNS.
const offersAtOnce = 64

// NewOffers takes offers whose sealed keys are opened with keys. Sessions that begin are added to sessions, and at the source given
// to the request that waits for them.
func NewOffers(config *Config, keys *Keys, sessions *Sessions, requests *Requests) *Offers {
	return &Offers{config: config, keys: keys, sessions: sessions, requests: requests, looking: make(chan struct{}, offersAtOnce), open: make(map[engine.ID]string)}
}

// Take begins to look at an offer. One that is not understood is refused; only one that names no session is an error.
func (d *Offers) Take(s Stream, message *wire.Offer) error {
	o, err := parseOffer(message, d.config.Tunnel != nil)
	if o.Session == "" {
		return err
	}
	if d.config.Names != nil {
		o.RouteName, o.Peer = d.config.Names(o.Session)
	}
	if d.config.NoEnd != nil {
		if never := d.config.NoEnd(); never != nil {
			err = never
		}
	}
	if err != nil {
		d.refuse(s, o, err)
		return nil
	}
	select {
	case d.looking <- struct{}{}:
	default:
		d.refuse(s, o, errors.New("this machine is looking at too many offers"))
		return nil
	}
	came := d.config.Clock.Now()
	d.mu.Lock()
	d.open[o.Session] = ""
	d.mu.Unlock()
	intake := d.config.Intakes.begin(o) // in the order in which the broker speaks
	d.config.Work.Start(func() {
		defer func() { <-d.looking }()
		d.consider(s, o, intake, came)
	})
	return nil
}

// Cancel takes an offer back, whether it is still being looked at or was answered.
func (d *Offers) Cancel(message *wire.OfferCancelled) error {
	id, err := wire.ParseID(message.GetSession())
	if err != nil {
		return err
	}
	reason := machine.Sentence(message.GetReason())
	if reason == "" {
		reason = "the broker took the offer back"
	}
	d.mu.Lock()
	if _, open := d.open[id]; open {
		d.open[id] = reason
	}
	d.mu.Unlock()
	return d.sessions.order(message.GetSession(), session.CutOrdered, reason)
}

// close ends the look at an offer and tells why it was taken back meanwhile; empty where it was not.
func (d *Offers) close(id engine.ID) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	reason := d.open[id]
	delete(d.open, id)
	return reason
}

// consider opens the key of an offer that came at some moment, where nothing stands against it, and answers.
func (d *Offers) consider(s Stream, o *Offer, intake *Intake, came time.Time) {
	made, err := d.accept(o, intake)
	if err != nil {
		d.config.Intakes.release(o.Tenant)
		d.close(o.Session)
		d.refuse(s, o, err)
		return
	}
	d.config.Work.Start(made.tend)
	if why := d.config.Drains(); why != nil { // since accept has looked
		made.Drain(why.Error())
	}
	if reason := d.close(o.Session); reason != "" {
		made.Cut(reason)
	}
	s.Send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: wire.IDBytes(o.Session), Ready: true}}})
	if o.Side == session.Source && !d.requests.answer(o.Request, requestAnswer{session: made}) {
		made.Cut(nobodyWaits)
	}
	answered := d.config.Clock.Now()
	made.Log.Debug("offer taken", "after", answered.Sub(came))
	made.Log.Info("session begins", "cipher", o.Cipher.String(), "test", o.Test)
	d.refill(s)
}

// refill makes up for the one-time key that an offer has used.
func (d *Offers) refill(s Stream) {
	d.keys.Refill(s, oneTimeUrgent)
	if d.refilling.Swap(true) {
		return
	}
	d.config.Work.Start(func() {
		machine.Wait(s.Done(), d.config.Clock, refillAfter)
		d.refilling.Store(false)
		d.keys.Refill(s, oneTimeRefill)
	})
}

// accept checks the offer against what this machine allows and makes the session.
func (d *Offers) accept(o *Offer, intake *Intake) (*Session, error) {
	if why := d.config.Drains(); why != nil {
		return nil, why
	}
	switch {
	case d.sessions.full():
		return nil, fmt.Errorf("this machine has %d sessions, which is all that it takes", wire.MaximumLiveSessions)
	case d.config.Lives(o.Session):
		return nil, errors.New("the session is here already")
	case o.Side == session.Source && !d.requests.waiting(o.Request):
		return nil, errors.New(nobodyWaits)
	}
	if o.Backend != "" {
		if _, err := d.config.Backends().Resolve(d.config.Work.Life(), d.config.Network, o.Backend); err != nil {
			return nil, err
		}
	}
	certificate, err := d.config.Certificate(o.own())
	if err != nil {
		return nil, err
	}
	key, err := d.keys.open(o.Sealed, session.Binding{Installation: d.config.Installation, Session: o.Session, Mode: o.Mode}, d.config.Component)
	if err != nil {
		return nil, err
	}
	made := newSession(d.config, o, certificate, key, d.forget)
	made.intake = intake
	if !d.sessions.add(made) {
		key.Destroy()
		return nil, errors.New("the session is here already, or there are too many")
	}
	d.config.Begins()
	return made, nil
}

// forget lets go of a session that is over.
func (d *Offers) forget(s *Session) {
	d.sessions.remove(s.ID)
	d.config.Intakes.release(s.Offer.Tenant)
}

// refuse answers an offer with no. Its one-time key is dropped unused, and made up for.
func (d *Offers) refuse(s Stream, o *Offer, why error) {
	d.keys.drop(o.Sealed.OneTimeKey)
	d.config.Log.Warn("session refused", "session", string(o.Session), "route", o.RouteName, "peer", o.Peer, "reason", why.Error())
	s.Send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: wire.IDBytes(o.Session), Reason: machine.Sentence(why.Error())}}})
	d.refill(s)
	if o.Side == session.Source {
		d.requests.answer(o.Request, requestAnswer{err: fmt.Errorf("the session's offer cannot be taken: %w", why)})
	}
}
