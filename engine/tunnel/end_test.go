package tunnel

import (
	"net"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/network"
)

func TestAHalfCloseIsCarriedBothWays(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session)

	near, far := s.connect(d, session)
	send(t, near, "question")
	if err := near.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	receive(t, far, "question")
	receiveEnd(t, far)
	send(t, far, strings.Repeat("answer", 50_000))
	far.Close()
	receive(t, near, strings.Repeat("answer", 50_000))
	receiveEnd(t, near)

	near, far = s.connect(d, session)
	if err := far.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	receiveEnd(t, near)
	send(t, near, strings.Repeat("upload", 50_000))
	receive(t, far, strings.Repeat("upload", 50_000))
	near.Close()
	receiveEnd(t, far)
}

// crypto/tls alone takes a TCP connection that ends between two records for an end in order.
func TestAKilledEndIsNoEndInOrder(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session)
	for name, kill := range map[string]func(near *Conn, far *net.TCPConn){
		"the tenant's process dies, and its system sends FIN": func(near *Conn, _ *net.TCPConn) { near.NetConn().Close() },
		"the tenant resets": func(near *Conn, _ *net.TCPConn) {
			network.SetReset(near)
			near.Close()
		},
		"the target resets": func(_ *Conn, far *net.TCPConn) {
			network.SetReset(far)
			far.Close()
		},
		"the gateway is cut": func(*Conn, *net.TCPConn) { s.gateway.CutSession(session.Session) },
		"the tenant dies after its half-close": func(near *Conn, far *net.TCPConn) {
			if err := near.CloseWrite(); err != nil {
				t.Error(err)
			}
			receiveEnd(t, far)
			near.NetConn().Close()
		},
	} {
		near, far := s.connect(d, session)
		send(t, near, "half")
		receive(t, far, "half")
		send(t, far, "half")
		receive(t, near, "half")
		kill(near, far)
		if name != "the target resets" {
			if name == "the tenant dies after its half-close" {
				eventually(t, name, func() bool { _, err := far.Write([]byte("x")); return err != nil })
			} else {
				breaks(t, name+": the target", far)
			}
		}
		if name == "the target resets" || name == "the gateway is cut" {
			breaks(t, name+": the tenant", near)
		}
	}
}
