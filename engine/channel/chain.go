package channel

import (
	"crypto/hkdf"
	"crypto/sha256"
	"slices"
	"time"

	"lockwire/engine/secret"
)

// Labels of the chain; SPEC.md, "Joins".
const (
	chainLabel     = "lockwire-data-1 chain 0"
	chainIDLabel   = "lockwire-data-1 chain id"
	chainNextLabel = "lockwire-data-1 chain next"
	doorLabel      = "lockwire-data-1 door"
	flowLabel      = "lockwire-data-1 flow"
)

const (
	// maximumAhead is how far ahead of the next number a flight may be: the target steps there before it can open the flight.
	maximumAhead = 1024
	// maximumSkipped is how many numbers that were stepped over may still come, for skippedFor each.
	maximumSkipped = 256
	skippedFor     = 10 * time.Second
)

const chainIDSize = 16

// chainID names a chain on the wire. It is no secret.
type chainID [chainIDSize]byte

// chain is what a handshake leaves for the flows that join without one. Its owner's lock guards it.
//
//	link n ──"flow"──> flow n, from which the keys of join n come
//	  │
//	  └──"chain next"──> link n + 1; link n is overwritten
type chain struct {
	id    chainID
	group string      // the key exchange of the handshake
	door  *secret.Key // keys the MAC that keeps strangers out
	link  *secret.Key // of the number next
	next  uint64
	// skipped are numbers below next that may still come, in ascending order. Only a target has any.
	skipped []skippedFlow
}

// skippedFlow is a number that was stepped over, and its key.
type skippedFlow struct {
	number uint64
	flow   *secret.Key
	until  time.Time
}

// newChain makes the chain that a handshake founds. It must be called inside secret.Do.
func newChain(prk []byte, group string) (*chain, error) {
	id, err := hkdf.Expand(sha256.New, prk, chainIDLabel, chainIDSize)
	if err != nil {
		return nil, err
	}
	c := &chain{id: chainID(id), group: group}
	if c.door, err = expand("door", prk, doorLabel); err == nil {
		c.link, err = expand("chain", prk, chainLabel)
	}
	if err != nil {
		c.wipe()
		return nil, err
	}
	return c, nil
}

// take gives the next number and its key, and steps. It is the source's.
func (c *chain) take() (number uint64, flow *secret.Key, err error) {
	used := c.link.Change(func(link []byte) {
		if flow, err = expand("flow", link, flowLabel); err == nil {
			err = step(link)
		}
	})
	if used != nil {
		err = used
	}
	if err != nil {
		flow.Destroy()
		return 0, nil, err
	}
	c.next++
	return c.next - 1, flow, nil
}

// step overwrites a link with the next one. It must be called inside secret.Do.
func step(link []byte) error {
	next, err := hkdf.Expand(sha256.New, link, chainNextLabel, keySize)
	if err != nil {
		return err
	}
	secret.Trace("chain", next)
	copy(link, next)
	clear(next)
	return nil
}

// admits tells whether a number may come: it was not used, is not too old and not too far ahead.
func (c *chain) admits(number uint64) bool {
	if number >= c.next {
		return number-c.next <= maximumAhead
	}
	_, found := c.find(number)
	return found
}

func (c *chain) find(number uint64) (at int, found bool) {
	return slices.BinarySearchFunc(c.skipped, number, func(s skippedFlow, number uint64) int {
		switch {
		case s.number < number:
			return -1
		case s.number > number:
			return 1
		}
		return 0
	})
}

// use calls prove, inside secret.Do, with the key of a number that the chain admits. Only where prove succeeds is the number used
// and the chain stepped; else nothing has changed. It is the target's.
func (c *chain) use(number uint64, now time.Time, prove func(flow []byte) error) error {
	if number < c.next {
		return c.useSkipped(number, prove)
	}
	var err error
	used := c.link.Change(func(link []byte) { err = c.useAhead(link, number, now, prove) })
	if used != nil {
		return used
	}
	return err
}

func (c *chain) useSkipped(number uint64, prove func(flow []byte) error) error {
	at, _ := c.find(number)
	var err error
	if used := c.skipped[at].flow.Use(func(flow []byte) { err = prove(flow) }); used != nil {
		return used
	}
	if err == nil {
		c.drop(at, at+1)
	}
	return err
}

// useAhead works on a copy of the link until prove has succeeded.
func (c *chain) useAhead(link []byte, number uint64, now time.Time, prove func(flow []byte) error) error {
	ahead := slices.Clone(link)
	defer clear(ahead)
	var over [][]byte // keys of the last of the numbers that are stepped over
	defer func() {
		for _, flow := range over {
			clear(flow)
		}
	}()
	for n := c.next; n < number; n++ {
		if number-n <= maximumSkipped {
			flow, err := expandBytes("flow", ahead, flowLabel)
			if err != nil {
				return err
			}
			over = append(over, flow)
		}
		if err := step(ahead); err != nil {
			return err
		}
	}
	flow, err := expandBytes("flow", ahead, flowLabel)
	if err != nil {
		return err
	}
	defer clear(flow)
	if err := step(ahead); err != nil {
		return err
	}
	if err := prove(flow); err != nil {
		return err
	}
	kept := make([]skippedFlow, 0, len(over))
	for i, flow := range over {
		key, err := secret.FromBytes(flow)
		if err != nil {
			break // no memory for keys: a number that is late will not join
		}
		kept = append(kept, skippedFlow{number - uint64(len(over)-i), key, now.Add(skippedFor)})
	}
	c.skipped = append(c.skipped, kept...)
	c.drop(0, max(0, len(c.skipped)-maximumSkipped))
	copy(link, ahead)
	c.next = number + 1
	return nil
}

// expire drops the numbers whose time is over and gives when the next one's is; zero where there is none.
func (c *chain) expire(now time.Time) time.Time {
	over := 0
	for over < len(c.skipped) && !now.Before(c.skipped[over].until) {
		over++
	}
	c.drop(0, over)
	if len(c.skipped) == 0 {
		return time.Time{}
	}
	return c.skipped[0].until
}

// drop wipes some of the skipped numbers: they count as used.
func (c *chain) drop(from, to int) {
	for _, s := range c.skipped[from:to] {
		s.flow.Destroy()
	}
	c.skipped = slices.Delete(c.skipped, from, to)
}

// wipe destroys all keys of the chain. A nil chain may be wiped.
func (c *chain) wipe() {
	if c == nil {
		return
	}
	c.door.Destroy()
	c.link.Destroy()
	c.drop(0, len(c.skipped))
}
