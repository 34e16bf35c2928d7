//go:build linux

package hosts

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// backend is a server on the target that the tests themselves are.
type backend struct {
	accepted chan *net.TCPConn
}

// ioWithin bounds every read and write of a test's own connections.
const ioWithin = time.Minute

func newBackend(t *testing.T, n *network, port int) *backend {
	t.Helper()
	listener := n.target.listen(t, loopback(port))
	b := &backend{accepted: make(chan *net.TCPConn, 64)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			b.accepted <- conn.(*net.TCPConn)
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
		for {
			select {
			case conn := <-b.accepted:
				conn.Close()
			default:
				return
			}
		}
	})
	return b
}

// flow is a connection of a tool, and where it comes out at the backend.
type flow struct{ tool, backend *net.TCPConn }

// open connects from the source to a route and moves a word both ways.
func (b *backend) open(t *testing.T, n *network, listen int) flow {
	t.Helper()
	tool, err := n.source.dial(loopback(listen), ioWithin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tool.Close() })
	f := flow{tool: tool}
	if err := send(tool, "from the tool"); err != nil {
		t.Fatal(err)
	}
	timer := time.NewTimer(ioWithin)
	defer timer.Stop()
	select {
	case f.backend = <-b.accepted:
	case <-timer.C:
		tool.SetReadDeadline(time.Now().Add(time.Second))
		_, err := tool.Read(make([]byte, 1))
		t.Fatalf("the backend was not dialled; the tool sees: %v", err)
	}
	t.Cleanup(func() { f.backend.Close() })
	if err := receive(f.backend, "from the tool"); err != nil {
		t.Fatal(err)
	}
	if err := f.exchange("hello"); err != nil {
		t.Fatal(err)
	}
	return f
}

// exchange moves a word both ways.
func (f flow) exchange(word string) error {
	for _, way := range []struct {
		name     string
		from, to *net.TCPConn
	}{{"to the backend", f.tool, f.backend}, {"to the tool", f.backend, f.tool}} {
		if err := errors.Join(send(way.from, word), receive(way.to, word)); err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
	}
	return nil
}

// finish ends the flow in order: each side sees the other's end.
func (f flow) finish() error {
	for _, way := range []struct{ from, to *net.TCPConn }{{f.tool, f.backend}, {f.backend, f.tool}} {
		if err := way.from.CloseWrite(); err != nil {
			return err
		}
		way.to.SetReadDeadline(time.Now().Add(ioWithin))
		if rest, err := io.ReadAll(way.to); err != nil || len(rest) > 0 {
			return fmt.Errorf("%d bytes more, then %v", len(rest), err)
		}
	}
	return errors.Join(f.tool.Close(), f.backend.Close())
}

func send(conn *net.TCPConn, word string) error {
	conn.SetWriteDeadline(time.Now().Add(ioWithin))
	_, err := conn.Write([]byte(word))
	return err
}

func receive(conn *net.TCPConn, word string) error {
	conn.SetReadDeadline(time.Now().Add(ioWithin))
	got := make([]byte, len(word))
	if _, err := io.ReadFull(conn, got); err != nil {
		return err
	}
	if string(got) != word {
		return fmt.Errorf("got %q, not %q", got, word)
	}
	return nil
}

// expectReset reads until the connection ends, which must be a reset: an end in order would make a broken backup look whole.
func expectReset(t *testing.T, who string, conn *net.TCPConn) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(ioWithin))
	switch rest, err := io.Copy(io.Discard, conn); {
	case err == nil:
		t.Errorf("%s sees a clean end, after %d bytes", who, rest)
	case !errors.Is(err, syscall.ECONNRESET):
		t.Errorf("%s sees no reset but: %v", who, err)
	}
}

// expectRefused connects to a route, sends plaintext, and expects a reset and not one byte in return.
func expectRefused(t *testing.T, n *network, listen int, plaintext []byte) {
	t.Helper()
	tool, err := n.source.dial(loopback(listen), ioWithin)
	if err != nil {
		if !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the tool sees no refusal but: %v", err)
		}
		return
	}
	defer tool.Close()
	tool.SetDeadline(time.Now().Add(refusedWithin))
	if _, err := tool.Write(plaintext); err != nil && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("the tool sees no reset but: %v", err)
		return
	} else if err != nil {
		return
	}
	rest, err := io.Copy(io.Discard, tool)
	if err == nil || errors.Is(err, net.ErrClosed) || isTimeout(err) || rest > 0 {
		t.Errorf("the tool sees no error but %d bytes and %v", rest, err)
	}
}

// refusedWithin covers every bound that a connection passes until it is refused.
const refusedWithin = 60 * time.Second

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
