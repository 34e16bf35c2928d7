package channel

import (
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

// reserveChain makes a chain whose keys are still to be filled.
func reserveChain(group string) (*chain, error) {
	c := &chain{group: group}
	var err error
	if c.door, err = secret.Reserve(); err == nil {
		c.link, err = secret.Reserve()
	}
	if err != nil {
		c.wipe()
		return nil, err
	}
	return c, nil
}

// found fills the chain from a handshake's prk. It must be called inside secret.Do.
func (c *chain) found(prk []byte) error {
	if err := expandInto(c.id[:], "chain-id", prk, chainIDLabel); err != nil {
		return err
	}
	if err := expand(c.door, "door", prk, doorLabel); err != nil {
		return err
	}
	return expand(c.link, "chain", prk, chainLabel)
}

// take gives the next number, fills its key, and steps. It is the source's.
func (c *chain) take(flow *secret.Key) (number uint64, err error) {
	used := c.link.Change(func(link []byte) {
		if err = expand(flow, "flow", link, flowLabel); err == nil {
			err = step(link)
		}
	})
	if used != nil {
		err = used
	}
	if err != nil {
		return 0, err
	}
	c.next++
	return c.next - 1, nil
}

// step overwrites a link with the next one. It must be called inside secret.Do.
func step(link []byte) error {
	var next [keySize]byte
	if err := expandInto(next[:], "chain", link, chainNextLabel); err != nil {
		return err
	}
	copy(link, next[:])
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
	over := make([]skippedFlow, min(number-c.next, maximumSkipped)) // the last ones that are stepped over
	var err error
	for i := range over {
		over[i].number, over[i].until = number-uint64(len(over)-i), now.Add(skippedFor)
		if over[i].flow, err = secret.Reserve(); err != nil {
			break
		}
	}
	if err == nil {
		if used := c.link.Change(func(link []byte) { err = useAhead(link, c.next, number, over, prove) }); used != nil {
			err = used
		}
	}
	if err != nil {
		for _, s := range over {
			s.flow.Destroy()
		}
		return err
	}
	c.skipped = append(c.skipped, over...)
	c.drop(0, max(0, len(c.skipped)-maximumSkipped))
	c.next = number + 1
	return nil
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

// useAhead steps a copy of the link from next to number, fills over, and overwrites the link once prove has succeeded.
func useAhead(link []byte, next, number uint64, over []skippedFlow, prove func(flow []byte) error) error {
	var ahead, flow [keySize]byte // on the stack, which secret.Do wipes
	copy(ahead[:], link)
	for ; next < number; next++ {
		if left := number - next; left <= uint64(len(over)) {
			if err := expand(over[uint64(len(over))-left].flow, "flow", ahead[:], flowLabel); err != nil {
				return err
			}
		}
		if err := step(ahead[:]); err != nil {
			return err
		}
	}
	if err := expandInto(flow[:], "flow", ahead[:], flowLabel); err != nil {
		return err
	}
	if err := step(ahead[:]); err != nil {
		return err
	}
	if err := prove(flow[:]); err != nil {
		return err
	}
	copy(link, ahead[:])
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
