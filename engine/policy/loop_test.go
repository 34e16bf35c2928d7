package policy

import (
	"net/netip"
	"strings"
	"testing"

	"lockwire/engine"
)

func TestRoutesThatLeadBackToThemselves(t *testing.T) {
	components := []engine.Component{
		{ID: "a", Name: "alpha", Tags: []string{"all"}}, {ID: "b", Name: "beta", Tags: []string{"all"}}, {ID: "c", Name: "gamma"}, {ID: "d", Name: "delta"},
	}
	for i, address := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"} {
		components[i].Report.Interfaces = []engine.Address{{Address: netip.MustParseAddr(address)}}
	}
	// gamma and delta are one machine.
	for _, at := range []int{2, 3} {
		components[at].Report.Machine, components[at].Report.Boot = "machine", "boot"
	}
	components[3].Report.Interfaces = components[2].Report.Interfaces
	for _, test := range []struct {
		name string
		// Routes as NAME SOURCE LISTEN TARGET BACKEND, with a ! in front where it is off; the first one is looked at.
		routes string
		want   string
	}{
		{"one that leads away", "r a 127.0.0.1:1 b 127.0.0.1:9", ""},
		{"a chain", "r a 127.0.0.1:1 b 127.0.0.1:2\ns b 127.0.0.1:2 c 127.0.0.1:9", ""},
		{"back over two", "r a 127.0.0.1:1 b 127.0.0.1:2\ns b 127.0.0.1:2 a 127.0.0.1:1",
			`leads to 127.0.0.1:2 on beta, where the route "s" listens, which leads to 127.0.0.1:1 on alpha, where the route "r" listens again`},
		{"back over three", "r a 127.0.0.1:1 b localhost:2\ns b 0.0.0.0:2 c [::1]:3\nu c [::]:3 a 127.0.0.1:1", `"u" listens, which leads to 127.0.0.1:1 on alpha`},
		{"another one is off", "r a 127.0.0.1:1 b 127.0.0.1:2\n!s b 127.0.0.1:2 a 127.0.0.1:1", ""},
		{"another port", "r a 127.0.0.1:1 b 127.0.0.1:2\ns b 127.0.0.1:2 a 127.0.0.1:3", ""},
		{"another address", "r a 127.0.0.1:1 b 127.0.0.1:2\ns b 10.0.0.2:2 a 127.0.0.1:1", ""},
		{"straight back over an open leg", "r a 0.0.0.0:1 b 10.0.0.1:1", `leads to 10.0.0.1:1 on beta, where the route "r" listens again`},
		{"an open leg on IPv6 takes IPv4", "r a [::]:1 b 10.0.0.1:1", "again"},
		{"an open leg on IPv4 takes no IPv6", "r a 0.0.0.0:1 b [::1]:1", ""},
		{"the target is one machine with the source", "r c 127.0.0.1:1 d 127.0.0.1:1", "on delta"},
		{"a source by its tag", "r all 127.0.0.1:1 c 127.0.0.1:2\ns c 127.0.0.1:2 b 127.0.0.1:1", "on beta"},
		{"others go round, and it only leads to them", "r a 127.0.0.1:1 b 127.0.0.1:2\ns b 127.0.0.1:2 c 127.0.0.1:3\nu c 127.0.0.1:3 b 127.0.0.1:2", ""},
		{"a name", "r a 127.0.0.1:1 b vault:1", ""},
	} {
		var services []engine.Service
		var routes []engine.Route
		for line := range strings.Lines(test.routes) {
			f := strings.Fields(line)
			name, on := strings.CutPrefix(f[0], "!")
			r := engine.Route{ID: engine.ID(name), Name: name, Listen: f[2], Service: engine.ID(name), Enabled: !on}
			if r.Sources = []engine.ID{engine.ID(f[1])}; f[1] == "all" {
				r.Sources, r.SourceTag = nil, "all"
			}
			routes = append(routes, r)
			services = append(services, engine.Service{ID: engine.ID(name), Target: engine.ID(f[3]), Backend: f[4]})
		}
		got := Loop(routes[0], components, services, routes)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, not %q", test.name, got, test.want)
		}
	}
}
