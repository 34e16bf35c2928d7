package component

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/component/componenttest"
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
	closed := freeAddress(t)
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

func TestALookSaysWhatListensAndWhatItDoesNotKnow(t *testing.T) {
	system := &componenttest.System{Addresses: componenttest.Addresses("10.0.0.3", "2001:db8::3")}
	a := &attachment{c: &Component{config: Config{System: system}}}
	sockets := func(texts ...string) (all []netip.AddrPort) {
		for _, text := range texts {
			all = append(all, netip.MustParseAddrPort(text))
		}
		return all
	}
	for _, c := range []struct {
		endpoint        string
		listening       []netip.AddrPort
		fails           error
		tried, answered bool
		problem         string
	}{
		{"127.0.0.1:80", sockets("127.0.0.1:80"), nil, true, true, ""},
		{"127.0.0.1:80", sockets("0.0.0.0:80"), nil, true, true, ""},
		{"127.0.0.1:80", sockets("[::]:80"), nil, true, true, ""},
		{"127.0.0.1:80", sockets("10.0.0.3:80", "[::1]:80"), nil, true, false, "no program on this machine listens on 127.0.0.1:80"},
		{"127.0.0.1:80", nil, nil, true, false, "no program"},
		{"localhost:80", sockets("[::1]:80"), nil, true, true, ""},
		{"[::1]:80", sockets("0.0.0.0:80"), nil, true, false, "no program"},
		{"[2001:db8::3]:80", sockets("[::]:80"), nil, true, true, ""},
		{"10.0.0.3:80", sockets("10.0.0.3:80"), nil, true, true, ""},
		{"10.9.9.9:80", sockets("0.0.0.0:80"), nil, false, false, "not on this machine"},
		{"nas.example:80", sockets("0.0.0.0:80"), nil, false, false, "was not looked up"},
		{"127.0.0.1:80", nil, errors.New("no rights"), false, false, "not known: no rights"},
		{"127.0.0.1:80", make([]netip.AddrPort, maximumBound+1), nil, false, false, "more than"},
		{"127.0.0.1:99999", nil, nil, false, false, "no port"},
		{"nothing", nil, nil, false, false, "missing port"},
	} {
		system.Sockets, system.Fails = c.listening, c.fails
		result, err := a.lookUp(c.endpoint)
		problem := ""
		if err != nil {
			problem = err.Error()
		}
		if result.GetTried() != c.tried || result.GetAnswered() != c.answered || (problem == "") != c.answered || !strings.Contains(problem, c.problem) {
			t.Errorf("%s with %v: %v, %q", c.endpoint, c.listening, result, problem)
		}
	}
}
