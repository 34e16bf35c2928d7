package channel

import (
	"context"

	"lockwire/engine/secret"
)

// maximumUnanswered is how many numbers of a chain a source has without an answer: what the target keeps of skipped numbers, and
// how far ahead it steps, are enough for that.
const maximumUnanswered = 256

// sourceSecret is what a source holds beyond K.
//
//	no chain ──Next──> one flow founds, the others wait ──answered──> chain ──a join failed, K is there, first time──> no chain
//	                              │ failed: the flows that waited fail, too                    (the old chain stays in doubt)
type sourceSecret struct {
	chain *chain // that joins take their numbers from; nil while there is none
	// doubtful is the chain of which a join failed. It stays until the first join is answered, which may be one of its own.
	doubtful *chain
	refounds bool          // was done once
	founding *founding     // that runs; nil while none does
	numbers  chan struct{} // one entry for each number without an answer
	taken    uint64
}

// founding is a flow that founds, as the others see it.
type founding struct {
	over chan struct{}
	err  error // set before over is closed
}

// Way is how a connection of the source opens: it founds, or it joins a chain.
type Way struct {
	secret *Secret
	chain  *chain    // nil where it founds
	run    *founding // nil where it joins
}

// Next says how the next connection opens. While another flow founds it waits for that until ctx ends, and fails with it. It
// returns ErrNoSession where the secret is wiped, or K is gone and nothing was founded.
func (s *Secret) Next(ctx context.Context) (Way, error) {
	for {
		way, wait, err := s.next()
		if wait == nil {
			return way, err
		}
		select {
		case <-wait.over:
			if wait.err != nil {
				return Way{}, wait.err
			}
		case <-ctx.Done():
			return Way{}, context.Cause(ctx)
		}
	}
}

func (s *Secret) next() (way Way, wait *founding, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	source := &s.source
	switch {
	case s.over:
		return Way{}, nil, ErrNoSession
	case source.chain != nil:
		return Way{secret: s, chain: source.chain}, nil, nil
	case source.founding != nil:
		return Way{}, source.founding, nil
	case s.keyGone:
		return Way{}, nil, ErrNoSession
	}
	source.founding = &founding{over: make(chan struct{})}
	return Way{secret: s, run: source.founding}, nil, nil
}

// Founds tells that the connection must be opened by Handshake and Open, and that Done must follow.
func (w Way) Founds() bool { return w.run != nil }

// Done ends a founding, whatever has come of it, and lets the flows go on that waited for it. err, where there is no chain now, is
// why they fail, too; nil where they may found themselves. There is a chain all the same (again) where the target refused the flow, or
// a join of the chain before was answered meanwhile. It does nothing on a way that joins.
func (w Way) Done(err error) (again bool) {
	if w.run == nil {
		return false
	}
	s := w.secret
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.source.chain == nil && !s.over {
		w.run.err = err
	}
	s.source.founding = nil
	close(w.run.over)
	return s.source.chain != nil
}

// Failed says that a join on this way had no answer. It tells whether Next gives another way: the chain is given up for a new
// founding, which is done once in a session and only while K is there, or another flow has done that already.
func (w Way) Failed() (again bool) {
	s := w.secret
	s.mu.Lock()
	defer s.mu.Unlock()
	source := &s.source
	switch {
	case s.over:
		return false
	case source.chain != w.chain:
		return true
	case s.keyGone || source.refounds:
		return false
	}
	source.refounds = true
	source.chain, source.doubtful = nil, source.chain
	return true
}

// founded takes the chain of a founding that was answered.
func (s *Secret) founded(c *chain) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keyGone {
		c.wipe()
		return
	}
	s.source.chain.wipe() // of callers that found each time
	s.source.chain = c
}

// keep wipes all chains but c, which it makes the present one.
func (s *sourceSecret) keep(c *chain) {
	for _, one := range []*chain{s.chain, s.doubtful} {
		if one != c {
			one.wipe()
		}
	}
	s.chain, s.doubtful = c, nil
}

func (s *sourceSecret) wipe() { s.keep(nil) }

// take gives c a number of the way's chain and its key, which from that moment on goes with the session secret. It returns
// secret.ErrDestroyed where the chain is wiped.
func (w Way) take(c *Conn) (number uint64, err error) {
	flow, err := secret.Reserve()
	if err != nil {
		return 0, err
	}
	s := w.secret
	s.mu.Lock()
	defer s.mu.Unlock()
	if number, err = w.chain.take(flow); err != nil {
		flow.Destroy()
		return 0, err
	}
	s.source.taken++
	c.opening = &opening{of: s, flow: flow}
	s.unanswered[c] = struct{}{}
	return number, nil
}

// Joins is how many connections of the source have joined, or tried to.
func (s *Secret) Joins() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.source.taken
}
