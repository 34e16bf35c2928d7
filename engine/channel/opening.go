package channel

import (
	"sync"

	"lockwire/engine/secret"
)

// opening is what a channel holds until it has its answer, and the part of its keys that goes with that.
type opening struct {
	of *Secret

	mu    sync.Mutex
	flow  *secret.Key // at the source of a join, from which the answer's random bytes make the channel's keys
	chain *chain      // that the handshake founds, until it is answered; nil with a join
}

// wipe destroys what is still held. A nil opening may be wiped.
func (o *opening) wipe() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flow.Destroy()
	o.chain.wipe()
	o.chain = nil
}

// takeChain gives the chain away.
func (o *opening) takeChain() *chain {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.chain
	o.chain = nil
	return c
}

// start puts keys into an end's two directions. It takes the keys over, and fails where the channel was wiped meanwhile.
func (c *Conn) start(keys directions) error {
	send, receive := keys.toTarget, keys.toSource
	if c.role == target {
		send, receive = receive, send
	}
	sending := c.out.sealer.start(c.terms.Cipher, c.out.sizes, send)
	if err := c.in.opener.start(c.terms.Cipher, c.in.sizes, receive); err != nil || sending != nil {
		c.wipe()
		if sending != nil {
			return sending
		}
		return err
	}
	return nil
}

// answered ends the time in which the channel's keys go with the session secret. It returns ErrNoSession where they have gone.
func (c *Conn) answered() error {
	if c.opening == nil {
		return nil
	}
	return c.opening.of.leave(c)
}

// abandon implements abandoner.
func (c *Conn) abandon() { c.Reset() }
