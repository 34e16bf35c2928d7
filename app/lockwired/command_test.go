package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
)

// result is what a command printed and how it ended.
type result struct {
	out, err string
	code     int
}

// run runs one command line in this process.
func run(t *testing.T, stdin string, arguments ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	root := rootCommand()
	root.SetArgs(arguments)
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(&errs)
	err := root.ExecuteContext(t.Context())
	if err != nil {
		errs.WriteString(err.Error())
	}
	return result{out.String(), errs.String(), exitCode(err)}
}

// folder is a data folder with a new installation on which no broker runs.
func folder(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data")
	opened, err := server.OpenFolder(t.Context(), server.Options{Path: path, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// shortFolder is a temporary folder with a short name: the path of a local socket has 107 bytes at the most.
func shortFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "lw")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}

// serve runs a broker on a new data folder until the test ends.
func serve(t *testing.T) string {
	t.Helper()
	return serveOn(t, filepath.Join(shortFolder(t), "data"))
}

// serveOn runs a broker on a data folder until the test ends.
func serveOn(t *testing.T, path string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ready, served := make(chan struct{}), make(chan error, 1)
	go func() {
		served <- server.Serve(ctx, server.ServeOptions{
			Options: server.Options{Path: path, Program: "test", Logger: slog.New(slog.DiscardHandler)}, Listen: "127.0.0.1:0", Version: "test",
			Ready: func(*server.Running) { close(ready) },
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	select {
	case <-ready:
	case err := <-served:
		served <- err
		t.Fatal(err)
	case <-time.After(time.Minute):
		t.Fatal("the broker does not come up")
	}
	return path
}

func TestCommandsWorkOnAFolderAndOnARunningBrokerAlike(t *testing.T) {
	for name, data := range map[string]func(*testing.T) string{"folder": folder, "broker": serve} {
		t.Run(name, func(t *testing.T) {
			path := data(t)
			runSteps(t, path, []step{
				{"rules list", 0, []string{"Internet", "any", "public"}},
				{"rules add Nightly --source 10.0.0.0/24 --target 10.0.1.1,10.0.1.2 --encrypt --throttle 100Mbit/s --relaxed 400Mbit/s --schedule mon-fri=00000000rrrrrrrrrrrr0000", 0, []string{"added rule Nightly"}},
				{"rules add nightly --source any --target any", 2, []string{"name", "taken"}},
				{"rules add Bad --source 10.0.0.9-10.0.0.1 --target any", 2, []string{`rule "Bad": source`, "ends before it begins"}},
				{"rules add Host --source any --target host:vault_.example.-", 2, []string{"target", "host"}},
				{"rules add Host --source any --target role:vault", 2, []string{"target", "is not a role"}},
				{"rules show Nightly", 0, []string{"10.0.0.0/24", "100 Mbit/s (relaxed: 400 Mbit/s)", "now        ", "monday"}},
				{"rules show Nobody", 4, []string{"not found"}},
				{"rules edit Nightly --throttle none --schedule always --comment off-site", 0, []string{"changed rule Nightly"}},
				{"rules disable Nightly", 0, []string{"turned rule Nightly off"}},
				{"rules enable Nightly", 0, []string{"turned rule Nightly on"}},
				{"rules remove Internet", 1, []string{"predefined"}},
				{"rules remove Nightly --dry-run", 0, []string{"nothing was changed"}},
				{"rules remove Nightly", 0, []string{"removed rule Nightly"}},
				{"settings get", 0, []string{"DisablePublicIPTrafficEncryption"}},
				{"settings set DisablePublicIPTrafficEncryption 2", 2, []string{"use 0 or 1"}},
				{"settings set DisablePublicIPTrafficEncryption 1 --yes", 0, []string{"is now 1"}},
				{"settings get DisablePublicIPTrafficEncryption", 0, []string{"1"}},
				{"settings get Nothing", 4, []string{"not found"}},
				{"components list", 0, []string{"NAME"}},
				{"components token", 2, []string{"say what the machine is called"}},
				{"components token x --uses 2 --broker-address b:6170", 2, []string{"one *"}},
				{"components token --name branch-* --broker-address b:6170", 2, []string{"uses", "how many"}},
				{"components token --uses 2 --name branch-* --valid 169h --broker-address b:6170", 2, []string{"valid", "7 days"}},
				{"components token --uses 2 --name branch-* --valid 2h --tag branch --broker-address b:6170", 0, nil},
				{"components tokens", 0, []string{"branch-*", "open", "0 of 2", "branch"}},
				{"components revoke-token Branch-*", 0, []string{"revoked the token for branch-*", "0 machines had used it"}},
				{"components revoke-token branch-*", 4, []string{"not"}},
				{"components tokens", 0, []string{"revoked"}},
				{"administrators tokens", 0, nil},
				{"components token vault --role pirate --broker-address b:6170", 2, []string{"role"}},
				{"components show vault", 4, []string{"not found"}},
				{"components drain", 2, []string{"requires at least 1 arg"}},
				{"components drain vault --undo", 4, []string{"not found"}},
				{"services list --json", 0, []string{"[]"}},
				{"routes list --json", 0, []string{"[]"}},
				{"routes add r --source a --listen 127.0.0.1:1 --target b --backend 127.0.0.1:2", 4, []string{`component "a"`}},
				{"receipts list --since yesterday", 2, []string{"not a moment"}},
				{"receipts list --json", 0, []string{"[]"}},
				{"receipts list --sort bytes --ascending --json", 0, []string{"[]"}},
				{"receipts list --sort began", 0, []string{"ID"}},
				{"receipts list --sort colour", 2, []string{"colour", "is not an order"}},
				{"audit --sort thing --ascending", 0, []string{"DisablePublicIPTrafficEncryption"}},
				{"audit --sort colour", 2, []string{"colour", "is not an order"}},
				{"receipts totals --since 24h", 0, []string{"sealed   0 sessions", "refused  0"}},
				{"receipts totals --json", 0, []string{`"refused": 0`}},
				{"receipts totals --until yesterday", 2, []string{"not a moment"}},
				{"receipts export --format xml", 2, []string{"csv or json"}},
				{"receipts export", 0, []string{"id,began,ended"}},
				{"receipts show 00000000-0000-0000-0000-000000000000", 4, []string{"not found"}},
				{"audit --thing Nightly", 0, []string{"rule.add", "rule.remove"}},
				{"audit --text NIGHTLY", 0, []string{"rule.add", "rule.remove"}},
				{"audit --text " + strings.Repeat("a", 201), 2, []string{"text", "at most 200 characters"}},
				{"receipts export --text " + strings.Repeat("a", 201), 2, []string{"text", "at most 200 characters"}},
				{"--broker b.example:6170 rules list", 2, []string{"either --broker or --data"}},
				{"nonsense", 2, []string{"is no command"}},
				{"rules nonsense", 2, []string{"is no command"}},
				{"rules list --nonsense", 2, []string{"unknown flag"}},
			})
		})
	}
}

// step is a command line and what it is to do.
type step struct {
	line  string // split at blanks
	code  int
	wants []string // in standard output, or with a code other than 0 in standard error
}

func runSteps(t *testing.T, path string, steps []step) {
	t.Helper()
	for _, step := range steps {
		got := run(t, "", append(strings.Fields(step.line), "--data", path)...)
		text := got.out
		if step.code != 0 {
			text = got.err
		}
		if got.code != step.code {
			t.Errorf("%s: exit code %d, wanted %d\n%s%s", step.line, got.code, step.code, got.out, got.err)
		}
		for _, want := range step.wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in\n%s%s", step.line, want, got.out, got.err)
			}
		}
	}
}

func TestWithoutABrokerWhatNeedsOneSaysSo(t *testing.T) {
	path := folder(t)
	for _, line := range []string{"sessions list", "sessions watch", "sessions cut x"} {
		got := run(t, "", append(strings.Fields(line), "--data", path)...)
		if got.code != host.ExitNoBroker || !strings.Contains(got.err, "lockwired serve --data "+path) {
			t.Errorf("%s: exit code %d, %s", line, got.code, got.err)
		}
	}
	if got := run(t, "", "rules", "list", "--data", filepath.Join(path, "elsewhere")); got.code != host.ExitFailed || !strings.Contains(got.err, "there is no installation") {
		t.Errorf("a folder that is not there: %d, %s", got.code, got.err)
	}
}

func TestATokenGoesAloneToStandardOutput(t *testing.T) {
	path := serve(t)
	got := run(t, "", "components", "token", "vault", "--role", "repository", "--data", path)
	if got.code != 0 || strings.Contains(strings.TrimSpace(got.out), " ") || len(strings.TrimSpace(got.out)) < 80 {
		t.Errorf("exit code %d, standard output %q", got.code, got.out)
	}
	if strings.Contains(got.err, strings.TrimSpace(got.out)) {
		t.Error("the token is in standard error too")
	}
}

func TestAnExportCanBeImportedAndChangesNothing(t *testing.T) {
	path := folder(t)
	run(t, "", "rules", "add", "Nightly", "--source", "10.0.0.0/24", "--target", "public", "--encrypt", "--data", path)
	exported := run(t, "", "rules", "export", "--data", path)
	if exported.code != 0 {
		t.Fatal(exported.err)
	}
	again := run(t, exported.out, "rules", "import", "-", "--replace", "--dry-run", "--data", path)
	if again.code != 0 || strings.Contains(again.out, "edit") || strings.Contains(again.out, "remove") {
		t.Errorf("exit code %d: %s%s", again.code, again.out, again.err)
	}
	replaced := run(t, `{"version": 1, "rules": [{"name": "Other", "source": ["any"], "target": ["10.0.0.1"], "encrypt": true}]}`, "rules", "import", "-", "--replace", "--data", path)
	if replaced.code != 0 || !strings.Contains(replaced.out, "remove rule Nightly") || !strings.Contains(replaced.out, "add    rule Other") {
		t.Errorf("exit code %d: %s%s", replaced.code, replaced.out, replaced.err)
	}
	broken := run(t, `{"version": 1, "rules": [{"name": "X", "source": ["any"], "target": ["any"]}, {"name": "Y", "source": ["bogus"], "target": ["any"]}]}`, "rules", "import", "-", "--data", path)
	if broken.code != host.ExitUsage || !strings.Contains(broken.err, `rule "Y": source`) {
		t.Errorf("exit code %d: %s", broken.code, broken.err)
	}
	if listed := run(t, "", "rules", "list", "--data", path); strings.Contains(listed.out, "X ") {
		t.Error("half of a refused file was imported")
	}
}

func TestABackupIsRestoredElsewhere(t *testing.T) {
	path := serve(t)
	run(t, "", "rules", "add", "Nightly", "--source", "10.0.0.0/24", "--target", "any", "--encrypt", "--data", path)
	file := filepath.Join(t.TempDir(), "backup")
	phrase := filepath.Join(t.TempDir(), "phrase")
	if err := os.WriteFile(phrase, []byte("correct horse battery\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(t, "", "backup", file, "--passphrase-file", phrase, "--data", path); got.code != 0 {
		t.Fatal(got.err)
	}
	if got := run(t, "", "backup", file, "--passphrase-file", phrase, "--data", path); got.code == 0 {
		t.Error("a backup was overwritten")
	}
	if got := run(t, "", "backup", file+".2", "--data", path); got.code != host.ExitUsage || !strings.Contains(got.err, "--passphrase-file") {
		t.Errorf("where nobody can be asked: %d, %s", got.code, got.err)
	}
	elsewhere := filepath.Join(t.TempDir(), "restored")
	if got := run(t, "wrong passphrase", "restore", file, "--passphrase-file", "-", "--data", elsewhere); got.code == 0 || !strings.Contains(got.err, "passphrase") {
		t.Errorf("with a wrong passphrase: %d, %s", got.code, got.err)
	}
	if got := run(t, "", "restore", file, "--passphrase-file", phrase, "--data", elsewhere); got.code != 0 || strings.Contains(got.out, "[") || !strings.Contains(got.out, "lockwired serve --data "+elsewhere+" --listen :") {
		t.Fatal(got.out, got.err)
	}
	if got := run(t, "", "rules", "show", "Nightly", "--data", elsewhere); got.code != 0 {
		t.Errorf("the rule is lost: %s", got.err)
	}
	if got := run(t, "", "restore", file, "--passphrase-file", phrase, "--data", elsewhere); got.code == 0 {
		t.Error("an installation was overwritten")
	}
}

// What Notepad and PowerShell write as the same words is the same passphrase.
func TestAPassphraseFileOpensABackupHoweverItIsWritten(t *testing.T) {
	const words = "correct horse Köln 東京"
	utf16File := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(words + "\r\n")) {
		utf16File = binary.LittleEndian.AppendUint16(utf16File, unit)
	}
	files := map[string][]byte{"with a byte-order mark": []byte("\ufeff" + words + "\r\n"), "in UTF-16": utf16File}
	path := folder(t)
	plain := filepath.Join(t.TempDir(), "backup")
	if got := run(t, words+"\n", "backup", plain, "--passphrase-file", "-", "--data", path); got.code != 0 {
		t.Fatal(got.err)
	}
	for name, file := range files {
		phrase := filepath.Join(t.TempDir(), "phrase")
		if err := os.WriteFile(phrase, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := run(t, "", "restore", plain, "--passphrase-file", phrase, "--data", filepath.Join(t.TempDir(), "restored")); got.code != 0 {
			t.Errorf("a file %s does not open it: %s", name, got.err)
		}
		made := filepath.Join(t.TempDir(), "backup")
		if got := run(t, "", "backup", made, "--passphrase-file", phrase, "--data", path); got.code != 0 {
			t.Fatal(got.err)
		}
		if got := run(t, words, "restore", made, "--passphrase-file", "-", "--data", filepath.Join(t.TempDir(), "restored")); got.code != 0 {
			t.Errorf("the words do not open what a file %s made: %s", name, got.err)
		}
	}
}

func TestTheAuthoritysKeyCanBeSealed(t *testing.T) {
	path := folder(t)
	if got := run(t, "correct horse battery\n", "authority", "passphrase", "--passphrase-file", "-", "--data", path); got.code != 0 {
		t.Fatal(got.err)
	}
	text, err := os.ReadFile(filepath.Join(path, "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("BEGIN PRIVATE KEY")) || !bytes.Contains(text, []byte("SEALED PRIVATE KEY")) {
		t.Error("the key is in clear")
	}
	if got := run(t, "", "components", "token", "vault", "--broker-address", "b:6170", "--data", path); got.code == 0 || !strings.Contains(got.err, "passphrase is needed") {
		t.Errorf("without the passphrase: %d, %s", got.code, got.err)
	}
	credentials := t.TempDir()
	if err := os.WriteFile(filepath.Join(credentials, "lockwire-ca-passphrase"), []byte("correct horse battery\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	if got := run(t, "", "components", "token", "vault", "--broker-address", "b:6170", "--data", path); got.code != 0 {
		t.Errorf("with a systemd credential: %s", got.err)
	}
}

func TestAnAdministratorElsewhereMayDoWhatTheRoleAllows(t *testing.T) {
	path := serve(t)
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	token := run(t, "", "administrators", "token", "Ann", "--role", "view", "--data", path)
	if token.code != 0 {
		t.Fatal(token.err)
	}
	enrolled := run(t, token.out, "administrators", "enrol", "--token-file", "-")
	if enrolled.code != 0 {
		t.Fatal(enrolled.err)
	}
	broker := strings.Fields(enrolled.out[strings.Index(enrolled.out, "--broker"):])[1]
	if got := run(t, "", "--broker", broker, "rules", "list"); got.code != 0 || !strings.Contains(got.out, "Internet") {
		t.Errorf("viewing: %d, %s", got.code, got.err)
	}
	if got := run(t, "", "--broker", broker, "rules", "add", "X", "--source", "any", "--target", "any"); got.code != host.ExitDenied {
		t.Errorf("changing: %d, %s", got.code, got.err)
	}
	for _, wrong := range []string{"broker", "broker:0", "127.0.0.1:99999"} {
		if got := run(t, "", "--broker", wrong, "rules", "list"); got.code != host.ExitUsage || !strings.Contains(got.err, "port") {
			t.Errorf("--broker %s: %d, %s", wrong, got.code, got.err)
		}
	}
	if again := run(t, token.out, "administrators", "enrol", "--token-file", "-"); again.code == 0 {
		t.Error("the token was good twice")
	}
	if got := run(t, "", "administrators", "revoke", "ann", "--data", path); got.code != 0 {
		t.Fatal(got.err)
	}
	if got := run(t, "", "--broker", broker, "rules", "list"); got.code == 0 {
		t.Error("a revoked administrator was let in")
	}
}

func TestASecretOnTheCommandLineIsNotRepeated(t *testing.T) {
	for name, arguments := range map[string][]string{
		"administrator's token":  {"administrators", "enrol", "SECRET"},
		"authority's passphrase": {"authority", "passphrase", "SECRET"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, "", arguments...)
			if got.code != host.ExitUsage {
				t.Errorf("exit code %d, want %d", got.code, host.ExitUsage)
			}
			if strings.Contains(got.out+got.err, "SECRET") || got.err == "" {
				t.Errorf("it printed %q and %q", got.out, got.err)
			}
		})
	}
}

// An older version may have kept what is refused now.
func TestWhatAPersonWroteAddsNoLineThatLooksLikeOneOfOurs(t *testing.T) {
	data := folder(t)
	if refused := run(t, "", "--data", data, "rules", "add", "line", "--source", "203.0.113.0/24", "--target", "any", "--exempt", "leased\u202e"); refused.code != host.ExitUsage || !strings.Contains(refused.err, "U+202E") {
		t.Errorf("it was kept: %+v", refused)
	}
	if add := run(t, "", "--data", data, "rules", "add", "line", "--source", "203.0.113.0/24", "--target", "any", "--exempt", "leased", "--comment", "first\nencrypt    on"); add.code != host.ExitOK {
		t.Fatalf("%+v", add)
	}
	opened, err := server.OpenFolder(t.Context(), server.Options{Path: data})
	if err != nil {
		t.Fatal(err)
	}
	set, err := opened.Store.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rule := set.Rules[slices.IndexFunc(set.Rules, func(r engine.Rule) bool { return r.Name == "line" })]
	rule.Exempt.Reason = "leased\n  > rule: sealed\u202e"
	err = opened.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutRule(rule) })
	if err := errors.Join(err, opened.Close()); err != nil {
		t.Fatal(err)
	}
	for name, shown := range map[string]result{
		"explain": run(t, "", "--data", data, "explain", "--source", "203.0.113.5", "--target", "10.0.0.1"),
		"show":    run(t, "", "--data", data, "rules", "show", "line"),
	} {
		for line := range strings.SplitSeq(shown.out, "\n") {
			if strings.HasPrefix(line, "  > rule") || line == "encrypt    on" || strings.ContainsRune(line, '\u202e') {
				t.Errorf("%s: %q", name, line)
			}
		}
		if shown.code != host.ExitOK || !strings.Contains(shown.out, "leased   > rule: sealed ") {
			t.Errorf("%s: the reason is missing: %+v", name, shown)
		}
	}
}
