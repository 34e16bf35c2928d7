package routetest

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"lockwire/engine/component/componenttest"
)

func TestALookSaysWhatListensAndWhatItDoesNotKnow(t *testing.T) {
	system := &componenttest.System{Addresses: componenttest.Addresses("10.0.0.3", "2001:db8::3")}
	p := NewProbes(nil, system)
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
		result, err := p.lookUp(c.endpoint)
		problem := ""
		if err != nil {
			problem = err.Error()
		}
		if result.GetTried() != c.tried || result.GetAnswered() != c.answered || (problem == "") != c.answered || !strings.Contains(problem, c.problem) {
			t.Errorf("%s with %v: %v, %q", c.endpoint, c.listening, result, problem)
		}
	}
}
