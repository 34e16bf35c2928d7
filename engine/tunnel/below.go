package tunnel

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"lockwire/engine/network"
)

// errCut: the connection below TLS ended without close_notify. crypto/tls takes a TCP connection that ends between two records for one that
// ended in order; so what reads below it never gives io.EOF.
var errCut = fmt.Errorf("the tunnel was cut: %w", io.ErrUnexpectedEOF)

// below is the TCP connection under TLS.
type below struct {
	net.Conn
}

func (b *below) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if err == io.EOF {
		err = errCut
	}
	return n, err
}

// gathered is how many bytes are read at once from a connection that streams.
const gathered = 64 << 10

var gathering = sync.Pool{New: func() any { return new([gathered]byte) }}

// gatherer is a below that gathers what arrives, so that one system call reads several records, and whose Read does not wait once nowait
// is set. It belongs to the goroutine that reads.
type gatherer struct {
	below
	raw    syscall.RawConn
	nowait bool
	buffer *[gathered]byte // nil while nothing is gathered
	rest   []byte          // of buffer
	empty  bool            // the last read found nothing

	// wakes is made once, and passes what it works with through woken, so that a wait allocates nothing.
	wakes func(fd uintptr) bool
	woken bool
}

func newGatherer(conn net.Conn) *gatherer {
	g := &gatherer{below: below{conn}, raw: network.RawConn(conn)}
	g.wakes = func(uintptr) bool {
		there := g.woken || network.Readable(conn)
		g.woken = true
		return there
	}
	return g
}

// errNotYet: nothing has arrived. crypto/tls goes on after it, as it is temporary.
var errNotYet net.Error = notYet{}

type notYet struct{}

func (notYet) Error() string   { return "nothing has arrived yet" }
func (notYet) Timeout() bool   { return true }
func (notYet) Temporary() bool { return true }

func (g *gatherer) Read(p []byte) (int, error) {
	if len(g.rest) == 0 {
		if !g.nowait || g.raw == nil {
			return g.below.Read(p)
		}
		if !network.Readable(g.Conn) {
			g.release()
			g.empty = true
			return 0, errNotYet
		}
		if g.buffer == nil {
			g.buffer = gathering.Get().(*[gathered]byte)
		}
		n, err := g.below.Read(g.buffer[:])
		g.rest = g.buffer[:n]
		if err != nil && n == 0 {
			g.release()
			return 0, err
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// release gives the buffer back, in which nothing is left.
func (g *gatherer) release() {
	if g.buffer != nil {
		gathering.Put(g.buffer)
		g.buffer = nil
	}
}

// wait returns when a Read would find something, an error included. It holds no buffer.
func (g *gatherer) wait() error {
	if !g.empty || g.raw == nil {
		return nil
	}
	g.empty, g.woken = false, false
	return g.raw.Read(g.wakes)
}

// watch waits, after the peer has ended its direction, for the end of the connection. It gives nil once its deadline has passed.
func (g *gatherer) watch() error {
	if g.raw == nil {
		return nil
	}
	g.woken = false
	err := g.raw.Read(g.wakes)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return nil
	}
	if err == nil {
		err = errCut
	}
	return err
}

// unwatch ends watch, or keeps it from waiting.
func (g *gatherer) unwatch() { _ = g.SetReadDeadline(time.Unix(1, 0)) } // fails only on a closed connection
