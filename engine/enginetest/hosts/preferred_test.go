//go:build linux

package hosts

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

// The hosts' second network, for backups: routed, so that nothing but the setting says that it is the better one.
const backupNetwork = "10.9.0.0/16"

// twoNetworks are the addresses of one more interface, "backup", of source and target.
type twoNetworks struct{ source, target netip.Addr }

func (n *network) connectBackup(t *testing.T) twoNetworks {
	t.Helper()
	added := twoNetworks{netip.MustParseAddr("10.9.1.2"), netip.MustParseAddr("10.9.2.2")}
	for h, own := range map[*host]netip.Addr{n.source: added.source, n.target: added.target} {
		router := own.Prev()
		veth(t, h, "backup", n.router, "backup-"+h.name)
		addAddress(t, h, "backup", netip.PrefixFrom(own, 24))
		addAddress(t, n.router, "backup-"+h.name, netip.PrefixFrom(router, 24))
		ip(t, "-n", h.namespace, "route", "add", backupNetwork, "via", router.String())
	}
	return added
}

// cutBackup lets all packets of the backup network vanish without a word.
func (n *network) cutBackup(t *testing.T) {
	t.Helper()
	ip(t, "-n", n.router.namespace, "rule", "add", "from", backupNetwork, "to", backupNetwork, "blackhole")
}

// awaitPath waits until the route's one session says over which address and interface it goes, and gives it.
func (i *installation) awaitPath(route string, target netip.Addr) (s engine.Session) {
	i.t.Helper()
	eventually(i.t, time.Minute, fmt.Sprintf("the session of %s goes to %s", route, target), func() error {
		live := i.sessions(route)
		if len(live) != 1 {
			return fmt.Errorf("there are %d sessions", len(live))
		}
		if s = live[0]; !strings.HasPrefix(s.Endpoint, target.String()+":") {
			return fmt.Errorf("it goes to %q", s.Endpoint)
		}
		return nil
	})
	return s
}

// A session goes over the network that is preferred, falls back where that is dead, and says so while it lives and in its receipt.
func TestSessionsGoOverThePreferredNetworkAndFallBack(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "")
	backup := n.connectBackup(t)
	i := newInstallation(t, n)
	b := newBackend(t, n, 9001)
	for port, route := range []string{"anywhere", "preferred", "second", "fallen"} {
		i.addRoute(route, 8001+port, 9001)
	}
	management := fmt.Sprintf("private, %s", n.source.address)
	over := fmt.Sprintf("backup, %s", backup.source)

	anywhere := b.open(t, n, 8001)
	if s := i.awaitPath("anywhere", n.target.address); s.Interface != management || s.FallBack != "" {
		t.Errorf("nothing is preferred: over %q, fell back %q", s.Interface, s.FallBack)
	}
	i.lockwired("networks", "add", backupNetwork)
	i.lockwired("networks", "mode", "prefer")
	preferred := b.open(t, n, 8002)
	if s := i.awaitPath("preferred", backup.target); s.Interface != over || s.FallBack != "" {
		t.Errorf("preferred: over %q, fell back %q", s.Interface, s.FallBack)
	}
	// The flows of a session that was there before stay where they are.
	if err := anywhere.exchange("still there"); err != nil {
		t.Error(err)
	}
	for _, f := range []flow{anywhere, preferred} {
		if err := f.finish(); err != nil {
			t.Error(err)
		}
	}
	onBackup := b.open(t, n, 8003)
	i.awaitPath("second", backup.target)

	n.cutBackup(t)
	began := time.Now()
	fallen := b.open(t, n, 8004)
	t.Logf("a new session fell back after %v", time.Since(began).Round(time.Millisecond))
	wanted := fmt.Sprintf("%s is in no preferred network; the target was not reached in one", n.target.address)
	if s := i.awaitPath("fallen", n.target.address); s.Interface != management || s.FallBack != wanted {
		t.Errorf("fell back: over %q, says %q", s.Interface, s.FallBack)
	}
	// A session that began on the network whose path is cut takes its next connection over the other.
	began = time.Now()
	next := b.open(t, n, 8003)
	t.Logf("a live session fell back after %v", time.Since(began).Round(time.Millisecond))
	if s := i.awaitPath("second", n.target.address); s.Interface != management || s.FallBack != wanted {
		t.Errorf("a live session fell back: over %q, says %q", s.Interface, s.FallBack)
	}
	shown := i.lockwired("sessions", "show", string(i.oneSession("fallen").ID))
	for _, want := range []string{i.oneSession("fallen").Endpoint, management, wanted} {
		if !strings.Contains(shown, want) {
			t.Errorf("`sessions show` does not say %q:\n%s", want, shown)
		}
	}
	for _, f := range []flow{fallen, next} {
		if err := f.finish(); err != nil {
			t.Error(err)
		}
	}
	onBackup.tool.Close()
	for route, want := range map[string]struct{ target, over, fallBack string }{
		"anywhere":  {n.target.address.String(), management, ""},
		"preferred": {backup.target.String(), over, ""},
		"fallen":    {n.target.address.String(), management, wanted},
	} {
		r := i.awaitReceipts(route, 1)[0]
		if !strings.HasPrefix(r.Endpoint, want.target+":") || r.Interface != want.over || r.FallBack != want.fallBack {
			t.Errorf("receipt of %s: to %s over %s, fell back %q", route, r.Endpoint, r.Interface, r.FallBack)
		}
	}
	if shown := i.lockwired("receipts", "show", string(i.receipts("fallen")[0].ID)); !strings.Contains(shown, wanted) {
		t.Errorf("`receipts show` does not say that it fell back:\n%s", shown)
	}
}

