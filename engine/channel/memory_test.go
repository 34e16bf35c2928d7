package channel

import (
	"context"
	"crypto/fips140"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine/channel/admission"
	"lockwire/engine/network"
)

// bubble runs a test in which waiting takes no time.
func bubble(t *testing.T, test func(*testing.T)) {
	t.Helper()
	if fips140.Enforced() {
		t.Skip("strict FIPS 140 mode draws its entropy from the clock, which stands still in a bubble")
	}
	synctest.Test(t, test)
}

// halfLink is one direction of a connection in memory, without a bound. It knows how TCP ends: in order, or by a reset.
type halfLink struct {
	mu       sync.Mutex
	changed  *sync.Cond
	data     []byte
	finished error // io.EOF or ECONNRESET, after data; nil while open
	expired  bool  // the reader's deadline has passed
	timer    *time.Timer
}

func newHalfLink() *halfLink {
	h := new(halfLink)
	h.changed = sync.NewCond(&h.mu)
	return h
}

func (h *halfLink) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.data) == 0 && h.finished == nil && !h.expired {
		h.changed.Wait()
	}
	switch {
	case h.expired:
		return 0, os.ErrDeadlineExceeded
	case len(h.data) > 0:
		n := copy(p, h.data)
		h.data = h.data[n:]
		return n, nil
	}
	return 0, h.finished
}

func (h *halfLink) write(p []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.finished != nil {
		return syscall.EPIPE
	}
	h.data = append(h.data, p...)
	h.changed.Broadcast()
	return nil
}

func (h *halfLink) finish(how error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.finished == nil || how == syscall.ECONNRESET && h.finished == io.EOF {
		h.finished = how
	}
	h.changed.Broadcast()
}

func (h *halfLink) setDeadline(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
	h.expired = !at.IsZero() && !at.After(time.Now())
	if !at.IsZero() && !h.expired {
		h.timer = time.AfterFunc(time.Until(at), func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.expired = true
			h.changed.Broadcast()
		})
	}
	h.changed.Broadcast()
}

// tamper sees what an end writes, one call a write, and gives what is to arrive of it.
type tamper func(written []byte) [][]byte

// memoryConn is a connection in memory whose writes an attacker may see first.
type memoryConn struct {
	in, out *halfLink
	tamper  tamper
	info    *network.Info // what the system would know of it; nil where it knows nothing
	mu      sync.Mutex
	linger  int
	closed  bool
}

// newMemoryPair connects two ends. Either tamper may be nil.
func newMemoryPair(fromFirst, fromSecond tamper) (first, second *memoryConn) {
	a, b := newHalfLink(), newHalfLink()
	return &memoryConn{in: b, out: a, tamper: fromFirst, linger: -1}, &memoryConn{in: a, out: b, tamper: fromSecond, linger: -1}
}

func (c *memoryConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return c.in.read(p)
}

