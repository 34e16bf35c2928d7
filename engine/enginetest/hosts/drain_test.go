//go:build linux

package hosts

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"
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

	draining := start(t, command{on: n.target, name: "lockwire-agent drain", arguments: []string{i.programs.agent, "drain", "--data", i.target.folder}})
	eventually(t, 10*time.Second, "the broker shows that the target drains", func() error {
		if problem := i.components()["target"].Problem; !strings.Contains(problem, "it drains") || !strings.Contains(problem, "1 connection in 1 session") {
			return errors.New(problem)
		}
		return nil
	})
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
	if err := i.target.stop(); err != nil {
		t.Error(err)
	}
	i.startAgent(i.target)
	i.awaitAttached(attachWithin, i.target)
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
	receipts := i.awaitReceipts("nightly", 1)
	checkComplete(t, &receipts[0])
}
