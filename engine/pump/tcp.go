package pump

import (
	"fmt"
	"net"
	"sync"
	"time"

	"lockwire/engine/network"
)

// bufferSize is what a TCP end lends: room for a whole record as a channel fills it while it streams (of a larger one it gives
// a part at a time), small enough to stay in the cache of a processor.
const bufferSize = 256 << 10

// lent holds the buffers that no flow needs at present.
var lent = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// TCP is a TCP connection as an [End]: the side of the backup tool or of the backend, or a plain channel.
//
// From NewTCP on until Close it lingers for zero seconds: whatever happens to this process, the peer sees a reset and
// never a clean end that nobody sent.
type TCP struct {
	conn   *net.TCPConn
	buffer *[bufferSize]byte // lent by Buffer; owned by the sending goroutine
	closed sync.Once
	socket socket // what the system can do beyond package net
	writer *network.Writer
}

var (
	_ End      = (*TCP)(nil)
	_ Informer = (*TCP)(nil)
	_ Watcher  = (*TCP)(nil)
	_ Waiter   = (*TCP)(nil)
	_ Releaser = (*TCP)(nil)
	_ Bounded  = (*TCP)(nil)
	_ Finisher = (*TCP)(nil)
	_ Prober   = (*TCP)(nil)

	_ WaitTeller = (*TCP)(nil)
)

// NewTCP takes over conn. On an error conn is reset.
func NewTCP(conn *net.TCPConn) (*TCP, error) {
	t := &TCP{conn: conn, writer: network.NewWriter(conn)}
	if err := conn.SetLinger(0); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("set the connection to reset: %w", err)
	}
	if err := t.socket.attach(conn); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("prepare the connection: %w", err)
	}
	return t, nil
}

// Read implements [End].
func (t *TCP) Read(p []byte) (int, error) { return t.socket.read(t.conn, p) }

// WaitReadable implements [Waiter]. While the connection streams it lets bytes gather, but never longer than a millisecond.
func (t *TCP) WaitReadable() error { return t.socket.wait(t.conn) }

// Buffer implements [End].
func (t *TCP) Buffer() []byte {
	if t.buffer == nil {
		t.buffer = lent.Get().(*[bufferSize]byte)
	}
	return t.buffer[:]
}

// Commit implements [End].
func (t *TCP) Commit(n int) error {
	_, err := t.writer.Write(t.buffer[:n])
	t.Release()
	return err
}

// Release implements [Releaser].
func (t *TCP) Release() {
	if t.buffer != nil {
		lent.Put(t.buffer)
		t.buffer = nil
	}
}

// OnWait implements [WaitTeller].
func (t *TCP) OnWait(reading, writing func(begins bool)) {
	t.socket.waits.Tell = reading
	t.writer.OnWait(writing)
}

// BoundReceiving implements [Bounded].
func (t *TCP) BoundReceiving(room *network.Room, grown func(unsent int)) {
	t.socket.bound(t.conn, room, grown)
}

// BoundSending implements [Bounded].
func (t *TCP) BoundSending(unsent int) { network.BoundUnsent(t.conn, unsent) }

// CloseWrite implements [End].
func (t *TCP) CloseWrite() error { return t.conn.CloseWrite() }

// Finish implements [Finisher]: the end goes in the packet of the last bytes.
func (t *TCP) Finish(n int, closes bool) error {
	if n > 0 {
		_, err := t.writer.WriteBeforeEnd(t.buffer[:n])
		t.Release()
		if err != nil {
			return err
		}
	}
	if closes { // which ends it, too
		return nil
	}
	return t.conn.CloseWrite()
}

// Info implements [Informer].
func (t *TCP) Info() (network.Info, bool) { return network.ReadInfo(t.conn) }

// Watch implements [Watcher] on Linux. Elsewhere it returns at once: what the system knows must do (Info).
func (t *TCP) Watch() error { return t.socket.watch() }

// Unwatch implements [Watcher].
func (t *TCP) Unwatch() { _ = t.conn.SetReadDeadline(time.Unix(1, 0)) } // fails only on a closed connection, which ends the watch too

// KeepAlive implements [Prober].
func (t *TCP) KeepAlive() { network.KeepAlive(t.conn) }

// RemoteAddr is the peer's address.
func (t *TCP) RemoteAddr() net.Addr { return t.conn.RemoteAddr() }

// Reset implements [End].
func (t *TCP) Reset() {
	t.closed.Do(func() {
		_ = t.conn.SetLinger(0)
		_ = t.conn.Close()
	})
}

// Close implements [End]. What was sent is still delivered.
func (t *TCP) Close() error {
	var err error
	t.closed.Do(func() {
		err = t.conn.SetLinger(-1)
		if closeErr := t.conn.Close(); err == nil {
			err = closeErr
		}
	})
	return err
}
