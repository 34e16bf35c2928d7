//go:build linux

package systems

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/enginetest/wait"
)

// upgradeInMidBackup upgrades all packages while a backup runs that goes on only after the upgrade: it ends well, and all of it is there.
func upgradeInMidBackup(t *testing.T, vault, fileserver *system) {
	t.Helper()
	fileserver.run("lockwire-agent", "service", "install", "--drain-within", "30s")
	awaitAttached(vault, "vault", "fileserver")
	fileserver.shell("head -c 60000000 /dev/urandom >/root/large")
	fileserver.run("systemd-run", "--unit=nightly", "--property=RemainAfterExit=yes", "bash", "-c",
		"{ head -c 40000000 /root/large; until [ -e /root/go-on ]; do sleep 0.1; done; tail -c 20000000 /root/large; } | HOME=/root "+restic+" backup --stdin --tag nightly")
	wait.Until(t, bootWithin, "the backup runs through a session", func() error {
		if len(ask[[]engine.Session](vault, "sessions", "list")) == 0 {
			return errors.New("no session is live")
		}
		return nil
	})
	before := map[string]string{}
	for _, unit := range units {
		before[unit] = vault.stateOf(unit, "MainPID")
	}
	source := fileserver.stateOf("lockwire-agent", "MainPID")
	vault.install(newerPackage(t, serverPackage), newerPackage(t, agentPackage))
	fileserver.install(newerPackage(t, agentPackage))
	fileserver.shell("touch /root/go-on")
	for _, unit := range units {
		vault.awaitRestarted(unit, before[unit])
	}
	fileserver.awaitRestarted("lockwire-agent", source)
	wait.Until(t, 2*bootWithin, "the backup ends", func() error {
		if result := fileserver.stateOf("nightly", "Result"); result != "success" {
			return wait.Hopeless("%s:\n%s", result, fileserver.run("journalctl", "--no-pager", "--unit=nightly"))
		}
		if state := fileserver.stateOf("nightly", "SubState"); state != "exited" {
			return fmt.Errorf("it is %s", state)
		}
		return nil
	})
	awaitAttached(vault, "vault", "fileserver")
	fileserver.shell(restic + " dump --tag nightly latest /stdin >/root/dumped && cmp /root/large /root/dumped && " + restic + " check --read-data")
}

// removeAndPurge takes the packages off: data outlast a removal, and a purge takes those of the broker only where that was agreed to.
func removeAndPurge(t *testing.T, vault, fileserver *system) {
	t.Helper()
	const quiet = "DEBIAN_FRONTEND=noninteractive apt-get --yes "
	vault.shell(quiet + "remove lockwire-server")
	vault.shell("test -e /var/lib/lockwire/authority.pem && ! systemctl is-active lockwired")
	vault.install(builtPackage(t, serverPackage))
	vault.run("lockwired", "service", "install")
	awaitAttached(vault, "vault", "fileserver")

	vault.shell(quiet + "purge lockwire-server")
	vault.shell("test -e /var/lib/lockwire/authority.pem") // nobody was asked
	vault.install(builtPackage(t, serverPackage))
	// What the administrator of the credential made is the administrator's to remove.
	vault.shell("rm /etc/lockwire-ca-passphrase /etc/systemd/system/lockwired.service.d/override.conf")
	vault.shell("echo lockwire-server lockwire-server/purge-data boolean true | debconf-set-selections && " + quiet + "purge lockwire-server lockwire-agent")
	fileserver.shell(quiet + "purge lockwire-agent")
	for _, s := range []*system{vault, fileserver} {
		left := s.shell("find /etc /var/lib /usr -xdev -name '*lockwire*' -not -path '/var/lib/dpkg/*' -not -path '/etc/systemd/system/*backend*'; getent passwd lockwire lockwire-agent || true")
		if left != "" {
			t.Errorf("the purge left on %s:\n%s", s.name, left)
		}
		if state := s.installed(agentPackage); strings.Contains(state, "installed") && !strings.Contains(state, "not-installed") {
			t.Errorf("%s: %s", s.name, state)
		}
	}
}
