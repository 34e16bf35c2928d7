package main

import (
	"encoding/json"
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
)

// equipped is a data folder with three components: fileserver (tag branch), vault, which has a public address, and one that is
// revoked. A service and a route lead from the one to the other.
func equipped(t *testing.T) string {
	t.Helper()
	path := filepath.Join(shortFolder(t), "data")
	opened, err := server.OpenFolder(t.Context(), server.Options{Path: path, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	fileserver, vault, gone := member("fileserver", "10.0.0.1"), member("vault", "10.0.1.1", "203.0.113.7"), member("gone", "10.0.2.1")
	fileserver.Tags, gone.Revoked = []string{"branch"}, time.Now()
	vault.Report.Version, vault.Report.AllowedBackends = "1", []string{"127.0.0.1:8000-8100"}
	service := engine.Service{ID: engine.NewID(), Name: "repository", Target: vault.ID, Backend: "127.0.0.1:8000"}
	route := engine.Route{ID: engine.NewID(), Name: "nightly", Sources: []engine.ID{fileserver.ID}, Listen: "127.0.0.1:8000", Service: service.ID, Direction: engine.Push, Enabled: true}
	err = opened.Store.Write(t.Context(), func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(fileserver), tx.PutComponent(vault), tx.PutComponent(gone), tx.PutService(service), tx.PutRoute(route))
	})
	if err := errors.Join(err, opened.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func member(name string, addresses ...string) engine.Component {
	component := engine.Component{ID: engine.NewID(), Name: name, Role: engine.Server, Tags: []string{}, Joined: time.Now()}
	for _, address := range addresses {
		component.Report.Interfaces = append(component.Report.Interfaces, engine.Address{Address: netip.MustParseAddr(address), Origin: engine.FromInterface})
	}
	return component
}

func TestComponentsServicesAndRoutesAreSeenAndChanged(t *testing.T) {
	for name, path := range map[string]string{"folder": equipped(t), "broker": serveOn(t, equipped(t))} {
		t.Run(name, func(t *testing.T) {
			runSteps(t, path, []step{
				{"components list", 0, []string{"fileserver", "203.0.113.7 [public]", "branch", "offline  ", "PROBLEM"}},
				{"components list --all", 0, []string{"gone", "revoked"}},
				{"components show VAULT", 0, []string{"10.0.1.1", "127.0.0.1:8000-8100"}},
				{"components show gone", 4, []string{`component "gone"`}},
				{"components show vault --json", 0, []string{`"name": "vault"`}},
				{"components tag vault --add second", 0, []string{"changed the tags"}},
				{"components tag vault --remove first", 4, []string{"first"}},
				{"components tag vault", 0, []string{"second"}},
				{"components tag vault --add UPPER", 2, []string{"UPPER"}},
				{"components tag vault fileserver --add both", 0, []string{"changed the tags of vault, fileserver"}},
				{"components tag vault fileserver --remove both --add one-of-us --dry-run", 0, []string{"nothing was changed"}},
				{"components tag vault fileserver", 0, []string{"vault: both, second", "fileserver: ", "both"}},
				{"components tag vault fileserver --remove nowhere", 4, []string{"nowhere"}},
				{"components tag vault nobody --add x", 4, []string{"nobody"}},
				{"components limit vault 10MB/s", 0, []string{"changed the limit"}},
				{"components limit vault fast", 2, []string{"not a limit"}},
				{"components limit vault none", 0, nil},
				{"components rename vault FileServer", 2, []string{"name", "taken"}},
				{"components rename vault archive", 0, []string{"renamed vault to archive"}},
				{"components rename archive vault", 0, nil},
				{"components token fileserver --role tape --broker-address b:6170", 2, []string{"taken"}},
				{"services list", 0, []string{"repository", "vault", "127.0.0.1:8000"}},
				{"services add second --target vault --backend nowhere", 2, []string{"backend"}},
				{"services add second --backend 127.0.0.1:8001", 2, []string{"target"}},
				{"services add second --target vault --backend 127.0.0.1:8001", 0, []string{"added service second"}},
				{"services add Second --target vault --backend 127.0.0.1:8001", 2, []string{"taken"}},
				{"services edit second", 2, []string{"nothing to change"}},
				{"services edit second --name third --backend 127.0.0.1:8002", 0, []string{"changed service third"}},
				{"services edit repository --backend 10.0.0.8:8000", 1, []string{"nightly", "in use", "routes edit"}},
				{"services remove repository", 1, []string{"nightly", "in use"}},
				{"services remove third", 0, []string{"removed service third"}},
				{"services remove third", 4, []string{"third"}},
				{"routes list", 0, []string{"nightly", "fileserver", "vault", "127.0.0.1:8000", "push"}},
				{"routes list --json", 0, []string{`"targetName": "vault"`}},
				{"routes add r --source fileserver --listen 127.0.0.1:8001", 2, []string{"--target and --backend"}},
				{"routes add r --source fileserver --target vault --backend 127.0.0.1:8001", 2, []string{"listen"}},
				{"routes add r --source fileserver,tag:branch --listen 127.0.0.1:8001 --target vault --backend 127.0.0.1:8001", 2, []string{"source"}},
				{"routes add r --source fileserver --listen nowhere --target vault --backend 127.0.0.1:8001", 2, []string{"listen"}},
				{"routes add r --source fileserver --listen 127.0.0.1:8000 --target vault --backend 127.0.0.1:8001", 2, []string{"listen", "nightly"}},
				{"routes add r --source fileserver --listen 0.0.0.0:8001 --target vault --backend 127.0.0.1:8001", 3, []string{"plain", "--yes"}},
				{"routes add r --source fileserver --listen 127.0.0.1:8001 --target vault --backend 127.0.0.1:9999", 3, []string{"allow-backend add 127.0.0.1:9999", "--yes"}},
				{"services list", 0, []string{"repository"}},
				{"routes add r --source tag:branch --listen 127.0.0.1:8001 --target vault --backend 127.0.0.1:8001 --flow pull --linger 5", 0, []string{"added route r", "routes test"}},
				{"routes edit r --listen 10.0.0.1:8001", 3, []string{"--yes"}},
				{"routes edit r --listen 10.0.0.1:8001 --yes", 0, []string{"changed route r"}},
				{"routes edit r --flow sideways", 2, []string{"flow"}},
				{"routes edit r --name nightly", 2, []string{"taken"}},
				{"routes edit r --service repository --listen 127.0.0.1:8003 --enabled=false", 0, nil},
				{"routes remove r", 0, []string{"removed route r"}},
				{"routes remove r", 4, []string{"r"}},
				{"routes show nightly", 0, []string{"fileserver to vault: sealed, automatic (public address)", "127.0.0.1:8000"}},
				{"routes show nobody", 4, []string{"nobody"}},
				{"routes list", 0, []string{"PROTECTION", "fileserver to vault: sealed"}},
				{"routes test nobody", 4, []string{"nobody"}},
				{"receipts list --component fileserver --route nightly --mode sealed --refused --since 24h --until 2099-01-01", 0, []string{"ID"}},
				{"receipts list --mode half", 2, []string{"half"}},
				{"receipts list --component nobody", 4, []string{"nobody"}},
				{"audit --json --limit 1", 0, []string{`"what":`}},
				{"components revoke gone", 4, []string{"gone"}},
				{"components revoke vault --dry-run", 0, []string{"nightly", "nothing was changed"}},
				{"components revoke vault", 0, []string{"revoked vault"}},
			})
			left := run(t, "", "services", "list", "--json", "--data", path)
			if strings.Count(left.out, `"name"`) != 1 { // neither of a route that was refused, nor of one that left its own, a service stays
				t.Errorf("services are left: %s", left.out)
			}
		})
	}
}

func TestLosingEncryptionIsShownAndNeedsYes(t *testing.T) {
	for name, path := range map[string]string{"folder": equipped(t), "broker": serveOn(t, equipped(t))} {
		t.Run(name, func(t *testing.T) {
			const lost = "<< loses encryption"
			override := "settings set DisablePublicIPTrafficEncryption "
			empty := file(t, `{"version": 1, "rules": [{"name": "Internet", "enabled": false, "source": ["any"], "target": ["public"], "encrypt": true}]}`)
			runSteps(t, path, []step{
				{override + "1 --dry-run", 0, []string{lost, "fileserver -> vault (route nightly)", "nothing was changed"}},
				{override + "1", 3, []string{lost, "--yes"}},
				{"settings get DisablePublicIPTrafficEncryption", 0, []string{"0"}},
				{"rules disable Internet", 3, []string{lost, "--yes"}},
				{"rules edit Internet --encrypt=false", 3, []string{lost}},
				{"rules import --replace " + empty, 3, []string{lost, "--yes"}},
				{"rules show Internet", 0, []string{"on         on"}},
				{"rules add Trusted --source 10.0.0.1 --target 203.0.113.7 --exempt fibre", 3, []string{lost}},
				{"rules add Site --source component:fileserver --target component:vault --encrypt", 0, []string{"added rule Site"}},
				{override + "1", 3, []string{"public addresses", "--yes"}}, // no pair loses anything, and it is asked about all the same
				{override + "1 --yes", 0, []string{"is now 1"}},
				{"rules remove Site", 3, []string{lost}},
				{"components tag fileserver --remove branch", 0, nil},
				{"rules remove Site --yes", 0, []string{"removed rule Site"}},
				{override + "0 --json", 0, []string{`"mode": "sealed"`}},
			})
		})
	}
}

func TestWhatIsCompletedStandsInTheInstallation(t *testing.T) {
	path := equipped(t)
	for line, want := range map[string]string{
		"rules show ":                   "Internet",
		"rules remove I":                "Internet",
		"components show ":              "fileserver vault",
		"components rename fileserver ": "",
		"components revoke fileserver ": "vault",
		"services remove ":              "repository",
		"routes test ":                  "nightly",
		"routes probe ":                 "nightly",
		"routes add --source ":          "fileserver vault tag:branch",
		"routes add --target ":          "fileserver vault",
		"rules add x --source ":         "any public component:fileserver component:vault tag:branch role:proxy role:repository role:gateway role:tape role:agent role:server role:provider-gateway",
		"explain --operation ":          "backup restore",
		"sessions cut ":                 "", // no broker runs
		"receipts export --mode ":       "sealed plain",
		"receipts list --sort ":         "began ended lasted bytes source target route protection",
		"audit --sort ":                 "when who what thing",
	} {
		got := run(t, "", append([]string{"__complete", "--data", path}, strings.Split(line, " ")...)...)
		words, _, _ := strings.Cut(got.out, ":4\n")
		var all []string
		for word := range strings.Lines(words) {
			all = append(all, strings.TrimSpace(word))
		}
		if got.code != 0 || strings.Join(all, " ") != want {
			t.Errorf("%q: %q, wanted %q (%d, %s)", line, all, want, got.code, got.err)
		}
	}
	if got := run(t, "", "__complete", "--data", path, "settings", "set", ""); !strings.Contains(got.out, "DisablePublicIPTrafficEncryption\t") {
		t.Errorf("settings: %s", got.out)
	}
	if got := run(t, "", "__complete", "--data", filepath.Join(path, "nowhere"), "rules", "show", ""); got.code != 0 || got.out != ":4\n" {
		t.Errorf("without an installation: %d, %q", got.code, got.out)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := run(t, "", "completion", shell); got.code != 0 || len(got.out) < 1000 {
			t.Errorf("%s: %d, %s", shell, got.code, got.err)
		}
	}
}

func TestEveryCommandThatListsHasJSON(t *testing.T) {
	path := serveOn(t, equipped(t))
	for _, line := range []string{"rules list", "components list", "services list", "routes list", "sessions list", "receipts list", "audit", "settings get", "administrators list",
		"rules show Internet", "components show vault", "settings get DisablePublicIPTrafficEncryption"} {
		got := run(t, "", append(strings.Fields(line), "--json", "--data", path)...)
		if got.code != host.ExitOK || !json.Valid([]byte(got.out)) {
			t.Errorf("%s: exit code %d, %s%s", line, got.code, got.out, got.err)
		}
	}
}
