package tunnel

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"lockwire/engine/network"
	"lockwire/engine/pump"
)

// lentSize is how much an end lends for what it is to send: some records.
const lentSize = 128 << 10

// lent holds the buffers that no connection needs at present.
var lent = sync.Pool{New: func() any { return new([lentSize]byte) }}

// end is the tenant's side of a connection, as the pump carries it.
type end struct {
	secured *tls.Conn
	below   *gatherer
	buffer  *[lentSize]byte // lent by Buffer
	ended   atomic.Bool     // this direction was ended, or is being ended
	closed  sync.Once
}

var (
	_ pump.End      = (*end)(nil)
	_ pump.Waiter   = (*end)(nil)
	_ pump.Releaser = (*end)(nil)
	_ pump.Informer = (*end)(nil)
	_ pump.Watcher  = (*end)(nil)
)

// newEnd takes over a connection of which the hello was read. From here on its Read does not wait.
func newEnd(secured *tls.Conn, below *gatherer) *end {
	below.nowait = true
	return &end{secured: secured, below: below}
}

// Read implements [pump.End]. It gives as many records as have arrived whole and p holds.
func (e *end) Read(p []byte) (n int, err error) {
	for n < len(p) {
		more, err := e.secured.Read(p[n:])
		n += more
		switch {
		case err == nil:
		case errors.Is(err, errNotYet):
			return n, nil
		default:
			return n, err
		}
	}
	return n, nil
}

// WaitReadable implements [pump.Waiter].
func (e *end) WaitReadable() error { return e.below.wait() }

// Buffer implements [pump.End].
func (e *end) Buffer() []byte {
	if e.buffer == nil {
		e.buffer = lent.Get().(*[lentSize]byte)
	}
	return e.buffer[:]
}

// Commit implements [pump.End].
func (e *end) Commit(n int) error {
	_, err := e.secured.Write(e.buffer[:n])
	e.Release()
	return err
}

// Release implements [pump.Releaser].
func (e *end) Release() {
	if e.buffer != nil {
		lent.Put(e.buffer)
		e.buffer = nil
	}
}

// CloseWrite implements [pump.End]: it sends close_notify, which ends this direction alone.
func (e *end) CloseWrite() error {
	e.ended.Store(true) // before the peer can answer by closing
	return e.secured.CloseWrite()
}

// Info implements [pump.Informer].
func (e *end) Info() (network.Info, bool) { return network.ReadInfo(e.below.Conn) }

// Watch implements [pump.Watcher]. A peer that has ended its direction sends nothing more; it closes the connection once both have.
func (e *end) Watch() error {
	err := e.below.watch()
	if errors.Is(err, io.ErrUnexpectedEOF) && e.ended.Load() {
		return nil
	}
	return err
}

// Unwatch implements [pump.Watcher].
func (e *end) Unwatch() { e.below.unwatch() }

// Reset implements [pump.End]. The peer gets no close_notify.
func (e *end) Reset() { e.closed.Do(func() { reset(e.below.Conn) }) }

// Close implements [pump.End]. What was sent is still delivered.
func (e *end) Close() (err error) {
	e.closed.Do(func() {
		network.SetOrderly(e.below.Conn)
		err = e.below.Conn.Close()
	})
	return err
}

// reset breaks a connection so that its peer sees no end in order.
func reset(conn net.Conn) {
	network.SetReset(conn)
	_ = conn.Close()
}
