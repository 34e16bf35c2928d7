//go:build linux

package systems

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/enginetest/wait"
)

const (
	startPage     = "getting-started.md"
	resticChapter = "restic, from nothing, on two machines"
)

// tokenLine is a join token as `components token` prints it.
var tokenLine = regexp.MustCompile(`(?m)^\s*([a-z2-7]{80,})\s*$`)

// newInstallation installs the packages on two new systems and follows the restic chapter as it is written, up to and with its first
// backup: somebody types each line at a terminal, and pastes the token that the line before printed.
func newInstallation(t *testing.T) (vault, fileserver *system, tokens []string) {
	t.Helper()
	vault, fileserver = newPair(t)
	vault.install(builtPackage(t, serverPackage), builtPackage(t, agentPackage))
	fileserver.install(builtPackage(t, agentPackage))
	// What the chapter's reader has: something to back up, and restic's password where it would ask for one.
	fileserver.shell("mkdir -p /srv/work && head -c 3000000 /dev/urandom >/srv/work/random && cp -r /usr/share/perl5 /srv/work/")
	fileserver.shell("echo a-password-of-restics >/root/restic-password")

	named := map[string]*system{vault.name: vault, fileserver.name: fileserver}
	token := ""
	for _, step := range chapter(t, startPage, resticChapter) {
		on := named[step.system]
		if on == nil {
			t.Fatalf("the chapter names a machine %s", step.system)
		}
		line, answers := step.line, []answer(nil)
		if strings.HasPrefix(line, "lockwire-agent join") {
			answers = append(answers, answer{"Join token: ", token})
		}
		if strings.HasPrefix(line, "restic ") {
			line = "export RESTIC_PASSWORD_FILE=/root/restic-password; " + line
		}
		shown, err := on.typed(line, answers...)
		must(t, err)
		t.Logf("%s# %s\n%s", step.system, step.line, shown)
		if token != "" && len(answers) > 0 && strings.Contains(shown, token) {
			t.Errorf("the terminal shows the token that was typed:\n%s", shown)
		}
		if strings.HasPrefix(line, "lockwired components token") {
			words := tokenLine.FindStringSubmatch(shown)
			if words == nil {
				t.Fatalf("no line is a token:\n%s", shown)
			}
			token = words[1]
			tokens = append(tokens, token)
		}
	}
	return vault, fileserver, tokens
}

// ask runs a command of the broker's with --json and reads what it printed.
func ask[T any](s *system, words ...string) (answer T) {
	s.t.Helper()
	out := s.run(append(append([]string{"lockwired"}, words...), "--json")...)
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		s.t.Fatalf("lockwired %s printed no JSON: %v\n%s", strings.Join(words, " "), err, out)
	}
	return answer
}

// awaitAttached waits until the components are attached and their routes' listeners are up.
func awaitAttached(vault *system, components ...string) {
	vault.t.Helper()
	wait.Until(vault.t, bootWithin, "the agents attach and listen", func() error {
		answer, err := vault.try("lockwired", "components", "list", "--json")
		if err != nil {
			return err
		}
		var all []engine.ComponentStatus
		if err := json.Unmarshal([]byte(answer), &all); err != nil {
			return err
		}
		online := map[string]bool{}
		for _, c := range all {
			online[c.Name] = c.Online
		}
		for _, name := range components {
			if !online[name] {
				return fmt.Errorf("%s is offline", name)
			}
		}
		for _, route := range ask[[]engine.RouteStatus](vault, "routes", "list") {
			for _, listener := range route.Listeners {
				if listener.State != engine.ListenerUp {
					return fmt.Errorf("%s: %s %s", listener.ComponentName, listener.State, listener.Problem)
				}
			}
		}
		return nil
	})
}

// backUp backs up with restic through the chapter's route, and restores what it backed up.
func backUp(fileserver *system) {
	fileserver.t.Helper()
	fileserver.shell("date >>/srv/work/changed && " + restic + " backup --quiet /srv")
	fileserver.shell("rm -rf /root/restored && " + restic + " restore --quiet latest --target /root/restored && diff -r /srv /root/restored/srv")
}

const restic = "restic --repo rest:http://127.0.0.1:8000/ --password-file /root/restic-password"

// awaitReceipts waits until no session is live, and gives the receipts, the oldest last. All of them were sealed and are complete.
func awaitReceipts(vault *system, least int) (receipts []engine.Receipt) {
	vault.t.Helper()
	wait.Until(vault.t, bootWithin, "the sessions end", func() error {
		if live := ask[[]engine.Session](vault, "sessions", "list"); len(live) > 0 {
			return fmt.Errorf("%d are live", len(live))
		}
		receipts = ask[[]engine.Receipt](vault, "receipts", "list")
		if len(receipts) < least {
			return fmt.Errorf("there are %d receipts", len(receipts))
		}
		return nil
	})
	return receipts
}

// checkSealed fails where bytes went another way than sealed, or a key was not destroyed at an end.
func checkSealed(t *testing.T, receipts []engine.Receipt) {
	t.Helper()
	for _, r := range receipts {
		if r.State == engine.SessionRefused {
			continue
		}
		if r.Decision.Mode != engine.Sealed || r.Key.DestroyedBroker.IsZero() {
			t.Errorf("receipt %s: %s, key %+v", r.ID, r.Decision.Mode, r.Key)
		}
	}
}

// stateOf gives what systemd says of a unit: its first process, how often it was restarted, and its state.
func (s *system) stateOf(unit, property string) string {
	s.t.Helper()
	return strings.TrimSpace(s.run("systemctl", "show", "--value", "--property="+property, unit))
}

// awaitRestarted waits until a unit runs with another process than it did.
func (s *system) awaitRestarted(unit, before string) {
	s.t.Helper()
	wait.Until(s.t, bootWithin, unit+" runs again", func() error {
		if now, state := s.stateOf(unit, "MainPID"), s.stateOf(unit, "ActiveState"); now == before || now == "0" || state != "active" {
			return fmt.Errorf("its process is %s, it was %s, and it is %s", now, before, state)
		}
		return nil
	})
}
