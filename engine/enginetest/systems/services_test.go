//go:build linux

package systems

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// units are the services of Lockwire, and what systemd calls them.
var units = []string{"lockwired", "lockwire-agent"}

// An administrator who follows the restic chapter has a sealed backup, and goes on having one whatever happens to the machines.
func TestTheResticChapterHoldsWhateverHappensToTheMachines(t *testing.T) {
	vault, fileserver, tokens := newInstallation(t)
	checkSealed(t, awaitReceipts(vault, 1))

	t.Run("restart", func(t *testing.T) {
		vault.run("systemctl", "restart", "lockwired", "lockwire-agent")
		fileserver.run("systemctl", "restart", "lockwire-agent")
		awaitAttached(vault, "vault", "fileserver")
		backUp(fileserver)
	})
	t.Run("kill -9", func(t *testing.T) {
		for _, unit := range units {
			before := vault.stateOf(unit, "MainPID")
			vault.run("systemctl", "kill", "--signal=SIGKILL", unit)
			vault.awaitRestarted(unit, before)
		}
		awaitAttached(vault, "vault", "fileserver")
		backUp(fileserver)
	})
	t.Run("reboot", func(t *testing.T) {
		vault.reboot()
		fileserver.reboot()
		awaitAttached(vault, "vault", "fileserver")
		backUp(fileserver)
	})
	t.Run("power off", func(t *testing.T) {
		vault.loseTheMains()
		fileserver.loseTheMains()
		awaitAttached(vault, "vault", "fileserver")
		backUp(fileserver)
	})
	checkSealed(t, awaitReceipts(vault, 5))
	t.Run("a port below 1024", func(t *testing.T) {
		fileserver.run("lockwire-agent", "allow-listen", "add", "127.0.0.1:873")
		fileserver.run("systemctl", "restart", "lockwire-agent")
		vault.run("lockwired", "routes", "add", "low", "--source", "fileserver", "--listen", "127.0.0.1:873", "--target", "vault", "--backend", "127.0.0.1:8000")
		awaitAttached(vault, "vault", "fileserver")
	})
	t.Run("an administrator who is not root", func(t *testing.T) { checkAdministrator(t, vault) })
	t.Run("a passphrase as a credential", func(t *testing.T) {
		const passphrase = "seven-otters-on-a-ferry"
		sealAuthority(t, vault, fileserver, passphrase)
		tokens = append(tokens, passphrase)
		if key := vault.shell("cat /var/lib/lockwire/authority.pem"); strings.Contains(key, "BEGIN PRIVATE KEY") || strings.Contains(key, "BEGIN EC PRIVATE KEY") {
			t.Error("the authority's key lies there in clear")
		}
	})
	t.Run("self-test", func(t *testing.T) { selfTest(t, vault) })
	t.Run("restrictions", func(t *testing.T) {
		for _, unit := range units {
			checkExposure(t, vault, unit)
		}
	})
	t.Run("journal", func(t *testing.T) { checkJournals(t, tokens, vault, fileserver) })
	t.Run("upgrade in mid-backup", func(t *testing.T) { upgradeInMidBackup(t, vault, fileserver) })
	t.Run("remove and purge", func(t *testing.T) { removeAndPurge(t, vault, fileserver) })
}

// selfTest has both programs try the machine, as root: the service that they install for it runs, and nothing of it is left.
func selfTest(t *testing.T, s *system) {
	t.Helper()
	for _, program := range units { // they are called as their services are
		table := s.run(program, "selftest")
		if !selfTestedService.MatchString(table) || strings.Contains(table, "FAILED") {
			t.Errorf("%s selftest:\n%s", program, table)
		}
	}
	if left := s.shell("ls /var/lib /etc/systemd/system | grep selftest || true"); left != "" {
		t.Errorf("the self-test leaves %s", left)
	}
}

var selfTestedService = regexp.MustCompile(`(?m)^ok +service +installed, ran as daemon`)

// checkAdministrator has a member of the group administer the broker, without knowing where its data are, and nobody else.
func checkAdministrator(t *testing.T, vault *system) {
	t.Helper()
	vault.shell("useradd --create-home ann && useradd --create-home bob && usermod --append --groups lockwire ann")
	if out, err := vault.as("ann", "lockwired components list"); err != nil || !strings.Contains(out, "fileserver") {
		t.Errorf("ann: %v", err)
	}
	if out, err := vault.as("bob", "lockwired components list"); err == nil || !strings.Contains(err.Error(), "exit status 6") || !strings.Contains(out, "group lockwire") {
		t.Errorf("bob: %v\n%s", err, out)
	}
}

// mostExposure is the highest score of `systemd-analyze security` that a unit of ours may have; 10 is a unit without restrictions.
const mostExposure = 2.0

var exposureLine = regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`)

func checkExposure(t *testing.T, s *system, unit string) {
	t.Helper()
	report := s.run("systemd-analyze", "security", "--no-pager", unit)
	words := exposureLine.FindStringSubmatch(report)
	if words == nil {
		t.Fatalf("no score:\n%s", report)
	}
	score, err := strconv.ParseFloat(words[1], 64)
	must(t, err)
	t.Logf("systemd-analyze security %s: %s", unit, words[1])
	if score > mostExposure {
		t.Errorf("%s has the score %s:\n%s", unit, words[1], report)
	}
}

// checkJournals fails where a journal, of all units and since the system was made, holds a secret.
func checkJournals(t *testing.T, secrets []string, systems ...*system) {
	t.Helper()
	for _, s := range systems {
		journal := s.run("journalctl", "--no-pager", "--output=export", "--all")
		for _, unit := range units[1:] {
			if !strings.Contains(journal, "_SYSTEMD_UNIT="+unit+".service") {
				t.Errorf("the journal of %s has nothing of %s, so that it shows nothing", s.name, unit)
			}
		}
		for _, secret := range append([]string{"PRIVATE KEY"}, secrets...) {
			if strings.Contains(journal, secret) {
				t.Errorf("the journal of %s holds a secret", s.name)
			}
		}
		if strings.Contains(journal, "could not be locked") {
			t.Errorf("on %s, memory that holds keys could not be locked", s.name)
		}
	}
}
