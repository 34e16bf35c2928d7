package channel

import (
	"fmt"
	"sync"
	"sync/atomic"

	"lockwire/engine/network"
)

// growth is how much larger the next buffer is after one that was filled.
const growth = 4

// sending is the outgoing direction of a Conn.
type sending struct {
	turn   sync.Mutex // one record at a time, from sealing to the last byte written; order is what the sequence numbers say
	sealer sealer
	sizes  Sizes
	writer *network.Writer

	lent *buffer
	size int // of the buffer that Buffer lends

	ended   atomic.Bool // the end record was sent
	bytes   atomic.Uint64
	records atomic.Uint64
}

// Buffer lends the room for the next record's plaintext; the caller fills some of its beginning and calls Commit. It is small
// while little is sent at a time and grows, up to Sizes.Streaming, while it comes back full. Called again before Commit it
// lends the same room. Release gives it back unused.
func (c *Conn) Buffer() []byte {
	out := &c.out
	if out.lent == nil {
		if out.size == 0 {
			out.size = out.sizes.Interactive
		}
		out.lent = takeBuffer(out.size)
	}
	return out.lent.bytes[:out.size]
}

// Commit sends the first n bytes of what Buffer lent as one record, in one write, and takes the buffer back. It returns once
// the kernel has taken the record. With n = 0 it sends nothing.
func (c *Conn) Commit(n int) error {
	out := &c.out
	if out.lent == nil {
		if n == 0 {
			return c.failure()
		}
		panic("channel: Commit without Buffer")
	}
	plaintext := out.lent.bytes[:out.size][:n]
	defer c.Release()
	out.adapt(n)
	if n == 0 {
		return c.failure()
	}
	if c.plain {
		return c.writePlain(plaintext)
	}
	if err := c.send(typeData, plaintext); err != nil {
		return err
	}
	out.bytes.Add(uint64(n))
	return nil
}

// Release takes back what Buffer lent, for when nothing is to be sent for a while.
func (c *Conn) Release() {
	c.out.lent.give()
	c.out.lent = nil
}

// adapt chooses the size of the next buffer.
func (out *sending) adapt(n int) {
	switch {
	case n == out.size:
		out.size = min(out.size*growth, out.sizes.Streaming)
	case n < out.size/(2*growth):
		out.size = max(out.size/growth, out.sizes.Interactive)
	}
}

// Write sends p in as many records as it takes.
func (c *Conn) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		n := copy(c.Buffer(), p[written:])
		if err := c.Commit(n); err != nil {
			return written, err
		}
		written += n
	}
	return written, nil
}

// CloseWrite says to the peer, authenticated, that no more data follows in this direction; the other one goes on. A second
// call does nothing.
func (c *Conn) CloseWrite() error {
	if c.out.ended.Load() {
		return c.failure()
	}
	c.Release()
	if c.plain {
		return c.closeWritePlain()
	}
	return c.send(typeEnd, nil)
}

// Finish sends the first n bytes of what Buffer lent, where n is not 0, and ends the direction, as Commit and CloseWrite do; of little
// it makes one write. With closes, Close follows at once, so that the system may wait for that with what it sends.
func (c *Conn) Finish(n int, closes bool) error {
	out := &c.out
	if c.plain || out.ended.Load() || n > out.sizes.Interactive || out.sealer.due(n, 2) {
		if n > 0 {
			if err := c.Commit(n); err != nil {
				return err
			}
		}
		return c.CloseWrite()
	}
	wire := takeBuffer(n + overhead)
	defer wire.give()
	defer c.Release()
	out.turn.Lock()
	defer out.turn.Unlock()
	if err := c.failure(); err != nil {
		return err
	}
	if err := c.sealLast(wire.bytes, n, closes && !c.mayOutlive(n)); err != nil {
		return c.fail(err)
	}
	out.bytes.Add(uint64(n))
	out.ended.Store(true)
	out.sealer.wipe()
	return nil
}

