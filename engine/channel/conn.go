package channel

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/network"
)

// Conn is one end of an open channel. One goroutine may read (Read, ReadRecord) while another writes (Buffer, Commit,
// CloseWrite, Ping); Reset, Close and Stats may be called from any.
type Conn struct {
	conn  net.Conn
	terms Terms
	role  role
	group string
	plain bool // raw bytes follow the opening

	// opening is what goes with the session secret until the channel is answered; nil in tests of an open channel.
	opening *opening
	// random is what the target of a join puts before its answer; nil where a handshake opened the channel.
	random []byte

	in  receiving
	out sending

	// room is the session's, and keeps tells that both ends keep the connection once the flow has ended; see keep.go.
	room  func(evict func()) (leave func(), ok bool)
	keeps bool
	kept  atomic.Pointer[kept] // the connection since then

	dead atomic.Pointer[error] // the first failure, which every later call returns
}

// Stats counts what a channel carried since it was opened. In plain mode only what went through Conn itself is counted.
type Stats struct {
	BytesIn, BytesOut     uint64 // plaintext
	RecordsIn, RecordsOut uint64 // of every type, those of the opening included
	// Group is the key exchange that TLS negotiated: "X25519MLKEM768" or "SecP256r1MLKEM768".
	Group string
}

func newConn(conn net.Conn, s *Session, r role, group string) *Conn {
	c := &Conn{conn: conn, terms: s.Terms, role: r, group: group, room: s.Keep}
	c.in.sizes, c.out.sizes = s.Sizes, s.Sizes
	c.in.water = newLowWater(conn)
	c.out.writer = network.NewWriter(conn)
	return c
}

// OnWait has reading called with true before Read or WaitReadable waits for the peer, and with false after; and writing likewise
// where Commit or CloseWrite waits. It is called before them.
func (c *Conn) OnWait(reading, writing func(begins bool)) {
	c.in.water.waits.Tell = reading
	c.out.writer.OnWait(writing)
}

// Stats gives the present counts.
func (c *Conn) Stats() Stats {
	return Stats{
		BytesIn: c.in.bytes.Load(), BytesOut: c.out.bytes.Load(),
		RecordsIn: c.in.records.Load(), RecordsOut: c.out.records.Load(),
		Group: c.group,
	}
}

// Terms are the terms of the channel's session.
func (c *Conn) Terms() Terms { return c.terms }

// Cipher tells which cipher protects the records; in plain mode only those of the opening.
func (c *Conn) Cipher() engine.Cipher { return c.terms.Cipher }

// RemoteAddr is the peer's address.
func (c *Conn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// NetConn is the connection below. In sealed mode the caller must neither read, write nor close it.
func (c *Conn) NetConn() net.Conn { return c.conn }

// BoundReceiving lets what has arrived and is not read grow within room only. It must be called before the first Read; grown, which may
// be nil, is told by the goroutine that reads how much the other end of the direction may hold unsent. In plain mode it does nothing:
// whoever takes the connection (Plain) bounds it.
func (c *Conn) BoundReceiving(room *network.Room, grown func(unsent int)) {
	if !c.plain {
		c.in.water.buffer.Bound(c.conn, room, grown)
	}
}

// BoundSending bounds what was committed and cannot be sent yet.
func (c *Conn) BoundSending(unsent int) { network.BoundUnsent(c.conn, unsent) }

// KeepAlive has the system ask whether the peer is still there while nothing comes.
func (c *Conn) KeepAlive() { network.KeepAlive(c.conn) }

// fail ends the channel with its first failure: the connection is reset and all keys are wiped. It gives the failure.
func (c *Conn) fail(err error) error {
	if !c.dead.CompareAndSwap(nil, &err) {
		return *c.dead.Load()
	}
	network.SetReset(c.conn)
	_ = c.conn.Close()
	c.wipe()
	_ = c.answered() // nothing is left to be abandoned
	return err
}

// wipe never waits for the network: the locks that it takes are held only while a cipher works.
func (c *Conn) wipe() {
	c.opening.wipe()
	c.in.opener.wipe()
	c.out.sealer.wipe()
}

func (c *Conn) failure() error {
	if err := c.dead.Load(); err != nil {
		return *err
	}
	return nil
}

// Reset ends the channel at once, so that the peer sees an error and never a clean end, and wipes its keys. Calls that
// wait return an error.
func (c *Conn) Reset() { _ = c.fail(ErrReset) }

// Close ends a channel of which both directions have ended: Read gave io.EOF and CloseWrite was called. Otherwise it resets
// the channel and returns ErrNotEnded. Further calls return nil. The connection may be kept for another flow: the channel has no part in
// it any more. It is called when nobody reads or writes.
func (c *Conn) Close() error {
	if err := c.failure(); err != nil {
		if errors.Is(err, errClosed) || errors.Is(err, ErrReset) {
			return nil
		}
		return err
	}
	if !c.in.ended.Load() || !c.out.ended.Load() {
		c.Reset()
		return ErrNotEnded
	}
	err := error(errClosed)
	if !c.dead.CompareAndSwap(nil, &err) {
		return nil
	}
	c.wipe()
	if c.keep() {
		return nil
	}
	// Only now may the kernel close the connection cleanly; see SPEC.md, "Closing".
	network.SetOrderly(c.conn)
	if err := c.conn.Close(); err != nil {
		return fmt.Errorf("close the channel: %w", err)
	}
	return nil
}

// errClosed is the failure of a channel that ended in order.
var errClosed = fmt.Errorf("%w: it was closed", ErrReset)

// Plain gives the TCP connection of a channel in plain mode, for splice; ok is false in sealed mode and where the connection
// is not TCP. Whoever takes it reads and writes it instead of the Conn, and in the end calls PlainEnded and
// Close, or Reset.
func (c *Conn) Plain() (conn *net.TCPConn, ok bool) {
	if !c.plain {
		return nil, false
	}
	conn, ok = c.conn.(*net.TCPConn)
	return conn, ok
}

// PlainEnded tells a channel in plain mode that whoever took its connection (Plain) saw both directions end in order, so
// that Close closes it in order. It does nothing in sealed mode.
func (c *Conn) PlainEnded() {
	if c.plain {
		c.in.ended.Store(true)
		c.out.ended.Store(true)
	}
}

// becomePlain drops the keys after the opening: from here on bytes are raw.
func (c *Conn) becomePlain() {
	c.plain = true
	c.wipe()
}

// opened ends the opening at either end.
func (c *Conn) opened(open Open) error {
	if err := c.conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	switch {
	case c.terms.Mode == engine.Plain:
		c.becomePlain()
	case open.Streams > 1:
		c.carriesStream()
	}
	return nil
}

// readError says what it means that the connection gave err.
func readError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTruncated
	}
	return fmt.Errorf("%w: %w", ErrTruncated, err)
}
