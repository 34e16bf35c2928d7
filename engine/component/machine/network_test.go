package machine

import (
	"io"
	"net"
	"testing"

	"lockwire/engine/enginetest/connectproxy"
	"lockwire/engine/network"
)

func TestTheBrokerIsReachedThroughTheProxyAndFlowsAreNot(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1)) // as in TLS, the client speaks first
			_, _ = io.WriteString(conn, "broker")
			conn.Close()
		}
	}()
	p := connectproxy.Start(t, &connectproxy.Proxy{To: listener.Addr().String()})
	by, err := network.ParseProxy("http://"+p.Address, "")
	if err != nil {
		t.Fatal(err)
	}
	n := &SystemNetwork{Proxy: by}
	for name, dial := range map[string]func() (net.Conn, error){
		"the broker": func() (net.Conn, error) { return n.DialBroker(t.Context(), "broker.example:6170") },
		"a flow":     func() (net.Conn, error) { return n.Dial(t.Context(), listener.Addr().String()) },
	} {
		conn, err := dial()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := conn.Write([]byte{1}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := io.ReadAll(conn); err != nil || string(got) != "broker" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		conn.Close()
	}
	if got := p.Asked(); len(got) != 1 || got[0] != "CONNECT broker.example:6170" {
		t.Errorf("it was asked %q", got)
	}
}
