package route

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
)

func TestConnectionMayComeThroughSomeSessions(t *testing.T) {
	own := engine.NewID()
	seven := make([]engine.ID, 7)
	for name, test := range map[string]struct {
		via  []engine.ID
		want string
	}{
		"none":          {nil, ""},
		"seven others":  {seven, ""},
		"eight others":  {append(seven, engine.NewID()), "through 8 sessions"},
		"the same one":  {[]engine.ID{own}, "leads back to itself"},
		"it and others": {[]engine.ID{engine.NewID(), own, engine.NewID()}, "leads back to itself"},
	} {
		err := checkVia(test.via, own)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The listener accepts before the dial returns: it waits for it, and for no other.
func TestConnectionIsKnownBeforeItsDialReturns(t *testing.T) {
	d := NewDials()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	id := engine.NewID()
	goOn, accepted := make(chan struct{}), make(chan net.Conn, 1)
	go func() {
		conn, _ := listener.Accept()
		accepted <- conn
		close(goOn)
	}()
	found := make(chan []engine.ID, 1)
	go func() { found <- d.via(t.Context(), <-accepted) }()
	dialled, err := d.dial(t.Context(), heldNetwork{&machine.SystemNetwork{}, goOn}, netip.MustParseAddrPort(listener.Addr().String()), []engine.ID{id})
	if err != nil {
		t.Fatal(err)
	}
	if via := <-found; len(via) != 1 || via[0] != id {
		t.Errorf("it came through %v", via)
	}
	dialled.end.Reset()
	dialled.forget()
	if len(d.open)+len(d.underway) != 0 {
		t.Errorf("%d and %d are left", len(d.open), len(d.underway))
	}
}

// Of the addresses of a backend one wins; nothing is known of any once its connection is over.
func TestConnectionsToBackendsAreForgotten(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	backends, err := machine.NewBackendList([]string{"127.0.0.0/8:1-65535"})
	if err != nil {
		t.Fatal(err)
	}
	network := twoAddresses{&machine.SystemNetwork{}}
	host := &live.Host{Clock: machine.SystemClock{}, Network: network}
	flows := NewFlows(Config{Host: host, Backends: func() machine.BackendList { return backends }}, NewDials())
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	session := &live.Session{Offer: &live.Offer{Backend: "backend.example:" + port}}
	flow := &Flow{Flow: &live.Flow{Session: session, Context: t.Context()}, flows: flows}
	backend, err := flows.dialBackend(flow, []engine.ID{engine.NewID()})
	if err != nil {
		t.Fatal(err)
	}
	if d := flows.dials; len(d.open) != 1 || len(d.underway) != 0 {
		t.Errorf("%d are open and %d under way beside the one that won", len(d.open), len(d.underway))
	}
	backend.end.Reset()
	backend.forget()
	if left := len(flows.dials.open); left != 0 {
		t.Errorf("%d are left", left)
	}
}

// twoAddresses resolves every name to an address at which nothing listens and to one at which something may.
type twoAddresses struct{ *machine.SystemNetwork }

func (twoAddresses) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.99.99.99"), netip.MustParseAddr("127.0.0.1")}, nil
}

// heldNetwork lets a dial return only once the test goes on.
type heldNetwork struct {
	*machine.SystemNetwork
	goOn <-chan struct{}
}

func (n heldNetwork) Dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := n.SystemNetwork.Dial(ctx, address)
	<-n.goOn
	return conn, err
}