// sealLast sends the lent bytes' record, where there are any, and the end in one write. It must be called with the turn.
func (c *Conn) sealLast(wire []byte, n int, closes bool) error {
	out := &c.out
	length := 0
	if n > 0 {
		record, err := out.sealer.seal(wire, typeData, out.lent.bytes[:n])
		if err != nil {
			return err
		}
		length = len(record)
		out.records.Add(1)
	}
	end, err := out.sealer.seal(wire[length:], typeEnd, nil)
	if err != nil {
		return err
	}
	out.records.Add(1)
	send := out.writer.Write
	if closes {
		send = out.writer.WriteBeforeEnd
	}
	if _, err := send(wire[:length+len(end)]); err != nil {
		return fmt.Errorf("send the last records: %w", err)
	}
	return nil
}

// Ping sends a record that carries nothing and is not answered. It shows the network, and the peer's Read, that this end is
// alive. A peer that gets more than 1,024 within a minute, and no data, ends the channel.
func (c *Conn) Ping() error {
	if c.plain {
		return c.failure()
	}
	return c.send(typePing, nil)
}

// send seals one record and writes it, and a rekey record before it where one is due.
func (c *Conn) send(t recordType, plaintext []byte) error {
	c.out.turn.Lock()
	defer c.out.turn.Unlock()
	if err := c.failure(); err != nil {
		return err
	}
	if c.out.ended.Load() && !c.out.sizes.ofStream {
		return ErrEnded
	}
	if c.out.sealer.due(len(plaintext), 1) {
		if err := c.write(typeRekey, nil); err != nil {
			return err
		}
	}
	if err := c.write(t, plaintext); err != nil {
		return err
	}
	if t == typeEnd {
		c.out.ended.Store(true)
		if !c.out.sizes.ofStream { // over a stream acknowledgements still follow
			c.out.sealer.wipe()
		}
	}
	return nil
}

// write must be called with the turn. A record that could not be sent ends the channel.
func (c *Conn) write(t recordType, plaintext []byte) error {
	if err := c.put(t, plaintext); err != nil {
		return c.fail(err)
	}
	return nil
}

// answer sends the target's first record: behind its random bytes, where the channel was joined.
func (c *Conn) answer(t recordType, plaintext []byte) error {
	c.out.turn.Lock()
	defer c.out.turn.Unlock()
	if err := c.failure(); err != nil {
		return err
	}
	if c.random == nil {
		return c.write(t, plaintext)
	}
	if err := c.putBehind(append([]byte{byte(typeAnswer)}, c.random...), t, plaintext); err != nil {
		return c.fail(err)
	}
	return nil
}

func (c *Conn) put(t recordType, plaintext []byte) error { return c.putBehind(nil, t, plaintext) }

// putBehind sends a record in one write with what comes before it.
func (c *Conn) putBehind(before []byte, t recordType, plaintext []byte) error {
	wire := takeBuffer(len(before) + len(plaintext))
	defer wire.give()
	n := copy(wire.bytes, before)
	record, err := c.out.sealer.seal(wire.bytes[n:], t, plaintext)
	if err != nil {
		return err
	}
	if t == typeData {
		c.Release() // another flow fills it, warm in the processor's cache, while this one may have to wait
	}
	if _, err := c.out.writer.Write(wire.bytes[:n+len(record)]); err != nil {
		return fmt.Errorf("send a record: %w", err)
	}
	c.out.records.Add(1)
	return nil
}

func (c *Conn) writePlain(p []byte) error {
	if err := c.failure(); err != nil {
		return err
	}
	if c.out.ended.Load() {
		return ErrEnded
	}
	n, err := c.out.writer.Write(p)
	c.out.bytes.Add(uint64(n))
	if err != nil {
		return c.fail(fmt.Errorf("send: %w", err))
	}
	return nil
}

func (c *Conn) closeWritePlain() error {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok {
		return c.fail(fmt.Errorf("%T cannot end one direction", c.conn))
	}
	if err := c.failure(); err != nil {
		return err
	}
	if err := half.CloseWrite(); err != nil {
		return c.fail(fmt.Errorf("end: %w", err))
	}
	c.out.ended.Store(true)
	return nil
}
