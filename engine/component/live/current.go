package live

import (
	"context"
	"errors"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// Current is the session that the connections of one route join: the one at hand, or the next one, for which all of them wait.
type Current struct {
	host     *Host
	requests *Requests
	route    engine.ID
	life     context.Context // the route's

	mu      sync.Mutex
	session *Session
	next    *nextSession
	// renewed is when a new session was asked for last in place of one that still takes connections.
	renewed time.Time
	// notSame is set once the target did not prove on loopback that both are one machine.
	notSame bool
}

// nextSession is a request for a session that any number of connections wait for.
type nextSession struct {
	done    chan struct{}
	session *Session
	err     error
}

const (
	// A session that has served for so long, or so many connections, gives way to a new one: whoever got its secret from the memory of
	// an end can use it until then.
	servesFor   = time.Hour
	servesJoins = 1 << 16
	// renewalGap is the time between two requests for that.
	renewalGap = time.Minute
	renewedWhy = "a new session has taken its place, as after each hour or 65,536 connections"
)

// served tells whether the session is to give way.
func (s *Session) served(now time.Time) bool {
	return now.Sub(s.began) >= servesFor || s.Channel.Secret.Joins() >= servesJoins
}

// joinAttempts is how many sessions a flow tries to join: one may end just as it does.
const joinAttempts = 2

// NewCurrent is the session of a route that lives as long as life.
func NewCurrent(life context.Context, host *Host, requests *Requests, route engine.ID) *Current {
	return &Current{host: host, requests: requests, route: route, life: life}
}

// Join lets a connection join the session at hand, or asks for the next one. ctx ends the wait.
func (c *Current) Join(ctx context.Context) (*Flow, error) {
	var failure error
	for range joinAttempts {
		s, err := c.await(ctx)
		if err != nil {
			return nil, err
		}
		f, err := s.Begin()
		if !errors.Is(err, ErrNoNewFlow) {
			return f, err
		}
		failure = err
		c.Forget(s)
	}
	return nil, failure
}

// await gives the session at hand, or waits for the next one.
func (c *Current) await(ctx context.Context) (*Session, error) {
	c.mu.Lock()
	if c.session != nil && c.session.Admits() == nil {
		defer c.mu.Unlock()
		c.renew()
		return c.session, nil
	}
	next := c.ask()
	c.mu.Unlock()
	select {
	case <-next.done:
		return next.session, next.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// ask lets a request for the next session run, unless one does. Called with the lock.
func (c *Current) ask() *nextSession {
	if c.next == nil {
		next := &nextSession{done: make(chan struct{})}
		c.next = next
		c.host.Work.Start(func() { c.request(next) })
	}
	return c.next
}

// renew asks for a session in place of the one at hand where that has served for long enough. Connections join the old one until the
// new one is here, so that they never wait; without a broker the old one goes on. Called with the lock.
func (c *Current) renew() {
	now := c.host.Clock.Now()
	if c.next != nil || !c.session.served(now) || now.Sub(c.renewed) < renewalGap {
		return
	}
	if stream, _ := c.host.Broker.Stream(); stream == nil {
		return
	}
	c.renewed = now
	c.ask()
}

// request asks the broker for the route's next session.
func (c *Current) request(next *nextSession) {
	c.mu.Lock()
	notSame := c.notSame
	c.mu.Unlock()
	asked := c.host.Clock.Now()
	next.session, next.err = c.requests.Ask(c.life, &wire.SessionRequest{Route: wire.IDBytes(c.route), NotSameMachine: notSame})
	if next.err == nil {
		next.session.Log.Debug("session asked for", "after", c.host.Clock.Now().Sub(asked))
	}
	c.mu.Lock()
	old := c.session
	if next.err == nil {
		c.session = next.session
	}
	c.next = nil
	c.mu.Unlock()
	close(next.done)
	if next.err == nil && old != nil {
		old.Drain(renewedWhy) // nothing where it is over
	}
}

// Replace drains a session that is of no use any more: the next connection asks for a new one.
func (c *Current) Replace(s *Session, why string) {
	s.Drain(why)
	c.Forget(s)
}

// ReplaceOnOtherMachine cuts a session whose target did not prove on loopback that both are one machine. The new one is asked
// for with that word.
func (c *Current) ReplaceOnOtherMachine(s *Session, why string) {
	c.mu.Lock()
	c.notSame = true
	c.mu.Unlock()
	s.Cut(why)
	c.Forget(s)
}

// Forget lets the next connection ask for a new session in place of one that has ended.
func (c *Current) Forget(s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session == s {
		c.session = nil
	}
}

// StartAnew forgets what the broker of the last stream made it believe.
func (c *Current) StartAnew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notSame = false
}
