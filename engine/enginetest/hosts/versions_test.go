//go:build linux

package hosts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

// programsBefore are those of the version before this one, which `make test-upgrade` builds from the history.
func programsBefore(t *testing.T) programs {
	t.Helper()
	folder := os.Getenv("LOCKWIRE_BEFORE")
	if folder == "" {
		t.Skip("needs a folder with lockwired and lockwire-agent of the version before in LOCKWIRE_BEFORE: make test-upgrade")
	}
	return programs{filepath.Join(folder, "lockwired"), filepath.Join(folder, "lockwire-agent")}
}

// The broker is brought to this version while a backup runs, then one agent, then the other. The backup goes on, what begins is sealed in
// every mixture, and the command line of before still serves.
func TestAnInstallationIsUpgradedMachineByMachine(t *testing.T) {
	before := programsBefore(t)
	t.Parallel()
	n := newNetwork(t, v4, "203.0.113.7") // a public address, so that all is sealed
	i := newInstallationAs(t, n, before, "")
	server := newBackend(t, n, 9001)
	i.addRoute("nightly", 8001, 9001)
	i.backUpOnce(server, 8001)
	running := server.open(t, n, 8001)
	i.awaitFlows("nightly", 1)

	i.toThisVersion(releasePrograms(t).lockwired)
	i.awaitFlows("nightly", 1)
	if err := running.exchange("over the broker's upgrade"); err != nil {
		t.Fatalf("the backup that ran: %v", err)
	}
	i.oldCommandLineServes(before.lockwired)
	i.toldWhatIsOld("source", "target")
	if err := running.finish(); err != nil {
		t.Fatal(err)
	}
	i.backUpOnce(server, 8001)

	i.programs.agent = releasePrograms(t).agent
	for at, a := range []*agent{i.source, i.target} {
		if err := a.stop(); err != nil {
			t.Fatal(err)
		}
		i.startAgent(a)
		i.awaitAttached(attachWithin, i.source, i.target)
		i.backUpOnce(server, 8001)
		i.toldWhatIsOld([]string{"source", "target"}[at+1:]...)
	}
	receipts := i.awaitReceipts("nightly", 4)
	for at := range receipts {
		checkComplete(t, &receipts[at])
		if receipts[at].Decision.Mode != engine.Sealed {
			t.Errorf("session %d was %s", at, receipts[at].Decision.Mode)
		}
	}
}

// The way back: the program of before refuses the newer database in words, and works with the copy that was kept.
func TestAnUpgradeIsTakenBack(t *testing.T) {
	before := programsBefore(t)
	t.Parallel()
	n := newNetwork(t, v4, "203.0.113.7")
	i := newInstallationAs(t, n, before, "")
	server := newBackend(t, n, 9001)
	i.addRoute("nightly", 8001, 9001)
	i.backUpOnce(server, 8001)
	i.toThisVersion(releasePrograms(t).lockwired)
	i.backUpOnce(server, 8001)
	if err := i.broker.stop(); err != nil {
		t.Fatal(err)
	}

	i.programs.lockwired = before.lockwired
	_, err := output(t, commandWithin, i.lockwiredCommand(nil, "rules", "list"))
	if err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("the program of before says of the newer database: %v", err)
	}
	copies, err := filepath.Glob(filepath.Join(i.folder, "*.version-*"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("copies that were kept: %v %v", copies, err)
	}
	for _, file := range []string{"lockwire.db", "lockwire.db-wal", "lockwire.db-shm"} {
		if err := os.Remove(filepath.Join(i.folder, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if err := os.Rename(copies[0], filepath.Join(i.folder, "lockwire.db")); err != nil {
		t.Fatal(err)
	}
	// It knows no key for receipts in the authority's file.
	authority := filepath.Join(i.folder, "authority.pem")
	text, err := os.ReadFile(authority)
	if err != nil {
		t.Fatal(err)
	}
	if at := strings.Index(string(text), "-----BEGIN LOCKWIRE RECEIPTS KEY"); at >= 0 {
		if err := os.WriteFile(authority, text[:at], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	i.startBroker(n.broker)
	i.awaitAttached(attachWithin, i.source, i.target)
	i.backUpOnce(server, 8001)
	if receipts := i.awaitReceipts("nightly", 2); len(receipts) != 2 {
		t.Errorf("%d receipts: that of the session after the upgrade is not in the copy", len(receipts))
	}
}

// toThisVersion stops the broker, and starts another program on its data.
func (i *installation) toThisVersion(lockwired string) {
	i.t.Helper()
	if err := i.broker.stop(); err != nil {
		i.t.Fatal(err)
	}
	i.programs.lockwired = lockwired
	i.startBroker(i.network.broker)
	i.awaitAttached(attachWithin, i.source, i.target)
}

// backUpOnce carries a connection and waits until its session has ended.
func (i *installation) backUpOnce(server *backend, port int) {
	i.t.Helper()
	had := len(i.receipts("nightly"))
	f := server.open(i.t, i.network, port)
	if err := errors.Join(f.exchange("a backup"), f.finish()); err != nil {
		i.t.Fatal(err)
	}
	i.awaitReceipts("nightly", had+1)
}

// oldCommandLineServes has the command line of before read and change what the broker of this version keeps.
func (i *installation) oldCommandLineServes(lockwired string) {
	i.t.Helper()
	now := i.programs.lockwired
	i.programs.lockwired = lockwired
	defer func() { i.programs.lockwired = now }()
	i.lockwired("rules", "add", "Branch", "--source", "10.1.0.0/16", "--target", "any", "--encrypt")
	i.lockwired("rules", "disable", "Branch")
	if listed := i.lockwired("rules", "list"); !strings.Contains(listed, "Branch") {
		i.t.Errorf("the command line of before lists\n%s", listed)
	}
	for _, command := range [][]string{{"sessions", "list"}, {"receipts", "list"}, {"components", "list"}, {"routes", "list"}, {"audit"}, {"status"}} {
		i.lockwired(command...)
	}
}

// toldWhatIsOld waits until exactly these components are named as of another version.
func (i *installation) toldWhatIsOld(names ...string) {
	i.t.Helper()
	eventually(i.t, time.Minute, fmt.Sprintf("the check names %v as of another version", names), func() error {
		// The exit code is a monitoring plug-in's: 1 for a warning.
		out, _ := output(i.t, commandWithin, i.lockwiredCommand(nil, "check"))
		var told []string
		for _, name := range []string{"source", "target"} {
			if strings.Contains(out, name+" runs Lockwire ") {
				told = append(told, name)
			}
		}
		if !slices.Equal(told, names) {
			return fmt.Errorf("it names %v:\n%s", told, out)
		}
		return nil
	})
}
