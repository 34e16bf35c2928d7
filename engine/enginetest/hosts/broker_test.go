//go:build linux

package hosts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lockwire/engine"
)

// The broker is killed in mid-session. What is live goes on and takes new connections, what is new is refused with the reason,
// and after the broker's restart all is as if nothing had happened.
func TestLiveSessionsGoOnWithoutTheirBroker(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "203.0.113.7")
	i := newInstallation(t, n)
	server := newBackend(t, n, 9001)
	i.addRoute("live", 8001, 9001)
	i.addRoute("new", 8002, 9001)
	i.addRoute("ends", 8003, 9001)
	first, ends := server.open(t, n, 8001), server.open(t, n, 8003)
	i.awaitFlows("live", 1)
	i.awaitFlows("ends", 1)
	before := i.oneSession("live")
	if before.Decision.Mode != engine.Sealed {
		t.Fatalf("the session is %s", before.Decision.Mode)
	}

	i.broker.kill()
	if err := first.exchange("without a broker"); err != nil {
		t.Fatalf("a flow that was open: %v", err)
	}
	second := server.open(t, n, 8001)
	if err := ends.finish(); err != nil {
		t.Errorf("a flow that ends: %v", err)
	}
	logged := i.source.log.length()
	expectRefused(t, n, 8002, []byte("this must not get anywhere"))
	eventually(t, time.Minute, "the source's log says why", func() error {
		return said(i.source.log.since(logged), `msg="connection refused".* route=new .*broker`)
	})
	if len(server.accepted) != 0 {
		t.Error("the backend was dialled for a session that was refused")
	}
	eventually(t, time.Minute, "the source ends a session by itself", func() error {
		return said(i.source.log.String(), `msg="session ended".* route=ends`)
	})

	i.startBroker(n.broker)
	i.awaitAttached(attachWithin, i.source, i.target)
	i.awaitFlows("live", 2)
	if after := i.oneSession("live"); after.ID != before.ID || after.State != engine.SessionLive {
		t.Errorf("the live session is now %s, %s", after.ID, after.State)
	}
	third := server.open(t, n, 8001)
	again := server.open(t, n, 8002)
	for at, f := range []flow{first, second, third, again} {
		if err := errors.Join(f.exchange("with a broker again"), f.finish()); err != nil {
			t.Errorf("flow %d: %v", at, err)
		}
	}
	for route, flows := range map[string]uint64{"live": 3, "new": 1, "ends": 1} {
		receipts := i.awaitReceipts(route, 1)
		if len(receipts) != 1 {
			t.Fatalf("route %s has %d receipts: %+v", route, len(receipts), receipts)
		}
		checkComplete(t, &receipts[0])
		if receipts[0].AllFlows != flows {
			t.Errorf("the receipt of route %s has %d flows, not %d", route, receipts[0].AllFlows, flows)
		}
		if route == "live" && receipts[0].ID != before.ID {
			t.Errorf("the receipt is of session %s, not of %s", receipts[0].ID, before.ID)
		}
	}
}

// The broker is killed in the moment in which a session begins, again and again: a flow that a tool was given is never lost for it.
func TestBrokerKilledAsASessionBegins(t *testing.T) {
	t.Parallel()
	const kills = 5
	n := newNetwork(t, v4, "203.0.113.7")
	i := newInstallation(t, n)
	server := newBackend(t, n, 9001)
	for at := range kills {
		i.addRoute(fmt.Sprint("vault ", at), 8001+at, 9001)
	}
	for at := range kills {
		route := fmt.Sprint("vault ", at)
		eventually(t, time.Minute, "the source listens", func() error { return i.listening(route) })
		f := server.open(t, n, 8001+at)
		i.broker.kill()
		i.startBroker(n.broker)
		i.awaitAttached(attachWithin, i.source, i.target)
		i.awaitFlows(route, 1)
		if err := errors.Join(f.exchange("with a broker again"), f.finish()); err != nil {
			t.Errorf("kill %d: %v", at, err)
		}
	}
	for at := range kills {
		receipts := i.awaitReceipts(fmt.Sprint("vault ", at), 1)
		for at := range receipts {
			checkComplete(t, &receipts[at])
		}
		if len(receipts) != 1 {
			t.Errorf("%d receipts", len(receipts))
		}
	}
}

// The broker's machine is lost. From the file of `lockwired backup` the installation comes up on another address, and its
// components attach again without enrolling.
func TestRestoredBrokerOnAnotherAddress(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "203.0.113.7")
	i := newInstallation(t, n)
	server := newBackend(t, n, 9001)
	i.addRoute("vault", 8001, 9001)
	if err := server.open(t, n, 8001).finish(); err != nil {
		t.Fatal(err)
	}
	old := i.awaitReceipts("vault", 1)
	if len(old) != 1 {
		t.Fatalf("%d receipts", len(old))
	}
	before := i.components()

	file, passphrase := filepath.Join(newFolder(t, "archive"), "lockwire.backup"), "a passphrase of the test only"
	must(t, commandWithin, i.lockwiredCommand([]byte(passphrase+"\n"), "backup", file, "--passphrase-file", "-"))
	i.broker.kill()
	if err := os.RemoveAll(i.folder); err != nil {
		t.Fatal(err)
	}
	i.folder = filepath.Join(newFolder(t, "standby"), "data")
	if out, err := output(t, commandWithin, i.lockwiredCommand([]byte("another passphrase\n"), "restore", file, "--passphrase-file", "-")); err == nil {
		t.Fatalf("a backup was opened with another passphrase: %s", out)
	}
	must(t, commandWithin, i.lockwiredCommand([]byte(passphrase+"\n"), "restore", file, "--passphrase-file", "-"))
	i.startBroker(n.standby)
	for _, a := range []*agent{i.source, i.target} {
		must(t, commandWithin, command{on: a.on, name: "lockwire-agent broker", arguments: []string{
			i.programs.agent, "broker", n.standby.on(brokerPort), "--data", a.folder,
		}})
	}
	i.awaitAttached(attachWithin, i.source, i.target)
	for name, c := range i.components() {
		if c.ID != before[name].ID {
			t.Errorf("%s has enrolled anew: %s was %s", name, c.ID, before[name].ID)
		}
	}
	eventually(t, time.Minute, "the source listens again", func() error { return i.listening("vault") })
	if err := server.open(t, n, 8001).finish(); err != nil {
		t.Fatal(err)
	}
	receipts := i.awaitReceipts("vault", 2)
	if len(receipts) != 2 || receipts[0].ID != old[0].ID {
		t.Fatalf("the record has %d receipts: %+v", len(receipts), receipts)
	}
	checkComplete(t, &receipts[1])
	if receipts[1].Decision.By != engine.ByAutomatic {
		t.Errorf("the restored broker decided %s by %s", receipts[1].Decision.Mode, receipts[1].Decision.By)
	}
}
