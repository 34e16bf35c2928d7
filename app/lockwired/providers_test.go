package main

import (
	"strings"
	"testing"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/enginetest/loopback"
	"lockwire/engine/identity"
)

func TestALinkIsAskedForAndNeverShown(t *testing.T) {
	path := serve(t)
	link, err := identity.NewLink(engine.KeyID{1}, engine.NewID(), []string{loopback.Address(t)})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		stdin     string
		arguments []string
		code      int
		says      string
	}{
		"as an argument":               {"", []string{"add", "Vault Ltd", link.Reveal()}, host.ExitUsage, "can be read by every user"},
		"without a name":               {"", []string{"add"}, host.ExitUsage, "a name for the provider"},
		"no link":                      {"password\n", []string{"add", "Vault Ltd", "--link-file", "-"}, host.ExitUsage, "not a link"},
		"a gateway that is not there":  {link.Reveal() + "\n", []string{"add", "Vault Ltd", "--link-file", "-"}, 1, "the link is not used up: its broker cannot be reached through gateway " + link.Gateways()[0]},
		"a provider that is not there": {"", []string{"show", "Vault Ltd"}, host.ExitNotFound, "Vault Ltd"},
		"nothing to list":              {"", []string{"list", "--json"}, 0, ""},
	} {
		got := run(t, c.stdin, append(append([]string{"providers"}, c.arguments...), "--data", path)...)
		if got.code != c.code || !strings.Contains(got.err, c.says) {
			t.Errorf("%s: code %d, %s", name, got.code, got.err)
		}
		if strings.Contains(got.err+got.out, link.Reveal()[:12]) {
			t.Errorf("%s: the link is shown", name)
		}
	}
	if got := run(t, "", "routes", "add", "copies", "--source", "a", "--listen", "127.0.0.1:9000", "--provider", "Vault Ltd", "--data", path); got.code != host.ExitUsage {
		t.Errorf("a route to a provider without a service: code %d, %s", got.code, got.err)
	}
	folder := run(t, link.Reveal(), "providers", "add", "Vault Ltd", "--link-file", "-", "--data", folder(t))
	if folder.code == 0 || !strings.Contains(folder.err, "broker") {
		t.Errorf("where no broker runs: code %d, %s", folder.code, folder.err)
	}
}
