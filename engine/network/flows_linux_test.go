package network

import (
	"errors"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestConnectionsOfFlowsHaveTheirOptionsFromTheirFirstMoment(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		listener, err := Listen(t.Context(), address)
		if errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.EAFNOSUPPORT) {
			continue // this machine has no IPv6
		}
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		dialled, err := Dial(t.Context(), listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer dialled.Close()
		accepted, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer accepted.Close()
		if option(t, dialled, unix.SOL_SOCKET, unix.SO_KEEPALIVE) != 0 {
			t.Errorf("%s: the dialled connection is probed before it lasts", address)
		}
		KeepAlive(dialled)
		for name, conn := range map[string]net.Conn{"dialled": dialled, "accepted": accepted} {
			if !resetsOnClose(t, conn) {
				t.Errorf("%s: the %s connection lacks SO_LINGER 0", address, name)
			}
			for words, of := range map[string]struct{ level, name, want int }{
				"SO_KEEPALIVE":  {unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
				"TCP_KEEPIDLE":  {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(keepAliveIdle / time.Second)},
				"TCP_KEEPINTVL": {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(keepAliveInterval / time.Second)},
				"TCP_KEEPCNT":   {unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepAliveCount},
				"TCP_NODELAY":   {unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
			} {
				if got := option(t, conn, of.level, of.name); got != of.want {
					t.Errorf("%s: %s of the %s connection is %d, want %d", address, words, name, got, of.want)
				}
			}
		}
	}
}

func resetsOnClose(t *testing.T, conn net.Conn) (yes bool) {
	t.Helper()
	if err := RawConn(conn).Control(func(fd uintptr) {
		linger, err := unix.GetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER)
		yes = err == nil && linger.Onoff == 1 && linger.Linger == 0
	}); err != nil {
		t.Fatal(err)
	}
	return yes
}

func TestDialToThisMachineFailsAsElsewhere(t *testing.T) {
	if conn, err := Dial(t.Context(), "127.0.0.1:1"); !errors.Is(err, ConnectionRefused) {
		t.Errorf("where nobody listens: %v, %v", conn, err)
	}
}
