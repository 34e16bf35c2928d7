package channel

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"
)

// A peer may send ping and rekey, which carry nothing, now and then; sent without end they would keep this end busy for a flow
// that does not move. Far more than any use of them needs:
const (
	maximumIdleRecords = 1024 // in a row, within
	idleWindow         = time.Minute
)

// aheadSize is how many bytes a receiver asks for while it waits for a header: a small record arrives in one system call,
// and of a large one so little that copying it is free. It is all that a channel without traffic holds for receiving.
const aheadSize = 1024

// receiving is the incoming direction of a Conn.
type receiving struct {
	opener opener
	sizes  Sizes
	water  *lowWater

	ahead      [aheadSize]byte
	start, end int // of what ahead holds

	lent *buffer // holds the plaintext of the present record, of which rest is not handed out yet
	rest []byte

	idle      int // ping and rekey records since the last data, and since
	idleSince time.Time

	ended   atomic.Bool // the end record was received
	bytes   atomic.Uint64
	records atomic.Uint64
}

// Read gives plaintext of at most one record. It returns io.EOF only after the peer's end record. Reading with room for a
// whole record, as Buffer of another Conn or a buffer of Sizes.Plaintext bytes offers, decrypts straight into p, and gives io.EOF with
// the last bytes where the end has come with them.
func (c *Conn) Read(p []byte) (int, error) {
	in := &c.in
	if len(p) == 0 {
		return 0, c.failure()
	}
	if c.plain {
		return c.readPlain(p)
	}
	if len(in.rest) == 0 {
		plaintext, err := c.nextData(p)
		if err != nil {
			return 0, err
		}
		if in.lent == nil { // it is in p already
			return len(plaintext), c.endBehind()
		}
		in.rest = plaintext
	}
	n := copy(p, in.rest)
	if in.rest = in.rest[n:]; len(in.rest) == 0 {
		in.release()
	}
	return n, nil
}

// endBehind takes the peer's end where it is here already, behind the last bytes, and gives io.EOF then.
func (c *Conn) endBehind() error {
	in := &c.in
	if in.end-in.start < overhead || recordType(in.ahead[in.start]) != typeEnd {
		return nil
	}
	t, _, err := c.nextHeader()
	if err != nil {
		return c.fail(err)
	}
	if err := c.betweenData(t); err != nil {
		return err
	}
	return io.EOF
}

// ReadRecord lends the plaintext of the next record, which the caller may read until it calls Read or ReadRecord again. It
// saves the copy where the plaintext goes straight into a system call. It returns io.EOF only after the peer's end record.
// A channel in plain mode has no records; it lends what Read would give.
func (c *Conn) ReadRecord() ([]byte, error) {
	in := &c.in
	if len(in.rest) > 0 {
		rest := in.rest
		in.rest = nil
		return rest, nil
	}
	if c.plain {
		in.release()
		in.lent = takeBuffer(in.sizes.Interactive)
		n, err := c.readPlain(in.lent.bytes[:in.sizes.Interactive])
		return in.lent.bytes[:n], err
	}
	return c.nextData(nil)
}

// release gives back the buffer of a record that was read to its end.
func (in *receiving) release() {
	in.lent.give()
	in.lent, in.rest = nil, nil
}

// WaitReadable returns when Read will not wait long: a record that carries data, or that ends the direction, has arrived, of a
// large one as much as the system holds. It holds no buffer while it waits; what it finds wrong, Read returns too.
func (c *Conn) WaitReadable() error {
	in := &c.in
	if len(in.rest) > 0 || in.ended.Load() {
		return c.failure()
	}
	in.release()
	if c.plain {
		return c.failure() // Plain is the way to wait there
	}
	for {
		t, n, err := c.nextHeader()
		if err != nil {
			return c.fail(err)
		}
		switch t {
		case typeData:
			return c.gather(n)
		case typeEnd:
			return nil
		}
		if err := c.betweenData(t); err != nil {
			return err
		}
	}
}

// gather waits for the rest of a record of n bytes of plaintext. That of one that is not large comes by itself.
func (c *Conn) gather(n int) error {
	in := &c.in
	missing := n + overhead - (in.end - in.start)
	if n <= in.sizes.Interactive || missing <= 0 {
		return nil
	}
	if err := in.water.gather(missing); err != nil {
		return c.fail(readError(err))
	}
	return nil
}

// nextData receives records until one carries data. It decrypts into into where that has room for the record, else into a
// buffer that lent holds.
func (c *Conn) nextData(into []byte) ([]byte, error) {
	in := &c.in
	in.release()
	for {
		if err := c.failure(); err != nil {
			return nil, err
		}
		if in.ended.Load() {
			return nil, io.EOF
		}
		t, n, err := c.nextHeader()
		if err != nil {
			return nil, c.fail(err)
		}
		if t != typeData {
			if err := c.betweenData(t); err != nil {
				return nil, err
			}
			continue
		}
		if len(into) < n {
			in.lent = takeBuffer(n)
			into = in.lent.bytes
		}
		plaintext, err := c.openRecord(into, n)
		if err != nil {
			in.release()
			return nil, c.fail(err)
		}
		in.idle = 0
		in.bytes.Add(uint64(n))
		return plaintext, nil
	}
}

