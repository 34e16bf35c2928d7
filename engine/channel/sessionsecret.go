package channel

import (
	"sync"
	"time"

	"lockwire/engine/secret"
)

// Secret is the session secret at one end: K, the chains that handshakes founded, and the keys of every connection that has no
// answer yet. One lock guards it all, so that it ends in one step: see Destroy.
//
//	K ──handshake──> chain ──first authentic join──> K and all other chains are wiped ──> joins, until Destroy
type Secret struct {
	k *secret.Key

	mu         sync.Mutex
	over       bool // Destroy was called
	keyGone    bool // K is wiped: no handshake founds any more
	unanswered map[abandoner]struct{}

	source sourceSecret
	target targetSecret

	kept keptConnections
}

// abandoner is a connection without an answer. abandon resets it and returns when its keys are gone; it never waits for the network.
type abandoner interface{ abandon() }

// NewSecret makes the secret of a session of which nothing is used yet. It takes k, which is K, over.
func NewSecret(k *secret.Key) *Secret {
	s := &Secret{k: k, unanswered: make(map[abandoner]struct{})}
	s.source.numbers = make(chan struct{}, maximumUnanswered)
	return s
}

// Destroy ends the session for joins and handshakes, wipes all of the secret, closes the connections that are kept between flows, and
// resets every one without an answer. It returns when the keys of these are gone, too; channels that are open keep theirs. What derived
// objects left in ordinary memory goes with the next collection ([secret.Erase]). Further calls do nothing. A nil Secret may be destroyed.
func (s *Secret) Destroy() {
	if s == nil {
		return
	}
	s.mu.Lock()
	first := !s.over
	s.over = true
	if first {
		s.keyGone = true
		s.source.wipe()
		s.target.wipe()
		if s.kept.timer != nil {
			s.kept.timer.Stop()
		}
	}
	left := s.leaveAll(func(abandoner) bool { return true })
	idle := s.kept.takeAll()
	s.mu.Unlock()
	s.k.Destroy()
	closeAll(idle)
	for _, one := range left {
		one.abandon()
	}
}

// leaveAll takes those that match out of the unanswered ones. Called with the lock.
func (s *Secret) leaveAll(match func(abandoner) bool) (left []abandoner) {
	for one := range s.unanswered {
		if match(one) {
			delete(s.unanswered, one)
			left = append(left, one)
		}
	}
	return left
}

// settle is called with the first join on c that is authentic, and does nothing with later ones: c alone of all chains is kept,
// and K goes, and with it every handshake. Called with the lock; what it gives must be called without.
func (s *Secret) settle(c *chain) (then func()) {
	if s.keyGone {
		return func() {}
	}
	s.keyGone = true
	s.source.keep(c)
	s.target.keep(c)
	handshakes := s.leaveAll(needsKey)
	return func() {
		s.k.Destroy()
		for _, one := range handshakes {
			one.abandon()
		}
	}
}

// HasKey tells whether K is still there, so that a handshake is possible.
func (s *Secret) HasKey() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.keyGone
}

// enter adds a connection to those without an answer. It returns ErrNoSession where the secret is wiped, or, for a handshake, K.
func (s *Secret) enter(one abandoner) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || s.keyGone && needsKey(one) {
		return ErrNoSession
	}
	s.unanswered[one] = struct{}{}
	return nil
}

// leave takes a connection out of those without an answer: it has got one, or its keys are gone. It returns ErrNoSession where it
// was abandoned.
func (s *Secret) leave(one abandoner) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.unanswered[one]; !there {
		return ErrNoSession
	}
	delete(s.unanswered, one)
	return nil
}

// targetSecret is what a target holds beyond K.
type targetSecret struct {
	chains []*chain    // oldest first
	expiry *time.Timer // runs while there are skipped numbers
}

// maximumChains is how many chains a target holds at most, before the first join tells which one the source holds. A source founds
// again where an answer was lost; the oldest chain gives way.
const maximumChains = 8

// hold takes over a chain that an authentic open has founded, before that is answered.
func (s *Secret) hold(c *chain) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keyGone {
		c.wipe()
		return ErrNoSession
	}
	t := &s.target
	if t.chains = append(t.chains, c); len(t.chains) > maximumChains {
		t.chains[0].wipe()
		t.chains = t.chains[1:]
	}
	return nil
}

func (t *targetSecret) find(id chainID) *chain {
	for _, c := range t.chains {
		if c.id == id {
			return c
		}
	}
	return nil
}

// keep wipes all chains but c.
func (t *targetSecret) keep(c *chain) {
	kept := t.chains[:0]
	for _, one := range t.chains {
		if one == c {
			kept = append(kept, one)
		} else {
			one.wipe()
		}
	}
	t.chains = kept
}

func (t *targetSecret) wipe() {
	t.keep(nil)
	if t.expiry != nil {
		t.expiry.Stop()
	}
}

// expire drops the skipped numbers whose time is over, and comes back for the others.
func (s *Secret) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var next time.Time
	for _, c := range s.target.chains {
		if due := c.expire(time.Now()); next.IsZero() || !due.IsZero() && due.Before(next) {
			next = due
		}
	}
	s.target.expiry = nil
	s.expireAt(next)
}

// expireAt lets expire run once the first skipped number's time is over. Called with the lock.
func (s *Secret) expireAt(due time.Time) {
	if s.target.expiry == nil && !due.IsZero() {
		s.target.expiry = time.AfterFunc(time.Until(due), s.expire)
	}
}
