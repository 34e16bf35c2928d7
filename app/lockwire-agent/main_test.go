package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lockwire/app/host"
)

// run calls the program as the command line does.
func run(t *testing.T, input string, arguments ...string) (out string, code int, err error) {
	t.Helper()
	root := newRoot()
	var stdout, stderr bytes.Buffer
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	root.SetIn(strings.NewReader(input))
	root.SetArgs(arguments)
	err = root.ExecuteContext(t.Context())
	return stdout.String(), exitCode(err), err
}

func TestTokenOnTheCommandLineIsRefusedAndNotRepeated(t *testing.T) {
	const token = "mfrggzdfmztwq2lknnwg23tpobyxe43u"
	_, code, err := run(t, "", "join", token, "--data", t.TempDir())
	if code != host.ExitUsage || err == nil {
		t.Fatalf("code %d, %v", code, err)
	}
	if strings.Contains(err.Error(), token) || !strings.Contains(err.Error(), "--token-file") {
		t.Errorf("the error is %q", err)
	}
}

func TestJoinRefusesWhatIsNoToken(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	_, code, err := run(t, "this is no token\n", "join", "--token-file", "-", "--data", data)
	if code != host.ExitUsage || err == nil || strings.Contains(err.Error(), "this is no token") {
		t.Fatalf("code %d, %v", code, err)
	}
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, code, err := run(t, "", "join", "--token-file", file, "--data", data); code != host.ExitUsage {
		t.Errorf("an empty file: code %d, %v", code, err)
	}
	if _, code, err := run(t, "", "join", "--token-file", file, "--data", data, "--allow-backend", "127.0.0.1"); code != host.ExitUsage || !strings.Contains(err.Error(), "--allow-backend") {
		t.Errorf("a backend without a port: code %d, %v", code, err)
	}
}

func TestCommandsSayWhatToDoOnAMachineThatHasNotJoined(t *testing.T) {
	data := t.TempDir()
	for _, arguments := range [][]string{
		{"run"}, {"broker"}, {"broker", "broker.example:6170"}, {"allow-backend", "list"}, {"allow-backend", "add", "127.0.0.1:8000"}, {"allow-listen", "add", "127.0.0.1:873"}, {"service", "install"},
	} {
		_, code, err := run(t, "", append(arguments, "--data", data)...)
		if code != host.ExitNotFound || err == nil || !strings.Contains(err.Error(), "lockwire-agent join") {
			t.Errorf("%v: code %d, %v", arguments, code, err)
		}
	}
	_, code, err := run(t, "", "status", "--data", data)
	if code != host.ExitNoBroker || err == nil || !strings.Contains(err.Error(), "lockwire-agent run") {
		t.Errorf("status: code %d, %v", code, err)
	}
}

func TestWrongCommandLinesAreUsageErrors(t *testing.T) {
	for _, arguments := range [][]string{
		{"nonsense"}, {"run", "extra"}, {"run", "--nonsense"}, {"run", "--interface", "eth0"}, {"run", "--advertise", "example.com:6171"},
		{"run", "--interface", "0.0.0.0"}, {"run", "--interface", "ff02::1"}, {"run", "--interface", "fe80::1"}, {"run", "--listen", "6171"}, {"run", "--listen", "224.0.0.1:6171"},
		{"run", "--advertise", "10.0.0.1:0"}, {"run", "--advertise", "0.0.0.0:6171"}, {"run", "--advertise", "[fe80::1]:6171"}, {"run", "--advertise", "[fe80::1%eth0]:6171"},
		{"run", "--allow-listen", "localhost:80"}, {"run", "--log-level", "loud"}, {"allow-backend", "add"}, {"allow-listen", "add"}, {"allow-listen", "add", "localhost:80"},
	} {
		if _, code, err := run(t, "", append(arguments, "--data", t.TempDir())...); code != host.ExitUsage {
			t.Errorf("%v: code %d, %v", arguments, code, err)
		}
	}
}

func TestServiceRunsWithTheFlagsThatItWasInstalledWith(t *testing.T) {
	cmd := runCommand()
	given := []string{
		"--listen", "10.0.0.1:7000", "--interface", "203.0.113.5", "--interface", "10.0.0.1", "--machine-id", "x", "--advertise", "198.51.100.1:6171",
		"--log-level", "debug", "--log-format", "json",
		"--silence", "30s", "--half-closed", "2h0m0s", "--memory", "512 MiB", "--buffer", "1MiB",
	}
	var flags runFlags
	cmd.ResetFlags()
	flags.add(cmd.Flags())
	if err := cmd.ParseFlags(given); err != nil {
		t.Fatal(err)
	}
	arguments := flags.arguments("/data")
	var again runFlags
	other := runCommand()
	other.ResetFlags()
	other.Flags().String("data", "", "")
	again.add(other.Flags())
	if err := other.ParseFlags(arguments[1:]); err != nil {
		t.Fatal(err)
	}
	if arguments[0] != "run" || !slices.Equal(again.arguments("/data"), arguments) || !slices.Equal(again.interfaces, []string{"203.0.113.5", "10.0.0.1"}) || again.machine != "x" {
		t.Errorf("the service runs with %q", arguments)
	}
}

func TestVersionAndCompletion(t *testing.T) {
	if out, code, err := run(t, "", "version"); code != 0 || !strings.HasPrefix(out, "lockwire-agent ") {
		t.Errorf("version: %q, %d, %v", out, code, err)
	}
	if out, code, err := run(t, "", "completion", "bash"); code != 0 || !strings.Contains(out, "lockwire-agent") {
		t.Errorf("completion: %d bytes, %d, %v", len(out), code, err)
	}
}
