package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lockwire/app/host"
)

const explainRules = `{"version": 1, "rules": [
  {"name": "Branch uplink", "source": ["192.168.0.0/24"], "target": ["172.16.0.31", "public"], "encrypt": true,
   "throttle": {"value": 100, "unit": "Mbit/s", "relaxed": {"value": 50, "unit": "MB/s"}},
   "schedule": {"timeZone": "Europe/Berlin", "monday": "000000001111111111110000", "tuesday": "rrrrrrrrrrrrrrrrrrrrrrrr"}},
  {"name": "Trusted", "source": ["10.5.0.0/16"], "target": ["203.0.113.5"], "exempt": {"reason": "own fibre"}},
  {"name": "By name", "source": ["component:a"], "target": ["tag:t"], "encrypt": true},
  {"name": "By host", "source": ["10.9.0.1"], "target": ["host:vault.example"], "encrypt": true}]}`

// file writes a file into a folder of the test's own.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// explainedJSON runs explain --json and gives what it printed without the steps, which are words, and the steps.
func explainedJSON(t *testing.T, arguments ...string) (head string, steps []json.RawMessage) {
	t.Helper()
	got := run(t, "", append([]string{"explain", "--json"}, arguments...)...)
	if got.code != 0 {
		t.Errorf("%v: exit code %d: %s", arguments, got.code, got.err)
		return "", nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(got.out)); err != nil {
		t.Fatalf("%v: %v\n%s", arguments, err, got.out)
	}
	head, rest, found := strings.Cut(compact.String(), `,"steps":`)
	if !found || json.Unmarshal([]byte(strings.TrimSuffix(rest, "}")), &steps) != nil || len(steps) == 0 {
		t.Errorf("%v: no steps at the end of %s", arguments, &compact)
	}
	return head, steps
}

func TestExplainPrintsTheContractedJSON(t *testing.T) {
	rules := file(t, explainRules)
	names := file(t, `{"component:a": ["10.0.0.1"], "tag:t": ["10.0.0.2", "10.0.0.3"], "host:vault.example": ["10.9.0.2"]}`)
	nowhere := file(t, `{"host:vault.example": []}`)
	const limit = `{"rule":"Branch uplink","value":100,"unit":"Mbit/s","perSessionBytesPerSecond":`
	// Each without the closing brace, before which the steps stand.
	tests := []struct{ line, want string }{
		{"--source 192.168.0.7 --target 172.16.0.31 --at 2026-05-04T12:00:00Z", `{"encrypt":true,"by":"rule","rules":["Branch uplink"],"throttle":` + limit + `12500000}`},
		{"--source 172.16.0.31 --target 192.168.0.7 --at 2026-05-04T12:00:00Z", `{"encrypt":true,"by":"rule","rules":["Branch uplink"],"throttle":` + limit + `12500000}`},
		{"--source 192.168.0.7 --target 172.16.0.31 --at 2026-05-04T12:00:00Z --live-sessions 3", `{"encrypt":true,"by":"rule","rules":["Branch uplink"],"throttle":` + limit + `4166666}`},
		{"--source 192.168.0.7 --target 172.16.0.31 --at 2026-05-04T12:00:00Z --operation restore", `{"encrypt":true,"by":"rule","rules":["Branch uplink"],"throttle":null`},
		{"--source 192.168.0.7 --target 172.16.0.31 --at 2026-05-04T05:59:59Z", `{"encrypt":true,"by":"rule","rules":["Branch uplink"],"throttle":null`},
		{"--source 192.168.0.7 --target 172.16.0.31 --at 2026-05-04T06:00:00Z", `{"encrypt":true,"by":"rule","rules":["Branch uplink"],"throttle":` + limit + `12500000}`},
		{"--source 192.168.0.7 --target 172.16.0.31 --at 2026-05-05T12:00:00+02:00", `{"encrypt":true,"by":"rule","rules":["Branch uplink"],"throttle":{"rule":"Branch uplink","value":50,"unit":"MB/s","perSessionBytesPerSecond":50000000}`},
		{"--source 192.168.0.7 --target 172.16.0.31 --same-host --at 2026-05-04T12:00:00Z", `{"encrypt":false,"by":"same-machine","rules":[],"throttle":null`},
		{"--source 10.1.0.1 --target 10.2.0.1 --target-role provider-gateway", `{"encrypt":true,"by":"provider-gateway","rules":[],"throttle":null`},
		{"--source 10.1.0.1 --target 10.2.0.1 --source-role provider-gateway --same-host", `{"encrypt":true,"by":"provider-gateway","rules":[],"throttle":null`},
		{"--source 10.1.0.1 --target 10.2.0.1 --target-role tape", `{"encrypt":false,"by":"none","rules":[],"throttle":null`},
		{"--source 10.1.0.1 --target 10.2.0.1,203.0.113.9", `{"encrypt":true,"by":"automatic","rules":["Internet"],"throttle":null`},
		{"--source 10.5.0.1 --target 203.0.113.5", `{"encrypt":false,"by":"exempt","rules":["Trusted"],"throttle":null`},
		{"--source 10.1.0.1 --target 203.0.113.9 --setting DisablePublicIPTrafficEncryption=1", `{"encrypt":false,"by":"none","rules":[],"throttle":null`},
		{"--source 10.1.0.1 --target 203.0.113.9 --setting DisablePublicIPTrafficEncryption=1 --setting DisablePublicIPTrafficEncryption=0", `{"encrypt":true,"by":"automatic","rules":["Internet"],"throttle":null`},
		{"--source 10.0.0.1 --target 10.0.0.3 --names " + names, `{"encrypt":true,"by":"rule","rules":["By name"],"throttle":null`},
		{"--source 10.0.0.1 --target 10.0.0.3", `{"encrypt":false,"by":"none","rules":[],"throttle":null`},
		{"--source 10.9.0.1 --target 10.9.0.2 --names " + names, `{"encrypt":true,"by":"rule","rules":["By host"],"throttle":null`},
		{"--source 10.9.0.1 --target 10.9.0.3 --names " + names, `{"encrypt":false,"by":"none","rules":[],"throttle":null`},
		{"--source 10.9.0.1 --target 10.9.0.3 --names " + nowhere, `{"encrypt":true,"by":"rule","rules":["By host"],"throttle":null`}, // until it resolves
	}
	for _, test := range tests {
		head, _ := explainedJSON(t, append(strings.Fields(test.line), "--rules", rules)...)
		if head != test.want {
			t.Errorf("%s:\n got  %s\n want %s", test.line, head, test.want)
		}
	}
}

