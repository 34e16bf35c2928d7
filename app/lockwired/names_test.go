package main

import (
	"encoding/json"
	"strings"
	"testing"

	"lockwire/app/host"
	"lockwire/engine"
)

func TestNamesAreListedWithWhatTheyStandFor(t *testing.T) {
	data := folder(t)
	runSteps(t, data, []step{
		{"names list", 0, []string{"NAME"}},
		{"rules add Vault --source host:nas.example --target tag:nobody --encrypt", 0, []string{"host:nas.example has never resolved", "carries tag:nobody", "added rule Vault"}},
		{"names list", 0, []string{"host:nas.example", "no address", "never resolved", "Vault", "tag:nobody", "matches nothing"}},
		{"names list role:tape", 0, []string{"role:tape", "matches nothing"}},
		{"names list 10.0.0.1", 2, []string{"is not component:NAME"}},
		{"rules show Vault", 0, []string{"host:nas.example"}},
		{"settings set DNSServer 127.0.0.1:5353", 0, []string{"DNSServer is now 127.0.0.1:5353"}},
		{"settings set DNSServer dns.example", 2, []string{"DNSServer", "is not an address"}},
	})
	got := run(t, "", "names", "list", "--json", "--data", data)
	var names []engine.NameStatus
	if err := json.Unmarshal([]byte(got.out), &names); err != nil || got.code != host.ExitOK || len(names) != 2 || names[0].Host == nil || !names[0].Encrypts {
		t.Errorf("%v, %+v\n%s", err, names, strings.TrimSpace(got.out+got.err))
	}
}