// Where the network is required, what does not go over it is refused, and the refusal says what was tried and why it failed.
func TestARequiredNetworkRefusesWhatDoesNotGoOverIt(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "")
	backup := n.connectBackup(t)
	i := newInstallation(t, n)
	b := newBackend(t, n, 9001)
	for port, route := range []string{"required", "dead", "elsewhere", "refused"} {
		i.addRoute(route, 8001+port, 9001)
	}
	i.lockwired("networks", "add", backupNetwork)
	i.lockwired("networks", "mode", "require")
	f := b.open(t, n, 8001)
	if s := i.awaitPath("required", backup.target); s.FallBack != "" {
		t.Errorf("it goes over the network and fell back: %q", s.FallBack)
	}
	if err := f.finish(); err != nil {
		t.Error(err)
	}

	n.cutBackup(t)
	second := netip.MustParseAddr("10.9.2.3")
	addAddress(t, n.target, "backup", netip.PrefixFrom(second, 24))
	i.awaitEndpoint(second, true)
	expectRefused(t, n, 8002, []byte("new"))
	r := i.awaitReceipts("dead", 1)[0]
	t.Logf("refused: %s", r.Reason)
	if r.State != engine.SessionRefused || strings.Contains(r.Reason, n.target.address.String()) {
		t.Errorf("the receipt says %s: %s", r.State, r.Reason)
	}
	for _, tried := range []netip.Addr{backup.target, second} {
		if !strings.Contains(r.Reason, tried.String()+":") {
			t.Errorf("the refusal does not name %s: %s", tried, r.Reason)
		}
	}
	if strings.Count(r.Reason, "did not answer") != 2 || !strings.Contains(r.Reason, "not reached in a preferred network") {
		t.Errorf("the refusal does not say of both addresses why: %s", r.Reason)
	}

	// Now only the source is in the network.
	ip(t, "-n", n.target.namespace, "link", "delete", "backup")
	i.awaitEndpoint(backup.target, false)
	missing := "target has no address in a preferred network"
	expectRefused(t, n, 8004, []byte("new"))
	if r := i.awaitReceipts("refused", 1)[0]; r.State != engine.SessionRefused || !strings.Contains(r.Reason, missing) || !strings.Contains(r.Reason, "lockwired networks mode prefer") {
		t.Errorf("the receipt says %s: %s", r.State, r.Reason)
	}
	i.lockwired("networks", "mode", "prefer")
	f = b.open(t, n, 8003)
	if s := i.awaitPath("elsewhere", n.target.address); s.FallBack != missing {
		t.Errorf("it fell back: %q", s.FallBack)
	}
	if err := f.finish(); err != nil {
		t.Error(err)
	}
}

// awaitEndpoint waits until the broker knows that the target has an address, or has it no more.
func (i *installation) awaitEndpoint(address netip.Addr, wanted bool) {
	i.t.Helper()
	eventually(i.t, time.Minute, "the broker knows of the target's addresses", func() error {
		has := false
		for _, endpoint := range i.components()["target"].Report.Endpoints {
			has = has || endpoint.Addr() == address
		}
		if has != wanted {
			return errors.New("it has the old ones")
		}
		return nil
	})
}