func (c *memoryConn) Write(p []byte) (int, error) {
	parts := [][]byte{p}
	c.mu.Lock()
	tamper := c.tamper
	c.mu.Unlock()
	if tamper != nil {
		parts = tamper(append([]byte(nil), p...))
	}
	for _, part := range parts {
		if err := c.out.write(part); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// setTamper puts another attacker onto the connection.
func (c *memoryConn) setTamper(to tamper) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tamper = to
}

// Info is what network.ReadInfo asks for.
func (c *memoryConn) Info() (network.Info, bool) {
	if c.info == nil {
		return network.Info{}, false
	}
	return *c.info, true
}

func (c *memoryConn) SetLinger(seconds int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.linger = seconds
	return nil
}

func (c *memoryConn) CloseWrite() error {
	c.out.finish(io.EOF)
	return nil
}

func (c *memoryConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	how := error(io.EOF)
	if c.linger == 0 {
		how = syscall.ECONNRESET
	}
	c.out.finish(how)
	c.in.finish(net.ErrClosed)
	c.in.setDeadline(time.Time{})
	return nil
}

func (c *memoryConn) LocalAddr() net.Addr                { return &net.UnixAddr{Name: "memory"} }
func (c *memoryConn) RemoteAddr() net.Addr               { return &net.UnixAddr{Name: "memory"} }
func (c *memoryConn) SetDeadline(at time.Time) error     { c.in.setDeadline(at); return nil }
func (c *memoryConn) SetReadDeadline(at time.Time) error { c.in.setDeadline(at); return nil }
func (c *memoryConn) SetWriteDeadline(time.Time) error   { return nil }

// flow is one attempt to carry a flow between source and target in memory, and what came of it.
type flow struct {
	p                    *pair
	toTarget, toSource   [][]byte // what each side sends, one record each
	fromSource, fromDest tamper
	joins                bool            // opens in whichever way the session is at; else by a handshake
	ctx                  context.Context // of the source; nil for one that does not end
	link                 *keptLink       // connections are kept; nil where each flow has one of its own

	dialled   error   // what Dial gave
	refused   error   // what the server said
	delivered *Open   // the Incoming
	atTarget  outcome // what the target read
	atSource  outcome
}

// outcome is what one end read until an error.
type outcome struct {
	data []byte
	err  error
}

// run carries the flow to its end, whatever that is. It runs inside a synctest bubble, where waiting takes no time.
func (f *flow) run(t testing.TB, number uint64) {
	if f.link != nil {
		f.link.run(t, f, number)
		return
	}
	f.carry(t, number, newMemoryPair)
}

// runCutting is run with an attacker on the target's side who has the connection at hand.
func (f *flow) runCutting(t testing.TB, number uint64, fromTarget func(conn *memoryConn, written []byte) [][]byte) {
	f.carry(t, number, func(fromSource, _ tamper) (first, second *memoryConn) {
		first, second = newMemoryPair(fromSource, func(written []byte) [][]byte { return fromTarget(second, written) })
		return first, second
	})
}

func (f *flow) carry(t testing.TB, number uint64, connect func(fromSource, fromTarget tamper) (first, second *memoryConn)) {
	first, second := connect(f.fromSource, f.fromDest)
	server := Server{
		Lookup:  f.p.lookup,
		Refused: func(_ net.Addr, why error) { f.refused = why },
		Handle:  func(_ context.Context, in *Incoming) { f.handle(in) },
	}
	var serving sync.WaitGroup
	serving.Go(func() { server.serve(context.Background(), second, admission.New(admission.DefaultBounds())) })
	open := Dial
	if f.joins {
		open = Connect
	}
	ctx := f.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	c, err := open(ctx, first, f.p.source, openOf(number))
	if f.dialled = err; err == nil {
		f.atSource = exchange(c, f.toTarget)
	}
	serving.Wait()
}

// handle is the target's part.
func (f *flow) handle(in *Incoming) {
	open := in.Open()
	open.Keep = false // what openOf asks for says nothing of it
	f.delivered = &open
	c, err := in.Accept()
	if err != nil {
		f.atTarget.err = err
		return
	}
	f.atTarget = exchange(c, f.toSource)
}

// exchange sends records and the end, and reads until an error.
func exchange(c *Conn, send [][]byte) outcome {
	var sending sync.WaitGroup
	sending.Go(func() {
		for _, record := range send {
			if _, err := c.Write(record); err != nil {
				return
			}
		}
		_ = c.CloseWrite()
	})
	data, err := readAll(c)
	if err != io.EOF {
		c.Reset() // as the pump does
	}
	sending.Wait()
	_ = c.Close()
	return outcome{data, err}
}

// readAll reads until an error, which it gives with what was read before.
func readAll(c *Conn) (data []byte, err error) {
	into := make([]byte, 512)
	for {
		n, err := c.Read(into)
		data = append(data, into[:n]...)
		if err != nil {
			return data, err
		}
	}
}
