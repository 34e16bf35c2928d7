//go:build linux

package hosts

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"lockwire/engine"
)

// Planned work on a machine that carries backups: it takes nothing new, what runs finishes, and the administrator sees what is
// still to be waited for.
func TestAgentDrainsBeforePlannedWork(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "")
	i := newInstallation(t, n)
	b := newBackend(t, n, 9001)
	i.addRoute("nightly", 8001, 9001)
	running := b.open(t, n, 8001)
	i.awaitFlows("nightly", 1)

	draining := start(t, command{on: n.target, name: "lockwire-agent drain", arguments: []string{i.programs.agent, "drain", "--data", i.target.folder}})
	eventually(t, time.Minute, "the broker shows that the target drains", func() error {
		if c := i.components()["target"]; c.Report.Drain == nil || c.Drain != nil {
			return fmt.Errorf("%+v, ordered %+v", c.Report.Drain, c.Drain)
		}
		return nil
	})
	if shown := i.lockwired("components", "show", "target"); !strings.Contains(shown, "still carries 1 connection in 1 session") {
		t.Errorf("the broker shows:\n%s", shown)
	}
	expectRefused(t, n, 8001, []byte("new"))
	if err := running.exchange("still there"); err != nil {
		t.Error(err)
	}
	if draining.ended() {
		t.Error("the command did not wait")
	}
	if err := running.finish(); err != nil {
		t.Error(err)
	}
	eventually(t, receiptWithin, "the command ends", func() error {
		if !draining.ended() {
			return errors.New("it waits")
		}
		return nil
	})
	if log := draining.log.String(); draining.err != nil || !strings.Contains(log, "still carries 1 connection in") || !strings.Contains(log, "Nothing is carried") {
		t.Errorf("the command ended with %v and said:\n%s", draining.err, log)
	}
	must(t, commandWithin, command{on: n.target, name: "lockwire-agent drain --undo", arguments: []string{i.programs.agent, "drain", "--undo", "--data", i.target.folder}})
	eventually(t, ioWithin, "the broker shows that the target takes connections again", func() error {
		if drain := i.components()["target"].Report.Drain; drain != nil {
			return fmt.Errorf("%+v", drain)
		}
		return nil
	})
	if err := b.open(t, n, 8001).finish(); err != nil {
		t.Error(err)
	}
}

// An administrator's order holds over restarts of the machine's agent and of the broker until it is undone, and cuts what still runs
// when its time is over.
func TestAnOrderedDrainHoldsUntilItIsUndone(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "")
	i := newInstallation(t, n)
	b := newBackend(t, n, 9001)
	i.addRoute("nightly", 8001, 9001)
	running := b.open(t, n, 8001)
	i.awaitFlows("nightly", 1)

	said := i.lockwired("components", "drain", "target", "--within", "8s") // waits until nothing is carried
	for _, want := range []string{"target: it has taken no new connection since", "still carries 1 connection in 1 session, what still runs at", "it carries nothing any more"} {
		if !strings.Contains(said, want) {
			t.Errorf("the command does not say %q:\n%s", want, said)
		}
	}
	expectReset(t, "the tool", running.tool) // the broker counts it as cut before its ends have heard of it
	expectReset(t, "the backend", running.backend)
	expectRefused(t, n, 8001, []byte("new"))
	eventually(t, receiptWithin, "the receipt of a refusal", func() error {
		for _, r := range i.receipts("nightly") {
			if r.State == engine.SessionRefused && strings.Contains(r.Reason, "target drains, as uid") && strings.Contains(r.Reason, "lockwired components drain --undo target") {
				return nil
			}
		}
		return errors.New("there is none")
	})
	if err := i.target.stop(); err != nil {
		t.Error(err)
	}
	i.awaitOffline(i.target)
	i.startAgent(i.target)
	i.awaitAttached(attachWithin, i.target)
	expectRefused(t, n, 8001, []byte("after the agent was started again"))
	if err := i.broker.stop(); err != nil {
		t.Error(err)
	}
	i.startBroker(n.broker)
	i.awaitAttached(attachWithin, i.source, i.target)
	expectRefused(t, n, 8001, []byte("after the broker was started again"))
	i.lockwired("components", "drain", "--undo", "target")
	if err := b.open(t, n, 8001).finish(); err != nil {
		t.Error(err)
	}
}

// An agent that is stopped with time to drain lets a backup finish.
func TestStoppedAgentLetsABackupFinish(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "")
	i := newInstallation(t, n)
	b := newBackend(t, n, 9001)
	i.addRoute("nightly", 8001, 9001)
	if err := i.source.stop(); err != nil {
		t.Fatal(err)
	}
	i.awaitOffline(i.source)
	i.source.process = start(t, command{on: n.source, name: "lockwire-agent", set: i.source.set, arguments: []string{
		i.programs.agent, "run", "--data", i.source.folder, "--drain-within", "1m",
	}})
	i.awaitAttached(attachWithin, i.source)
	eventually(t, ioWithin, "the source listens", func() error { return i.listening("nightly") })
	running := b.open(t, n, 8001)
	if err := i.source.signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, ioWithin, "the source drains", func() error { return said(i.source.log.String(), "the component drains") })
	expectRefused(t, n, 8001, []byte("new"))
	if err := running.exchange("still there"); err != nil {
		t.Error(err)
	}
	if err := running.finish(); err != nil {
		t.Error(err)
	}
	<-i.source.done
	if i.source.err != nil {
		t.Errorf("the agent ended with %v", i.source.err)
	}
	receipts := i.awaitReceipts("nightly", 2) // of the backup, and of the refusal, which can be written before it
	checkComplete(t, &receipts[0])
}
