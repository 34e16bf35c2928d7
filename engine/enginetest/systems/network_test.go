//go:build linux

package systems

import (
	"fmt"
	"testing"
)

// addresses are those of the two systems on the private network between them.
const (
	vaultAddress      = "10.88.0.1"
	fileserverAddress = "10.88.0.2"
)

// connect makes a network namespace for each of two systems, with a cable between them. A namespace outlives a reboot of its system.
func connect(t *testing.T, a, b *system) {
	t.Helper()
	for _, s := range []*system{a, b} {
		must(t, command("ip", "netns", "add", s.id))
		t.Cleanup(func() {
			if err := command("ip", "netns", "delete", s.id); err != nil {
				t.Error(err)
			}
		})
		must(t, command("ip", "-n", s.id, "link", "set", "lo", "up"))
	}
	must(t, command("ip", "-n", a.id, "link", "add", "host0", "type", "veth", "peer", "name", "host0", "netns", b.id))
	for _, s := range []*system{a, b} {
		must(t, command("ip", "-n", s.id, "address", "add", fmt.Sprintf("%s/24", s.address), "dev", "host0"))
		must(t, command("ip", "-n", s.id, "link", "set", "host0", "up"))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