func TestExplainReadsTheBodyOfVeeam(t *testing.T) {
	body := file(t, `{"useMultipleStreamsPerJob": true, "uploadStreamsCount": 5, "trafficRules": [
	  {"id": "1", "name": "Site", "sourceIPStart": "192.168.0.1", "sourceIPEnd": "192.168.0.255", "targetIPStart": "172.16.0.31", "targetIPEnd": "172.16.0.31",
	   "encryptionEnabled": true, "throttlingEnabled": true, "throttlingUnit": "MbitPerSpec", "throttlingValue": 10, "throttlingWindowEnabled": false}],
	  "preferredNetworks": {"isEnabled": false, "networks": []}}`)
	head, _ := explainedJSON(t, "--rules", body, "--source", "192.168.0.9", "--target", "172.16.0.31")
	if want := `{"encrypt":true,"by":"rule","rules":["Site"],"throttle":{"rule":"Site","value":10,"unit":"Mbit/s","perSessionBytesPerSecond":1250000}`; head != want {
		t.Errorf("got  %s\nwant %s", head, want)
	}
	piped := run(t, explainRules, "explain", "--json", "--rules", "-", "--source", "192.168.0.9", "--target", "172.16.0.31")
	if piped.code != 0 || !strings.Contains(piped.out, `"Branch uplink"`) {
		t.Errorf("from standard input: %d, %s", piped.code, piped.err)
	}
}

func TestExplainInWordsGivesTheReason(t *testing.T) {
	got := run(t, "", "explain", "--rules", file(t, explainRules), "--source", "10.1.0.1", "--target", "10.2.0.1,203.0.113.9")
	for _, want := range []string{"SEALED", "automatic", "203.0.113.9"} {
		if got.code != 0 || !strings.Contains(got.out, want) {
			t.Errorf("%q is not in (exit code %d)\n%s%s", want, got.code, got.out, got.err)
		}
	}
}

func TestExplainSaysWhyNot(t *testing.T) {
	rules := file(t, explainRules)
	ask := []string{"explain", "--why-not", "--rules", rules, "--source", "192.168.0.7", "--target", "172.16.0.31", "--at", "2026-05-04T12:00:00Z"}
	got := run(t, "", ask...)
	for _, want := range []string{"Rules that decide:\n    Branch uplink: ", "Rules that do not, and why not:\n    By host: ", "Internet: does not match: neither of the two has a public address",
		"Trusted: does not match: neither its source (10.5.0.0/16) nor its target (203.0.113.5) contains an address of the source (192.168.0.7) or the target (172.16.0.31)"} {
		if got.code != 0 || !strings.Contains(got.out, want) {
			t.Errorf("%q is not in (exit code %d)\n%s%s", want, got.code, got.out, got.err)
		}
	}
	var answer struct {
		WhyNot struct {
			Rules []struct{ Rule, Lost, Text string }
			Off   *int
		}
	}
	got = run(t, "", append(ask, "--json")...)
	if err := json.Unmarshal([]byte(got.out), &answer); err != nil {
		t.Fatal(err)
	}
	why := answer.WhyNot
	if len(why.Rules) != 4 || why.Rules[3].Rule != "Trusted" || why.Rules[3].Lost != "not in its source or target" || why.Rules[3].Text == "" || why.Off == nil || *why.Off != 0 {
		t.Errorf("it prints %s", got.out)
	}
	if got := run(t, "", append(ask, "--week")...); got.code != host.ExitUsage || !strings.Contains(got.err, "why-not") {
		t.Errorf("with --week: exit code %d, %s", got.code, got.err)
	}
}