// betweenData takes a record of type t, whose header was read, that carries no data.
func (c *Conn) betweenData(t recordType) error {
	if _, err := c.openRecord(nil, 0); err != nil {
		return c.fail(err)
	}
	if t == typeEnd {
		if c.in.start < c.in.end && !c.mayFollow() {
			return c.fail(errBehindEnd)
		}
		c.in.ended.Store(true)
		c.in.opener.wipe()
		return nil
	}
	if !c.in.mayIdle(time.Now()) {
		return c.fail(fmt.Errorf("%w: %d records without data within a minute", ErrRecord, c.in.idle))
	}
	return nil
}

// mayIdle counts a record that carries nothing and tells whether the peer may send it.
func (in *receiving) mayIdle(now time.Time) bool {
	if in.idle == 0 || now.Sub(in.idleSince) >= idleWindow {
		in.idle, in.idleSince = 0, now
	}
	in.idle++
	return in.idle <= maximumIdleRecords
}

// errBehindEnd is the failure of a channel whose peer sent something after its end record.
var errBehindEnd = fmt.Errorf("%w: something follows the end", ErrRecord)

// nextHeader reads until the header and nonce of the next record are in ahead, and gives its type and plaintext length, which it
// judges as soon as the header is there. Called again before openRecord it gives the same.
func (c *Conn) nextHeader() (t recordType, n int, err error) {
	in := &c.in
	for {
		present := in.end - in.start
		if present >= headerSize {
			if t, n, err = parseHeader(in.ahead[in.start:in.end], in.sizes); err != nil {
				return 0, 0, err
			}
			if t < typeData {
				return 0, 0, fmt.Errorf("%w: type 0x%02x after the opening", ErrRecord, uint8(t))
			}
		}
		if present >= firstRead {
			return t, n, nil
		}
		in.end = copy(in.ahead[:], in.ahead[in.start:in.end])
		in.start = 0
		// One byte is enough to wake up for: nobody knows whether more will come.
		read, err := in.water.read(c.conn, in.ahead[in.end:], 1)
		if in.end += read; err != nil && in.end < firstRead {
			return 0, 0, readError(err)
		}
	}
}

// openRecord receives the rest of the record whose header nextHeader gave and decrypts it into into, which has room for n bytes.
func (c *Conn) openRecord(into []byte, n int) ([]byte, error) {
	in := &c.in
	record := in.ahead[in.start:in.end]
	if len(record) >= n+overhead {
		record = record[:n+overhead]
		in.start += len(record)
	} else {
		wire := takeBuffer(n)
		defer wire.give()
		have := copy(wire.bytes, record)
		in.start, in.end = 0, 0
		var err error
		if record, err = c.readFull(wire.bytes, n+overhead, have); err != nil {
			return nil, err
		}
	}
	plaintext, err := in.opener.open(into, record)
	if err != nil {
		return nil, err
	}
	in.records.Add(1)
	return plaintext, nil
}

// readFull fills the rest of a record of size bytes, of which have are in wire, and gives it. The header said how much is missing, so
// that the kernel need not wake anybody before that much is there. What follows and is there already comes along, where wire has
// room, as the end does behind the last bytes.
func (c *Conn) readFull(wire []byte, size, have int) ([]byte, error) {
	in := &c.in
	wire = wire[:min(len(wire), size+len(in.ahead))]
	for {
		n, err := in.water.read(c.conn, wire[have:], size-have)
		if have += n; have >= size {
			in.end = copy(in.ahead[:], wire[size:have])
			return wire[:size], in.water.park(size)
		}
		if err != nil {
			return nil, readError(err)
		}
	}
}

// receiveOne receives one record of the opening, of one of the allowed types. read is what was read already, of it and, where no raw bytes
// can follow, of what comes behind it. It reads no byte beyond it.
func (c *Conn) receiveOne(read []byte, allowed ...recordType) (recordType, []byte, error) {
	var beginning [overhead]byte // no record is shorter
	have := copy(beginning[:], read)
	for have < headerSize {
		n, err := c.conn.Read(beginning[have:])
		if have += n; have > 0 && c.role == source && recordType(beginning[0]) < firstRecordType {
			return 0, nil, ErrRefusedByTarget // a late TLS alert
		} else if err != nil && have < headerSize {
			return 0, nil, readError(err)
		}
	}
	t, n, err := parseHeader(beginning[:headerSize], c.in.sizes)
	if err != nil {
		return 0, nil, err
	}
	if !slices.Contains(allowed, t) {
		return 0, nil, fmt.Errorf("%w: type 0x%02x in the opening", ErrRecord, uint8(t))
	}
	record := make([]byte, n+overhead)
	if len(read) <= have {
		read = beginning[:have]
	}
	have = copy(record, read)
	c.in.end = copy(c.in.ahead[:], read[have:])
	if _, err := io.ReadFull(c.conn, record[have:]); err != nil {
		return 0, nil, readError(err)
	}
	plaintext, err := c.in.opener.open(make([]byte, n), record)
	if err != nil {
		return 0, nil, err
	}
	c.in.records.Add(1)
	return t, plaintext, nil
}

// readPlain reads raw bytes of a channel in plain mode.
func (c *Conn) readPlain(p []byte) (int, error) {
	if err := c.failure(); err != nil {
		return 0, err
	}
	if c.in.ended.Load() {
		return 0, io.EOF
	}
	n, err := c.conn.Read(p)
	c.in.bytes.Add(uint64(n))
	switch {
	case errors.Is(err, io.EOF):
		c.in.ended.Store(true)
		return n, io.EOF
	case err != nil:
		return n, c.fail(readError(err))
	}
	return n, nil
}
