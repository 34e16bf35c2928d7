package policy

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

var addressesEqual = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func TestNamesOfComponents(t *testing.T) {
	components := site(func(c []engine.Component) {
		c[3].Revoked, c[3].Tags = noon, []string{"office"}
		c[1].SeenFrom = netip.MustParseAddr("198.51.100.2")
	})
	hosts := map[string]engine.HostAnswer{"nas": {Now: addresses("10.0.0.9")}}
	want := engine.Names{
		Components: map[string][]netip.Addr{"a": addresses("10.0.0.1"), "vault": addresses("10.0.0.2", "198.51.100.2"), "db": addresses("10.0.0.3")},
		Tags:       map[string][]netip.Addr{"office": addresses("10.0.0.1", "10.0.0.3")},
		Roles:      map[engine.Role][]netip.Addr{engine.Proxy: addresses("10.0.0.1", "10.0.0.2", "198.51.100.2", "10.0.0.3")},
		Hosts:      hosts,
	}
	if diff := cmp.Diff(want, NamesOf(components, hosts), addressesEqual); diff != "" {
		t.Error(diff)
	}
}

func TestLinksOfRoutes(t *testing.T) {
	components := site(func(c []engine.Component) { c[3].Revoked = noon })
	services := []engine.Service{{ID: "rest", Target: "2"}, {ID: "gone", Target: "4"}}
	routes := []engine.Route{
		{Name: "by id", Sources: []engine.ID{"1", "4", "nobody"}, Service: "rest", Direction: engine.Push, Enabled: true},
		{Name: "by tag", SourceTag: "office", Service: "rest", Direction: engine.Pull, Enabled: true},
		{Name: "off", Sources: []engine.ID{"1"}, Service: "rest", Direction: engine.Push},
		{Name: "to a revoked one", Sources: []engine.ID{"1"}, Service: "gone", Direction: engine.Push, Enabled: true},
		{Name: "to no service", Sources: []engine.ID{"1"}, Service: "none", Direction: engine.Push, Enabled: true},
	}
	want := []Link{{"1", "2", "by id", engine.Push, false}, {"1", "2", "by tag", engine.Pull, false}, {"3", "2", "by tag", engine.Pull, false}, {"1", "2", "off", engine.Push, true}}
	if diff := cmp.Diff(want, LinksOf(components, services, routes)); diff != "" {
		t.Error(diff)
	}
}
