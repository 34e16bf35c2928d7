//go:build linux

package hosts

import (
	"errors"
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
			eventually(t, 5*time.Second, "the source's log says why", func() error {
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

// awaitBackends waits until the running agent has taken up its list.
func (i *installation) awaitBackends(entries int) {
	i.t.Helper()
	eventually(i.t, 10*time.Second, "the agent takes up its allow-backend list", func() error {
		status, err := i.target.status()
		if err != nil {
			return err
		}
		if len(status.Attachments) != 1 || len(status.Attachments[0].AllowedBackends) != entries {
			return errors.New("it has the old one")
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
