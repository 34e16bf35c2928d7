//go:build linux

package hosts

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"lockwire/engine"
	sockets "lockwire/engine/network"
)

// One side ends its direction in order and is lost afterwards, while the other side is silent: nobody sends anything that could
// fail. The other side is reset all the same.
func TestALossAfterAnEndReachesTheOtherSide(t *testing.T) {
	t.Parallel()
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			unused := ""
			if mode == engine.Sealed {
				unused = "203.0.113.7"
			}
			n := newNetwork(t, v4, unused)
			i := newInstallation(t, n)
			server := newBackend(t, n, 9001)
			i.addRoute("vault", 8001, 9001)
			for _, c := range []struct {
				name string
				// ends gives the side that ends and is lost, and the one that stays.
				ends func(flow) (ending, staying *net.TCPConn)
				lose func(*net.TCPConn)
			}{
				{"the tool is killed", func(f flow) (*net.TCPConn, *net.TCPConn) { return f.tool, f.backend }, closeHard},
				{"the backend is killed", func(f flow) (*net.TCPConn, *net.TCPConn) { return f.backend, f.tool }, closeHard},
				{"the target's agent is killed", func(f flow) (*net.TCPConn, *net.TCPConn) { return f.backend, f.tool }, func(*net.TCPConn) { i.target.kill() }},
			} {
				f := server.open(t, n, 8001)
				if session := i.oneSession("vault"); session.Decision.Mode != mode {
					t.Fatalf("the session is %s", session.Decision.Mode)
				}
				ending, staying := c.ends(f)
				if err := ending.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				staying.SetReadDeadline(time.Now().Add(ioWithin))
				if rest, err := io.ReadAll(staying); err != nil || len(rest) > 0 {
					t.Fatalf("%d bytes, %v", len(rest), err)
				}
				c.lose(ending)
				eventually(t, ioWithin, c.name+": the other side is reset", func() error {
					if info, ok := sockets.ReadInfo(staying); !ok || !info.Closed {
						return errors.New("its connection stands")
					}
					return nil
				})
			}
		})
	}
}

// closeHard ends a connection as the kernel ends that of a program that is killed with bytes unread.
func closeHard(conn *net.TCPConn) {
	conn.SetLinger(0)
	conn.Close()
}
