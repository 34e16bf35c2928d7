package enginetest

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// Tap stands in front of an address and keeps what passes, as whoever listens on the network could.
type Tap struct {
	listener net.Listener
	mu       sync.Mutex
	passed   [][]byte // of each direction of each connection
}

// NewTap leads connections to an address. It is stopped when the test ends.
func NewTap(t testing.TB, to string) *Tap {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tap := &Tap{listener: listener}
	var running sync.WaitGroup
	over := make(chan struct{})
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { tap.carry(conn.(*net.TCPConn), to, over) })
		}
	})
	t.Cleanup(func() {
		close(over)
		listener.Close()
		running.Wait()
	})
	return tap
}

// Address is where it listens.
func (p *Tap) Address() string { return p.listener.Addr().String() }

// carry copies both directions. An end in order and a reset pass as what they are.
func (p *Tap) carry(from *net.TCPConn, address string, over <-chan struct{}) {
	dialled, err := net.Dial("tcp", address)
	if err != nil {
		from.SetLinger(0)
		from.Close()
		return
	}
	to := dialled.(*net.TCPConn)
	reset := sync.OnceFunc(func() {
		for _, conn := range []*net.TCPConn{from, to} {
			conn.SetLinger(0)
			conn.Close()
		}
	})
	done := make(chan struct{})
	var copying sync.WaitGroup
	for _, way := range [][2]*net.TCPConn{{from, to}, {to, from}} {
		copying.Go(func() {
			if _, err := io.Copy(way[1], io.TeeReader(way[0], p.keep())); err != nil {
				reset()
				return
			}
			way[1].CloseWrite()
		})
	}
	go func() { copying.Wait(); close(done) }()
	select {
	case <-done:
	case <-over:
		reset()
		<-done
	}
	from.Close()
	to.Close()
}

// keep begins a direction.
func (p *Tap) keep() io.Writer {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.passed = append(p.passed, nil)
	return &tapped{p, len(p.passed) - 1}
}

type tapped struct {
	tap *Tap
	at  int
}

func (w *tapped) Write(b []byte) (int, error) {
	w.tap.mu.Lock()
	defer w.tap.mu.Unlock()
	w.tap.passed[w.at] = append(w.tap.passed[w.at], b...)
	return len(b), nil
}

// Passed tells how many bytes have passed, and whether some text is among them.
func (p *Tap) Passed(text string) (count int, found bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.passed {
		count += len(one)
		found = found || bytes.Contains(one, []byte(text))
	}
	return count, found
}

// mustBeTLS checks that each byte that passed lies in a TLS record, from the first one on; the last record of a connection that was cut may
// not be whole.
func (p *Tap) mustBeTLS(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	const header, most = 5, 1<<14 + 256
	for at, rest := range p.passed {
		for first := true; len(rest) >= header; first = false {
			kind, length := rest[0], int(rest[3])<<8|int(rest[4])
			if kind < 20 || kind > 23 || first && kind != 22 || rest[1] != 3 || length > most {
				t.Errorf("direction %d has something else than TLS: % x", at, rest[:header])
				break
			}
			rest = rest[min(header+length, len(rest)):]
		}
	}
}
