package component

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// A receiver that does not read, or no longer, holds its sender back soon: what lies between them is bounded.
func TestReceiverThatDoesNotReadLetsLittlePileUp(t *testing.T) {
	for _, test := range []struct {
		name    string
		mode    engine.Mode
		before  int64 // bytes that are read before reading stops
		restore bool  // from the backend to the tool
		streams uint32
		most    int64 // bytes that may pile up
	}{
		{"from the beginning, sealed", engine.Sealed, 0, false, 0, 8_000_000},
		{"from the beginning, plain", engine.Plain, 0, false, 0, 8_000_000},
		{"after a while, sealed", engine.Sealed, 64 << 20, false, 0, 8_000_000},
		{"after a while, plain", engine.Plain, 64 << 20, false, 0, 8_000_000},
		{"a restore, after a while, sealed", engine.Sealed, 64 << 20, true, 0, 8_000_000},
		{"from the beginning, several streams", engine.Sealed, 0, false, 5, 8_000_000},
		{"after a while, several streams", engine.Sealed, 64 << 20, false, 5, 8_000_000},
		{"a restore, after a while, several streams", engine.Sealed, 64 << 20, true, 5, 8_000_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			const small = 64 << 10 // the system's own buffers of tool and backend are not what is looked at
			written, stopped, over := make(chan int64, 1), make(chan struct{}), make(chan struct{})
			send := func(conn *net.TCPConn) {
				_ = conn.SetWriteBuffer(small)
				written <- writeUntilStuck(conn, test.before+small, stopped)
				<-over
			}
			receive := func(conn *net.TCPConn) {
				_ = conn.SetReadBuffer(small)
				if test.before > 0 {
					if _, err := io.CopyN(io.Discard, conn, test.before); err != nil {
						t.Errorf("receive: %v", err)
					}
				}
				close(stopped)
				<-over
			}
			atBackend, atTool := receive, send
			if test.restore {
				atBackend, atTool = send, receive
			}
			p, folder := newPairBefore(t, atBackend, test.mode, func(r *testRoute) {
				r.change = func(o *wire.Offer) { o.Streams = test.streams }
			})
			defer close(over)
			p.runSource(t, folder)
			tool := p.dial(t)
			go atTool(tool)
			select {
			case n := <-written:
				if piled := n - test.before; piled > test.most {
					t.Errorf("%d bytes were taken from the sender that its receiver did not read", piled)
				} else if piled < small {
					t.Errorf("only %d bytes are on their way", piled)
				}
			case <-time.After(patience):
				t.Fatal("the sender was not held back")
			}
		})
	}
}

// writeUntilStuck writes until nothing was taken for two seconds, and gives how many bytes were. While the receiver still reads, or fewer
// are on their way than must be, the machine is busy with other things.
func writeUntilStuck(conn *net.TCPConn, least int64, stopped <-chan struct{}) (total int64) {
	chunk := make([]byte, 64<<10)
	for {
		_ = conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
		n, err := conn.Write(chunk)
		total += int64(n)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) { // the end of the test
			return total
		}
		select {
		case <-stopped:
			if err != nil && total >= least {
				return total
			}
		default:
		}
	}
}
