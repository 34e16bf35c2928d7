package broker

import (
	"net/netip"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// prefer sets the preferred networks of an installation.
func (i *installation) prefer(mode engine.PreferredMode, networks ...string) {
	i.t.Helper()
	preferred := engine.PreferredNetworks{Mode: mode}
	for _, network := range networks {
		preferred.Networks = append(preferred.Networks, netip.MustParsePrefix(network))
	}
	i.write(func(tx engine.Transaction) error { return tx.PutPreferredNetworks(preferred) })
}

func TestPreferredNetworksOrderTheEndpoints(t *testing.T) {
	const all = "10.0.0.3:6180 10.9.0.3:6180 172.16.0.3:6180"
	tests := []struct {
		name             string
		mode             engine.PreferredMode
		networks, source string
		worked           string
		want             string
		preferred        int
		fallBack         string
	}{
		{name: "none", source: "10.0.0.2 10.9.0.2", want: all},
		{name: "off", mode: engine.PreferredOff, networks: "10.9.0.0/16", source: "10.0.0.2 10.9.0.2", want: all},
		{name: "both have one", mode: engine.PreferredPrefer, networks: "10.9.0.0/16", source: "10.0.0.2 10.9.0.2",
			want: "10.9.0.3:6180 10.0.0.3:6180 172.16.0.3:6180", preferred: 1},
		{name: "one that worked last does not beat a preferred one", mode: engine.PreferredPrefer, networks: "10.9.0.0/16", source: "10.0.0.2 10.9.0.2",
			worked: "10.0.0.3:6180", want: "10.9.0.3:6180 10.0.0.3:6180 172.16.0.3:6180", preferred: 1},
		{name: "two networks that are routed", mode: engine.PreferredRequire, networks: "10.9.0.0/16 172.16.0.0/12", source: "172.16.9.9",
			want: "172.16.0.3:6180 10.9.0.3:6180", preferred: 2},
		{name: "the source has none", mode: engine.PreferredPrefer, networks: "10.9.0.0/16", source: "10.0.0.2",
			want: all, fallBack: "source has no address in a preferred network"},
		{name: "and one is required", mode: engine.PreferredRequire, networks: "10.9.0.0/16", source: "10.0.0.2",
			fallBack: "source has no address in a preferred network"},
		{name: "neither has one", mode: engine.PreferredRequire, networks: "192.168.0.0/16", source: "10.0.0.2",
			fallBack: "neither source nor target has an address in a preferred network"},
		{name: "none is required of none", mode: engine.PreferredRequire, source: "10.0.0.2",
			fallBack: "neither source nor target has an address in a preferred network"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source, target := &engine.Component{Name: "source", Report: report(strings.Fields(test.source)...)}, &engine.Component{Name: "target", Report: report("10.0.0.3", "10.9.0.3", "172.16.0.3")}
			target.Report.Endpoints = endpointsOf(all)
			preferred := engine.PreferredNetworks{Mode: test.mode}
			for text := range strings.FieldsSeq(test.networks) {
				preferred.Networks = append(preferred.Networks, netip.MustParsePrefix(text))
			}
			var worked netip.AddrPort
			if test.worked != "" {
				worked = netip.MustParseAddrPort(test.worked)
			}
			c := candidatesFor(source, target, worked, false, &preferred)
			if got := wordsOf(c.endpoints); got != test.want || c.preferred != test.preferred || c.fallBack != test.fallBack {
				t.Errorf("%q with %d preferred, %q", got, c.preferred, c.fallBack)
			}
		})
	}
}

func TestSessionAndReceiptSayOverWhichPathItWent(t *testing.T) {
	tests := map[string]struct {
		stats    *wire.SessionStats
		over     string
		fellBack string
	}{
		"in a preferred network":     {&wire.SessionStats{Endpoint: "10.9.0.3:6180", LocalAddress: "10.9.0.2"}, "eth0, 10.9.0.2", ""},
		"outside of one":             {&wire.SessionStats{Endpoint: "10.0.0.3:6180", LocalAddress: "10.0.0.2"}, "eth0, 10.0.0.2", "10.0.0.3 is in no preferred network; the target was not reached in one"},
		"an address that is unknown": {&wire.SessionStats{Endpoint: "10.9.0.3:6180", LocalAddress: "10.44.0.2"}, "10.44.0.2", ""},
		"a zone that is no name":     {&wire.SessionStats{Endpoint: "[fe80::1%\x1b[2J]:6180", LocalAddress: "10.9.0.2"}, "eth0, 10.9.0.2", "fe80::1 is in no preferred network; the target was not reached in one"},
		"an address that is none":    {&wire.SessionStats{Endpoint: "10.9.0.3:6180", LocalAddress: "\x1b[2J"}, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				source, target := i.component("source", "10.0.0.2"), i.component("target", "10.0.0.3")
				p := pair{source.attach("10.0.0.2", "10.9.0.2"), target.attach("10.0.0.3", "10.9.0.3"), i.route("backup", target, source)}
				i.prefer(engine.PreferredPrefer, "10.9.0.0/16")
				p.source.request(p.route.ID)
				toTarget := one(p.target, (*wire.Down).GetOffer)
				p.target.answer(toTarget)
				toSource := one(p.source, (*wire.Down).GetOffer)
				if toSource.GetPreferredEndpoints() != 1 || len(toSource.GetEndpoints()) != 2 || !strings.HasPrefix(toSource.GetEndpoints()[0], "10.9.0.3:") {
					t.Errorf("offered are %v, of which %d are preferred", toSource.GetEndpoints(), toSource.GetPreferredEndpoints())
				}
				p.source.answer(toSource)
				id := toSource.GetSession()
				test.stats.Session, test.stats.Flows, test.stats.AllFlows = id, 1, 1
				p.source.stats(test.stats)
				if s := i.only(); s.Interface != test.over || s.FallBack != test.fellBack || s.Endpoint != reasonText(test.stats.Endpoint) {
					t.Errorf("the session says %q, %q, %q", s.Endpoint, s.Interface, s.FallBack)
				}
				p.source.end(id, test.stats)
				p.target.end(id, test.stats)
				if r := i.receipt(); r.Interface != test.over || r.FallBack != test.fellBack {
					t.Errorf("the receipt says %q, %q", r.Interface, r.FallBack)
				}
			})
		})
	}
}

func TestPairWithoutAPreferredNetworkFallsBackOrIsRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		i.prefer(engine.PreferredPrefer, "10.9.0.0/16")
		p.live()
		if s := i.only(); s.FallBack != "neither source nor target has an address in a preferred network" {
			t.Errorf("it says %q", s.FallBack)
		}
	})
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		i.prefer(engine.PreferredRequire, "10.9.0.0/16")
		p.source.request(p.route.ID)
		refused := one(p.source, (*wire.Down).GetSessionRefused)
		if reason := refused.GetReason(); !strings.Contains(reason, "neither source nor target has an address in a preferred network, and the settings require one") {
			t.Errorf("refused with %q", reason)
		}
		if r := i.receipt(); r.State != engine.SessionRefused || !strings.Contains(r.Reason, "preferred network") {
			t.Errorf("the receipt says %s, %q", r.State, r.Reason)
		}
	})
}
