package pump

import (
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
)

// stream is one direction of an in-memory connection that holds a bounded number of bytes.
type stream struct {
	mu      sync.Mutex
	changed *sync.Cond
	bytes   []byte
	bound   int
	failure error // what the reader gets once the bytes are read: io.EOF after an orderly end
	broken  bool  // bytes are lost, both sides fail at once
}

func newStream(bound int) *stream {
	s := &stream{bound: bound}
	s.changed = sync.NewCond(&s.mu)
	return s
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.bytes) == 0 && s.failure == nil {
		s.changed.Wait()
	}
	if s.broken || len(s.bytes) == 0 {
		return 0, s.failure
	}
	n := copy(p, s.bytes)
	s.bytes = s.bytes[n:]
	s.changed.Broadcast()
	return n, nil
}

func (s *stream) write(p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(p) > 0 {
		for len(s.bytes) == s.bound && s.failure == nil {
			s.changed.Wait()
		}
		if s.failure != nil {
			return fmt.Errorf("write after the end: %w", s.failure)
		}
		n := min(len(p), s.bound-len(s.bytes))
		s.bytes = append(s.bytes, p[:n]...)
		p = p[n:]
		s.changed.Broadcast()
	}
	return nil
}

func (s *stream) fail(err error, lose bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure == nil || lose && !s.broken {
		s.failure, s.broken = err, lose
	}
	s.changed.Broadcast()
}

// memory is one side of an in-memory connection; it is an End without the optional methods.
type memory struct {
	in, out *stream
	buffer  []byte
}

// memoryPair connects two ends whose directions hold bound bytes each and that lend buffers of size bytes.
func memoryPair(bound, size int) (near, far *memory) {
	a, b := newStream(bound), newStream(bound)
	return &memory{in: a, out: b, buffer: make([]byte, size)}, &memory{in: b, out: a, buffer: make([]byte, size)}
}

func (m *memory) Read(p []byte) (int, error)  { return m.in.read(p) }
func (m *memory) Buffer() []byte              { return m.buffer }
func (m *memory) Commit(n int) error          { return m.out.write(m.buffer[:n]) }
func (m *memory) Write(p []byte) (int, error) { return len(p), m.out.write(p) }
func (m *memory) CloseWrite() error           { m.out.fail(io.EOF, false); return nil }
func (m *memory) Close() error                { return nil }
func (m *memory) Reset() {
	m.in.fail(syscall.ECONNRESET, true)
	m.out.fail(syscall.ECONNRESET, true)
}

// cut stops the connection as a peer does that vanishes without an end.
func (m *memory) cut() { m.out.fail(io.ErrUnexpectedEOF, false) }

// peer is what sits at the other side of an end: a program of the test.
type peer interface {
	io.ReadWriter
	CloseWrite() error
}

// tcpPair connects two TCP sockets on loopback.
func tcpPair(t testing.TB) (dialled, accepted *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); other.Close() })
	return conn.(*net.TCPConn), other.(*net.TCPConn)
}

// tcpEnd returns an end and the program at its other side.
func tcpEnd(t testing.TB) (*TCP, *net.TCPConn) {
	t.Helper()
	dialled, accepted := tcpPair(t)
	end, err := NewTCP(accepted)
	if err != nil {
		t.Fatal(err)
	}
	return end, dialled
}

// reset breaks a peer's connection with a RST.
func reset(t testing.TB, p peer) {
	t.Helper()
	switch p := p.(type) {
	case *net.TCPConn:
		if err := p.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		p.Close()
	case *memory:
		p.Reset()
	}
}

// kinds are the combinations of ends that a flow may have.
var kinds = []struct {
	name          string
	local, remote func(testing.TB) (End, peer)
}{
	{"memory to memory", memoryKind(4096, 1024), memoryKind(5000, 999)},
	{"TCP to memory", tcpKind, memoryKind(1<<20, 1<<19)},
	{"memory to TCP", memoryKind(1<<20, 1<<19), tcpKind},
	{"TCP to TCP", tcpKind, tcpKind},
}

func memoryKind(bound, size int) func(testing.TB) (End, peer) {
	return func(testing.TB) (End, peer) {
		end, other := memoryPair(bound, size)
		return end, other
	}
}

func tcpKind(t testing.TB) (End, peer) {
	end, other := tcpEnd(t)
	return end, other
}