func TestExplainNamesWhatIsWrongInTheQuestion(t *testing.T) {
	rules := file(t, explainRules)
	good := "--source 10.0.0.1 --target 10.0.0.2 --rules " + rules
	tests := []struct{ line, names string }{
		{"--target 10.0.0.2 --rules " + rules, "source"},
		{"--source 10.0.0.1 --rules " + rules, "target"},
		{"--source bogus --target 10.0.0.1 --rules " + rules, "--source"},
		{"--source 10.0.0.1,, --target 10.0.0.1 --rules " + rules, "--source"},
		{"--source 10.0.0.1 --target 10.0.0.0/24 --rules " + rules, "--target"},
		{"--source component:a --target 10.0.0.2 --rules " + rules, "--source"},
		{good + " --source-role pirate", "--source-role"},
		{good + " --target-role pirate", "--target-role"},
		{good + " --operation copy", "--operation"},
		{good + " --at noon", "--at"},
		{good + " --live-sessions 0", "--live-sessions"},
		{good + " --live-sessions many", "--live-sessions"},
		{good + " --setting DisablePublicIPTrafficEncryption", "--setting"},
		{good + " --setting DisablePublicIPTrafficEncryption=2", "DisablePublicIPTrafficEncryption"},
		{good + " --setting Nothing=1", "Nothing"},
		{good + " --names /nonexistent", "/nonexistent"},
		{good + " --names " + file(t, `{"server:a": []}`), "server:a"},
		{good + " --names " + file(t, `{"tag:a": ["10.0.0.0/8"]}`), "tag:a"},
		{good + " --names " + file(t, `{"tag:a": []} {}`), "--names"},
		{good + " --names " + file(t, `[]`), "--names"},
		{good + " --data /tmp", "--data"},
		{good + " more", "more"},
		{good + " --bogus", "--bogus"},
		{"--source 10.0.0.1 --target 10.0.0.2 --rules /nonexistent", "/nonexistent"},
		{"--source 10.0.0.1 --target 10.0.0.2 --rules " + file(t, `{"version": 2, "rules": []}`), "version"},
		{"--source 10.0.0.1 --target 10.0.0.2 --rules " + file(t, `{"version": 1, "rules": [], "colour": 1}`), "colour"},
		{"--source 10.0.0.1 --target 10.0.0.2 --rules " + file(t, `{"version": 1, "rules": [{"name": "X", "source": ["any"]}]}`), "target"},
		{"--source 10.0.0.1 --target 10.0.0.2 --rules " + file(t, `{"version": 1, "rules": [{"name": "X", "source": ["10.0.0.9-10.0.0.1"], "target": ["any"]}]}`), "source"},
		{"--source 10.0.0.1 --target 10.0.0.2 --rules " + file(t, `not JSON`), ""},
		{"--source 10.0.0.1 --target 10.0.0.2 --data /nonexistent", "/nonexistent"},
		{"--source 10.0.0.1 --target 10.0.0.2 --names x --data " + folder(t), "--names"},
		{"--source nobody --target 10.0.0.2 --data " + folder(t), "nobody"},
		{"--source 10.0.0.1 --target 10.0.0.2 --setting Nothing=1 --data " + folder(t), "Nothing"},
	}
	for _, test := range tests {
		got := run(t, "", append([]string{"explain", "--json"}, strings.Fields(test.line)...)...)
		if got.code != host.ExitUsage || got.err == "" || !strings.Contains(got.err, test.names) || got.out != "" {
			t.Errorf("%s: exit code %d, standard error %q, wanted %q in it and nothing printed: %s", test.line, got.code, got.err, test.names, got.out)
		}
	}
}

func TestExplainKnowsTheComponentsOfAnInstallation(t *testing.T) {
	for name, path := range map[string]string{"folder": equipped(t), "broker": serveOn(t, equipped(t))} {
		head, _ := explainedJSON(t, "--data", path, "--source", "fileserver", "--target", "component:VAULT")
		if want := `{"encrypt":true,"by":"automatic","rules":["Internet"],"throttle":null`; head != want {
			t.Errorf("%s: got %s, wanted %s", name, head, want)
		}
		head, _ = explainedJSON(t, "--data", path, "--source", "fileserver", "--target", "10.0.0.9")
		if want := `{"encrypt":false,"by":"none","rules":[],"throttle":null`; head != want {
			t.Errorf("%s: got %s, wanted %s", name, head, want)
		}
	}
}
