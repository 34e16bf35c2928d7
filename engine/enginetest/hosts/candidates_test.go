//go:build linux

package hosts

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// manyAddresses are as many as a node of a cluster may have, and more than an offer names. All sort before the hosts' own.
const manyAddresses = 40

// A target with many addresses that lead nowhere is reached at the others, whoever else has the same ones.
func TestTargetIsReachedWhateverOtherAddressesItHas(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "")
	ip(t, "-n", n.router.namespace, "route", "add", "blackhole", "10.6.0.0/16")
	ip(t, "-n", n.router.namespace, "route", "add", "blackhole", "10.7.0.0/16")
	// The services of a cluster: the same on each of its nodes, on a bridge without ports.
	for _, node := range []*host{n.source, n.target} {
		ip(t, "-n", node.namespace, "link", "add", "kube-ipvs0", "type", "bridge")
		addMany(t, node, "kube-ipvs0", "10.6.0.%d", 32)
	}
	i := newInstallation(t, n)
	b := newBackend(t, n, 9001)
	i.addRoute("hostonly", 8001, 9001)
	openAndEnd(t, n, b, 8001)

	// Networks that do have neighbours, out of the source's reach.
	veth(t, n.target, "other", n.router, "others")
	addMany(t, n.target, "other", "10.7.0.%d", 24)
	eventually(t, time.Minute, "the broker knows of the target's addresses", func() error {
		if known := len(i.components()["target"].Report.Endpoints); known <= 2*manyAddresses {
			return fmt.Errorf("it knows %d", known)
		}
		return nil
	})
	c := newBackend(t, n, 9002)
	i.addRoute("neighbours", 8002, 9002)
	openAndEnd(t, n, c, 8002)
}

func addMany(t *testing.T, h *host, device, format string, bits int) {
	t.Helper()
	for number := range manyAddresses {
		addAddress(t, h, device, netip.PrefixFrom(netip.MustParseAddr(fmt.Sprintf(format, number+1)), bits))
	}
}

// openAndEnd opens a connection and ends it. Where addresses that lead nowhere came first an offer would name no other: there are more of
// them than it has room for.
func openAndEnd(t *testing.T, n *network, b *backend, listen int) {
	t.Helper()
	began := time.Now()
	f := b.open(t, n, listen)
	t.Logf("the connection took %v", time.Since(began).Round(time.Millisecond))
	if err := f.finish(); err != nil {
		t.Error(err)
	}
}
