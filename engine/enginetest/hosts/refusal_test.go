//go:build linux

package hosts

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

// A session that must be sealed and cannot be is refused: the tool sees an error, the backend sees nothing, no plaintext
// leaves the source, and a receipt says why.
func TestWhatCannotBeSealedIsRefused(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "203.0.113.7")
	i := newInstallation(t, n)
	server := newBackend(t, n, 9001)
	for _, c := range []struct {
		name   string
		listen int
		before func(*installation)
		after  func(*installation)
		reason string // part of what the receipt says
		log    string // part of what the source's log says
	}{
		{
			"the target does not allow the backend", 8001,
			func(i *installation) { i.allowNothing() },
			func(i *installation) { i.allowAll() },
			"allow-backend", "allow-backend",
		}, {
			"the target's data port is out of reach", 8002,
			func(i *installation) { i.blackhole("add") },
			func(i *installation) { i.blackhole("delete") },
			"data port", "data port",
		}, {
			"the target is offline", 8003,
			func(i *installation) { i.target.kill(); i.awaitOffline(i.target) },
			func(i *installation) { i.startAgent(i.target); i.awaitAttached(attachWithin, i.target) },
			"not attached", "not attached",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := i.in(t)
			i.addRoute(c.name, c.listen, 9001)
			marker := newMarker()
			capture := startCapture(t, n)
			c.before(i)
			logged := i.source.log.length()
			expectRefused(t, n, c.listen, marked(marker, 1<<20))
			found := capture.end(t, marker)
			c.after(i)

			if found.packets[marker] != 0 {
				t.Errorf("%d packets hold the plaintext of a session that was refused", found.packets[marker])
			}
			if len(server.accepted) != 0 {
				t.Error("the backend was dialled")
			}
			eventually(t, time.Minute, "the source's log says why", func() error {
				return said(i.source.log.since(logged), `msg="connection refused".*`+c.log)
			})
			receipts := i.awaitReceipts(c.name, 1)
			if len(receipts) != 1 {
				t.Fatalf("%d receipts: %+v", len(receipts), receipts)
			}
			r := receipts[0]
			t.Logf("receipt: %s: %s", r.State, r.Reason)
			if r.State != engine.SessionRefused || !strings.Contains(r.Reason, c.reason) {
				t.Errorf("the receipt says %s: %s", r.State, r.Reason)
			}
			if r.Decision.Mode != engine.Sealed || r.Traffic.ToTarget != 0 || r.AllFlows != 0 {
				t.Errorf("the receipt says %s, %d bytes, %d flows", r.Decision.Mode, r.Traffic.ToTarget, r.AllFlows)
			}
			if !r.Key.Made.IsZero() && (r.Key.SourceErasure == engine.ErasureUnconfirmed || r.Key.TargetErasure == engine.ErasureUnconfirmed) {
				t.Errorf("a key was made and not destroyed: %+v", r.Key)
			}
		})
	}
	// Afterwards all is well again: the refusals were not a state that sticks.
	i.addRoute("afterwards", 8004, 9001)
	f := server.open(t, n, 8004)
	if err := f.finish(); err != nil {
		t.Fatal(err)
	}
	for _, r := range i.awaitReceipts("afterwards", 1) {
		checkComplete(t, &r)
	}
}

const everything = "127.0.0.0/8:1024-65535"

func (i *installation) allowNothing() {
	i.t.Helper()
	i.allowBackend("remove", everything)
	i.awaitBackends(0)
}

func (i *installation) allowAll() {
	i.t.Helper()
	i.allowBackend("add", everything)
	i.awaitBackends(1)
}

func (i *installation) allowBackend(what, entry string) {
	i.t.Helper()
	must(i.t, commandWithin, command{on: i.target.on, name: "lockwire-agent allow-backend", as: i.target.as, arguments: []string{
		i.programs.agent, "allow-backend", what, entry, "--data", i.target.folder,
	}})
}

// awaitBackends waits until the running agent has taken up its list, and the broker knows of it.
func (i *installation) awaitBackends(entries int) {
	i.t.Helper()
	eventually(i.t, time.Minute, "the agent takes up its allow-backend list", func() error {
		status, err := i.target.status()
		if err != nil {
			return err
		}
		if len(status.Attachments) != 1 || len(status.Attachments[0].AllowedBackends) != entries {
			return errors.New("it has the old one")
		}
		if known := i.components()["target"].Report.AllowedBackends; len(known) != entries {
			return fmt.Errorf("the broker knows of %d entries", len(known))
		}
		return nil
	})
}

// blackhole lets packets from the source to the target vanish at the router; the broker still reaches both.
func (i *installation) blackhole(what string) {
	i.t.Helper()
	n := i.network
	ip(i.t, "-n", n.router.namespace, "rule", what, "from", n.source.address.String(), "to", n.target.address.String(), "blackhole")
}

// What was seen of a handshake that broke off, and what to look at, stands in the receipt: it does not pass for a session that the target
// does not know.
func TestTheReceiptSaysWhatWasSeenOfAHandshakeThatBroke(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(*installation)
		want   string
	}{
		"a link on the way drops large packets and says nothing": {(*installation).dropLargePackets, "lower the MTU of this machine's interface"},
		"a middlebox resets whoever sends a large ClientHello":   {(*installation).hideBehindMiddlebox, "a firewall or proxy on the way resets handshakes of this size"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, v4, "203.0.113.7")
			i := newInstallation(t, n)
			i.addRoute("nightly", 8001, 9001)
			c.before(i)
			expectRefused(t, n, 8001, []byte("new"))
			eventually(t, receiptWithin, "the receipt", func() error {
				receipts := i.receipts("nightly")
				for _, r := range receipts {
					if r.State == engine.SessionRefused && strings.Contains(r.Reason, c.want) {
						return nil
					}
				}
				return fmt.Errorf("%+v", receipts)
			})
		})
	}
}

// dropLargePackets has the link to the source take packets of a size only, and says nothing of those that it drops: a veth drops what its
// peer cannot take.
func (i *installation) dropLargePackets() {
	i.t.Helper()
	n := i.network
	ip(i.t, "-n", n.router.namespace, "link", "set", n.source.name, "mtu", "1000")
	ip(i.t, "-n", n.source.namespace, "link", "set", "private", "gso_max_segs", "1")
}

// hideBehindMiddlebox has the target be reached at an address where every handshake is reset once its first kilobyte has come: a hybrid
// ClientHello is larger, and some firewalls take that for an attack.
func (i *installation) hideBehindMiddlebox() {
	i.t.Helper()
	address := i.network.broker.on(7777)
	listener := i.network.broker.listen(i.t, address)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.CopyN(io.Discard, conn, 1024)
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}()
	i.restartTarget("--advertise", address)
}

// restartTarget starts the target's agent again with options.
func (i *installation) restartTarget(options ...string) {
	i.t.Helper()
	if err := i.target.stop(); err != nil {
		i.t.Fatal(err)
	}
	i.awaitOffline(i.target)
	i.target.options = options
	i.startAgent(i.target)
	i.awaitAttached(attachWithin, i.target)
}
