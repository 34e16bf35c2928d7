package tunnel

import (
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"lockwire/engine"
)

// A tenant with 30 sessions and one with a single one each get half of a busy gateway, and the 30 share theirs equally.
func TestTenantsShareABusyGatewayEqually(t *testing.T) {
	// Each session gets some turns of up to 64 KiB, so that one more or less makes no difference.
	const sessions, line, before, total = 30, 4_000_000, 2_000_000, 16_000_000
	for name, restores := range map[string]bool{"backups": false, "restores": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.gateway.SetLine(line)
			var carried [sessions + 1]atomic.Int64 // the last one is the other tenant's
			var sum atomic.Int64
			full := make(chan struct{})
			count := func(of *atomic.Int64, from io.Reader) {
				p := make([]byte, 32<<10)
				for {
					n, err := from.Read(p)
					if err != nil {
						return
					}
					switch now := sum.Add(int64(n)); {
					case now < before: // they begin one after the other
					case now < before+total:
						of.Add(int64(n))
					case now-int64(n) < before+total:
						close(full)
					}
				}
			}
			fill := func(to io.Writer) {
				for block := make([]byte, 64<<10); ; {
					if _, err := to.Write(block); err != nil {
						return
					}
				}
			}
			direct := func() (*Dialer, *tls.Certificate) { // past the tap, which would hold much
				certificate := componentOf(t, s.authority)
				return newDialer(t, s.clientTLS(certificate), s.address), certificate
			}
			busy, busyKey := direct()
			single, singleKey := direct()
			type pair struct {
				tenant *Conn
				target *net.TCPConn
			}
			var pairs []pair
			for i := range carried {
				dialer, key, to := busy, busyKey, Session(engine.NewID())
				if i == sessions {
					dialer, key = single, singleKey
				}
				s.allow(key, to)
				conn, target := s.connect(dialer, to)
				if i < sessions {
					for _, tcp := range []*net.TCPConn{conn.NetConn().(*net.TCPConn), target} { // to fill all their buffers costs time
						if err := tcp.SetWriteBuffer(32 << 10); err != nil {
							t.Fatal(err)
						}
					}
				}
				pairs = append(pairs, pair{conn, target})
			}
			for i, p := range pairs {
				if restores {
					go fill(p.target)
					go count(&carried[i], p.tenant)
				} else {
					go fill(p.tenant)
					go count(&carried[i], p.target)
				}
			}
			<-full
			if got := carried[sessions].Load(); got < total*40/100 || got > total*60/100 {
				t.Errorf("the tenant with one session got %d of %d bytes", got, total)
			}
			for i := range sessions {
				if got := carried[i].Load(); got < total/4/sessions || got > total/sessions {
					t.Errorf("session %d of %d got %d bytes of %d", i, sessions, got, total)
				}
			}
		})
	}
}
