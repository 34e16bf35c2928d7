package component

import (
	"net"
	"testing"

	"lockwire/engine"
	"lockwire/engine/enginetest/loopback"
	"lockwire/engine/wire"
)

// ask has the target probe an endpoint.
func askProbe(t *testing.T, p *pair, endpoint string, connect bool) *wire.ProbeResult {
	t.Helper()
	p.b.member(p.target.id).send(&wire.Down{Message: &wire.Down_Probe{Probe: &wire.Probe{Probe: 3, Endpoint: endpoint, Connect: connect}}})
	result := await[*wire.ProbeResult](t, p.b, nil)
	if result.GetProbe() != 3 {
		t.Errorf("the answer is to another probe: %v", result)
	}
	return result
}

func TestAProbeThatConnectsSaysWhetherAnythingAnswers(t *testing.T) {
	p := newPair(t, engine.Sealed)
	closed := loopback.Address(t)
	for endpoint, want := range map[string]bool{p.backend.Addr().String(): true, closed: false} {
		if result := askProbe(t, p, endpoint, true); !result.GetTried() || result.GetAnswered() != want || (result.GetProblem() == "") != want {
			t.Errorf("%s: %v", endpoint, result)
		}
	}
}

// A receiver that takes a single connection, as mbuffer does, is still there for the tool after it was looked at.
func TestALookAtABackendUsesUpNoConnection(t *testing.T) {
	p := newPair(t, engine.Sealed)
	receiver, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer receiver.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		if conn, err := receiver.Accept(); err == nil {
			receiver.Close() // it takes one
			accepted <- conn
		}
	}()
	endpoint := receiver.Addr().String()
	for range 3 {
		if result := askProbe(t, p, endpoint, false); !result.GetTried() || !result.GetAnswered() || len(result.GetBound()) != 1 || result.GetBound()[0] != endpoint {
			t.Fatalf("%v", result)
		}
	}
	tool, err := net.Dial("tcp", endpoint)
	if err != nil {
		t.Fatalf("nothing is left for the tool: %v", err)
	}
	defer tool.Close()
	conn := <-accepted
	defer conn.Close()
	if conn.RemoteAddr().String() != tool.LocalAddr().String() {
		t.Errorf("the connection was of %s, not of the tool", conn.RemoteAddr())
	}
	if result := askProbe(t, p, endpoint, false); !result.GetTried() || result.GetAnswered() || result.GetProblem() == "" {
		t.Errorf("of a receiver that is used up: %v", result)
	}
}
