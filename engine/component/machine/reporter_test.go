package machine_test

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/component/componenttest"
	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

func TestReportNamesInterfacesAndEndpoints(t *testing.T) {
	system := &componenttest.System{Machine: "abc\n", Boot: "first", Addresses: componenttest.Addresses("127.0.0.1", "10.0.0.1", "fe80::1", "2001:db8::1", "203.0.113.7")}
	for _, test := range []struct {
		name, listen string
		change       func(*machine.ReporterConfig)
		endpoints    string
		byHand       bool
		interfaces   int
	}{
		{"all addresses", "[::]:6171", func(*machine.ReporterConfig) {}, "10.0.0.1:6171 203.0.113.7:6171 [2001:db8::1]:6171", false, 5},
		{"IPv4 only", "0.0.0.0:7000", func(*machine.ReporterConfig) {}, "10.0.0.1:7000 203.0.113.7:7000", false, 5},
		{"one address", "10.0.0.1:6171", func(*machine.ReporterConfig) {}, "10.0.0.1:6171", false, 5},
		{"given by hand", "[::]:6171", func(c *machine.ReporterConfig) { c.Interfaces = []netip.Addr{netip.MustParseAddr("::ffff:192.0.2.9")} }, "192.0.2.9:6171", true, 1},
		{"advertised", "[::]:6171", func(c *machine.ReporterConfig) {
			c.Advertise = []netip.AddrPort{netip.MustParseAddrPort("198.51.100.1:443")}
		}, "198.51.100.1:443", false, 5},
		{"another machine by hand", "10.0.0.1:6171", func(c *machine.ReporterConfig) { c.Machine = "other" }, "10.0.0.1:6171", true, 5},
	} {
		config := machine.ReporterConfig{System: system, Version: "1", DataPort: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(test.listen))}
		test.change(&config)
		r, err := machine.NewReporter(config)
		if err != nil {
			t.Fatal(err)
		}
		report, err := r.Report(machine.BackendList{})
		if err != nil {
			t.Fatal(err)
		}
		var endpoints []string
		for _, endpoint := range report.Endpoints {
			endpoints = append(endpoints, endpoint.String())
		}
		if got := strings.Join(endpoints, " "); got != test.endpoints || report.ByHand != test.byHand || len(report.Interfaces) != test.interfaces || report.Advertised != (test.name == "advertised") {
			t.Errorf("%s: endpoints %s, by hand %v, %d interfaces", test.name, got, report.ByHand, len(report.Interfaces))
		}
		if _, err := wire.FromReport(report).Engine(); err != nil {
			t.Errorf("%s: the broker does not take it: %v", test.name, err)
		}
	}
}

func TestMachineIDLeavesTheMachineOnlyAsAHash(t *testing.T) {
	report := func(system, boot, byHand string) engine.Report {
		r, err := machine.NewReporter(machine.ReporterConfig{System: &componenttest.System{Machine: system, Boot: boot}, Machine: byHand, DataPort: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Report(machine.BackendList{})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	one := report("4d2e\n", "4d2e", "")
	if one.Machine == "" || strings.Contains(one.Machine, "4d2e") || one.Machine == one.Boot {
		t.Errorf("machine %q, boot %q", one.Machine, one.Boot)
	}
	if again := report("4d2e", "4d2e", ""); again.Machine != one.Machine || again.Boot != one.Boot {
		t.Error("the hash is not the same twice")
	}
	if byHand := report("other", "4d2e", "4d2e"); byHand.Machine == one.Machine {
		t.Error("an id given by hand can stand for a real machine")
	}
	if none := report("", "", ""); none.Machine != "" || none.Boot != "" {
		t.Errorf("no id gives %q and %q", none.Machine, none.Boot)
	}
}

// An address that is left out could be the one for which the rules seal.
func TestNoAddressThatTheRulesSeeIsLeftOutOfAReport(t *testing.T) {
	linkLocal := func(n int) (all []engine.Address) {
		for i := range n {
			all = append(all, engine.Address{Address: netip.AddrFrom16([16]byte{0xfe, 0x80, 14: byte(i >> 8), 15: byte(i)}), Interface: "veth"})
		}
		return all
	}
	for name, test := range map[string]struct {
		has  []engine.Address
		want int // 0: it cannot be reported
	}{
		"as many as a report holds":     {componenttest.ManyAddresses(engine.MaximumAddresses - 1), engine.MaximumAddresses},
		"containers' own link-local":    {append(linkLocal(2000), componenttest.Addresses("10.0.0.1", "203.0.113.9", "2001:db8::1")...), 3},
		"more than a report could hold": {componenttest.ManyAddresses(engine.MaximumAddresses), 0},
	} {
		r, err := machine.NewReporter(machine.ReporterConfig{System: &componenttest.System{Addresses: test.has}, DataPort: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}})
		if err != nil {
			t.Fatal(err)
		}
		report, err := r.Report(machine.BackendList{})
		switch {
		case test.want == 0:
			if !errors.Is(err, machine.ErrManyAddresses) || !strings.Contains(err.Error(), "--interface") {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil || len(report.Interfaces) != test.want || !slices.ContainsFunc(report.Interfaces, func(a engine.Address) bool { return a.Address == netip.MustParseAddr("203.0.113.9") }):
			t.Errorf("%s: %d addresses, %v", name, len(report.Interfaces), err)
		}
	}
}
