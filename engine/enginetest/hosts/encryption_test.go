//go:build linux

package hosts

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
)

// phase is a round trip of every tool under one set of rules.
type phase struct {
	mode  engine.Mode
	by    engine.By
	rules []string
}

var (
	sealedByItself = phase{engine.Sealed, engine.ByAutomatic, []string{engine.InternetRuleName}}
	plain          = phase{engine.Plain, engine.ByNone, nil}
	sealedByRule   = phase{engine.Sealed, engine.ByRule, []string{"Vault"}}
)

// Real backups between two private networks: they are encrypted for the sake of a public interface that nothing uses, until the
// override turns that off, and again when a rule of one's own says so. A capture on the router decides what is true.
func TestBackupsAreSealedAsTheRulesSay(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, newNetwork(t, v4, "203.0.113.7"))
	tools := []backupTool{newRsync(t, i), newRestic(t, i), newPostgres(t, i)}
	i.awaitReceipts("restic", 1) // of making the repository
	i.backUp("automatic for an unused public interface", tools, sealedByItself)
	i.override()
	i.backUp("plain with the override", tools, plain)
	i.lockwired("rules", "add", "Vault", "--source", "10.77.2.0/24", "--target", "10.77.3.2", "--encrypt")
	i.backUp("sealed by a rule in spite of the override", tools, sealedByRule)
}

// The same where hosts have no IPv4 address at all.
func TestBackupsOverIPv6AreSealedAsTheRulesSay(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, newNetwork(t, v6, "2001:db8:77::7"))
	tools := []backupTool{newRsync(t, i)}
	i.backUp("automatic for an unused public interface", tools, sealedByItself)
	i.override()
	i.backUp("plain with the override", tools, plain)
	i.lockwired("rules", "add", "Vault", "--source", "fd77:2::/64", "--target", "fd77:3::2", "--encrypt")
	i.backUp("sealed by a rule in spite of the override", tools, sealedByRule)
}

// override turns automatic encryption off, which must be confirmed.
func (i *installation) override() {
	i.t.Helper()
	command := []string{"settings", "set", "DisablePublicIPTrafficEncryption", "1"}
	if out, err := output(i.t, commandWithin, i.lockwiredCommand(nil, command...)); err == nil || !strings.Contains(err.Error(), "--yes") {
		i.t.Fatalf("encryption was turned off without a confirmation: %v %s", err, out)
	}
	i.lockwired(append(command, "--yes")...)
}

// backUp lets each tool back up and restore, and compares what the receipts and the capture say with what is wanted.
func (i *installation) backUp(name string, tools []backupTool, want phase) {
	i.t.Helper()
	i.t.Run(name, func(t *testing.T) {
		i := i.in(t)
		seen := map[string]int{}
		for _, tool := range tools {
			seen[tool.route()] = len(i.receipts(tool.route()))
		}
		marker, words := newMarker(), []string{}
		capture := startCapture(t, i.network)
		for _, tool := range tools {
			tool.roundTrip(t, marker)
			words = append(words, tool.words(marker)...)
		}
		found := capture.end(t, words...)

		carried := uint64(0)
		for _, tool := range tools {
			before := seen[tool.route()]
			receipts := i.awaitReceipts(tool.route(), before+1)[before:]
			for at := range receipts {
				carried += i.checkReceipt(t, &receipts[at], want)
			}
		}
		for _, word := range words {
			if packets := found.packets[word]; (packets == 0) != (want.mode == engine.Sealed) {
				t.Errorf("%s: %d packets on the router hold %q", want.mode, packets, word)
			}
		}
		// What was captured is what was carried: a capture that missed it would find no plaintext either.
		if found.dataPort < carried || carried < largeFile {
			t.Errorf("%d bytes were carried, the capture has %d to and from data ports", carried, found.dataPort)
		}
		if found.unused != 0 {
			t.Errorf("%d packets used the public interface that nothing should use", found.unused)
		}
		t.Logf("%s: %d bytes carried, %d on the wire; packets with plaintext: %v", want.mode, carried, found.dataPort, found.packets)
	})
}

// in is the installation for a subtest.
func (i *installation) in(t *testing.T) *installation {
	other := *i
	other.t = t
	return &other
}

// checkReceipt compares one receipt with what is wanted, and gives how many bytes its session carried.
func (i *installation) checkReceipt(t *testing.T, r *engine.Receipt, want phase) uint64 {
	t.Helper()
	checkComplete(t, r)
	d := r.Decision
	if d.Mode != want.mode || d.By != want.by || !slices.Equal(d.Rules, want.rules) && len(d.Rules)+len(want.rules) > 0 {
		t.Errorf("receipt of %s: %s by %s %v; wanted %s by %s %v", r.RouteName, d.Mode, d.By, d.Rules, want.mode, want.by, want.rules)
	}
	if want.by == engine.ByAutomatic {
		triggers := fmt.Sprint(d.Triggers)
		if len(d.Triggers) != 1 || d.Triggers[0].Address.Address != i.network.unused || d.Triggers[0].OnPath {
			t.Errorf("receipt of %s: it was triggered by %s, not by %v alone, beside the path", r.RouteName, triggers, i.network.unused)
		}
	}
	return r.Traffic.ToTarget + r.Traffic.ToSource
}
