package machine

import (
	"net"
	"slices"
	"testing"

	"lockwire/engine"
)

// An address is host-only where nobody else can be on its network. A tunnel's other end is somebody, and so is whoever may come
// to an interface that looks for neighbours.
func TestHostOnlyAddresses(t *testing.T) {
	const up = net.FlagUp | net.FlagRunning
	for _, test := range []struct {
		name     string
		network  string
		flags    net.Flags
		resolves bool
		want     bool
	}{
		{"a card", "10.1.2.3/24", up | net.FlagBroadcast, true, false},
		{"a card with a single address", "203.0.113.7/32", up | net.FlagBroadcast, true, false},
		{"a bridge that is down", "10.6.0.1/32", net.FlagBroadcast, true, true},
		{"a bridge without ports", "10.6.0.1/32", net.FlagUp | net.FlagBroadcast, true, true},
		{"a dummy interface", "10.6.0.1/32", up | net.FlagBroadcast, false, true},
		{"a dummy interface on IPv6", "fd00::1/128", up | net.FlagBroadcast, false, true},
		{"a dummy interface with a network", "10.6.0.1/24", up | net.FlagBroadcast, false, false},
		{"a tunnel", "10.9.0.1/32", up | net.FlagPointToPoint, false, false},
		{"a tunnel that is down", "10.9.0.1/32", net.FlagPointToPoint, false, true},
		{"loopback", "10.5.0.1/32", up | net.FlagLoopback, true, true},
	} {
		address, network, err := net.ParseCIDR(test.network)
		if err != nil {
			t.Fatal(err)
		}
		network.IP = address
		if got := isHostOnly(network, hasNoNeighbours(test.flags, test.resolves)); got != test.want {
			t.Errorf("%s: host-only %v", test.name, got)
		}
	}
}

func TestThisMachineHasAddressesAndIds(t *testing.T) {
	all, err := ThisMachine{}.Interfaces()
	if err != nil || !slices.ContainsFunc(all, func(a engine.Address) bool { return a.Address.IsLoopback() && a.Interface != "" }) {
		t.Errorf("interfaces %v, %v", all, err)
	}
	usage, err := ThisMachine{}.Usage()
	if err != nil || usage.CPU <= 0 || usage.Memory == 0 {
		t.Errorf("usage %+v, %v", usage, err)
	}
	cores, err := ThisMachine{}.Cores()
	if err != nil || len(cores) == 0 || cores[0].Total <= 0 || cores[0].Busy > cores[0].Total {
		t.Errorf("cores %+v, %v", cores, err)
	}
}
