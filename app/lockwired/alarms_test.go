package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lockwire/app/host"
	"lockwire/engine/alarm"
	"lockwire/engine/enginetest/loopback"
)

// syslogOf listens as a syslog server and gives what comes.
func syslogOf(t *testing.T) (address string, lines <-chan string) {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	got := make(chan string, 100)
	go func() {
		datagram := make([]byte, 4096)
		for {
			n, _, err := socket.ReadFrom(datagram)
			if err != nil {
				return
			}
			got <- string(datagram[:n])
		}
	}()
	return socket.LocalAddr().String(), got
}

// await waits for a line that has a word.
func await(t *testing.T, lines <-chan string, word string) {
	t.Helper()
	patience := time.After(time.Minute)
	for {
		select {
		case line := <-lines:
			if strings.Contains(line, word) {
				return
			}
		case <-patience:
			t.Fatalf("no alarm says %q", word)
		}
	}
}

// An administrator turns automatic encryption off: the pair that was sealed by it, and the setting itself, each become an alarm.
func TestAlarmsOfARunningBrokerArrive(t *testing.T) {
	t.Parallel()
	path := serveOn(t, equipped(t))
	address, lines := syslogOf(t)
	runSteps(t, path, []step{
		{"alarms show", 0, []string{"Alarms go nowhere"}},
		{"alarms test", host.ExitNotFound, []string{"no receiver of alarms is set up"}},
		{"alarms syslog " + address, 0, []string{"alarms go to " + address}},
		{"alarms show", 0, []string{address + " over UDP"}},
		{"alarms test syslog", 0, []string{"syslog", "sent"}},
		{"alarms off boredom", 2, []string{`"boredom" is no kind`}},
		{"alarms kinds", 0, []string{"encryption off", "component lost"}},
	})
	await(t, lines, "This is a test alarm")
	runSteps(t, path, []step{{"settings set DisablePublicIPTrafficEncryption 1 --yes", 0, []string{"is now 1"}}})
	await(t, lines, `kind="encryption off"`)
	await(t, lines, `kind="automatic off"`)
	runSteps(t, path, []step{
		{"alarms syslog --off", 0, []string{"no alarm goes to syslog"}},
		{"alarms show", 0, []string{"Alarms go nowhere"}},
		{"alarms syslog " + address + " --off", host.ExitUsage, []string{"--off"}},
	})
}

func TestTheKeyOfAWebhookIsAskedForAndNeverShown(t *testing.T) {
	t.Parallel()
	const key = "correct horse battery staple"
	type request struct{ timestamp, signature, body string }
	got := make(chan request, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r.Header.Get(alarm.HeaderTimestamp), r.Header.Get(alarm.HeaderSignature), string(body)}
	}))
	t.Cleanup(server.Close)
	path := serve(t)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		stdin     string
		arguments string
		code      int
		says      string
	}{
		{"", "webhook " + server.URL, host.ExitUsage, "give the key with --key-file FILE"},
		{"short", "webhook " + server.URL + " --key-file -", host.ExitUsage, "16 to 256 characters"},
		{key, "webhook ftp://example.org --key-file -", host.ExitUsage, "only https and http"},
		{"", "webhook " + server.URL + " --key-file " + file, 0, "try it with lockwired alarms test webhook"},
		{"", "test webhook", 0, "sent"},
		{"", "show --json", 0, `"webhookKey": true`},
	} {
		result := run(t, c.stdin, append([]string{"alarms", "--data", path}, strings.Fields(c.arguments)...)...)
		if result.code != c.code || !strings.Contains(result.out+result.err, c.says) {
			t.Errorf("%s: code %d, %s%s", c.arguments, result.code, result.out, result.err)
		}
		if strings.Contains(result.out+result.err, "horse") {
			t.Errorf("%s shows the key", c.arguments)
		}
	}
	if r := <-got; r.signature != alarm.Signature([]byte(key), r.timestamp, []byte(r.body)) || !strings.Contains(r.body, `"test":true`) {
		t.Errorf("%+v", r)
	}
	server.Close()
	if result := run(t, "", "alarms", "test", "--data", path); result.code != 1 || !strings.Contains(result.out, "failed: ") {
		t.Errorf("code %d, %s%s", result.code, result.out, result.err)
	}
}

// Settings can be made where no broker runs, which then takes them up; the kept key opens with the folder's authority.
func TestAlarmsAreSetUpWhileNoBrokerRuns(t *testing.T) {
	t.Parallel()
	path := equipped(t)
	if result := run(t, "correct horse battery staple", "alarms", "webhook", "http://"+loopback.Address(t), "--key-file", "-", "--data", path); result.code != 0 {
		t.Fatal(result.err)
	}
	address, lines := syslogOf(t)
	runSteps(t, path, []step{
		{"alarms syslog " + address, 0, nil},
		{"alarms test", host.ExitNoBroker, nil},
	})
	serveOn(t, path)
	// A receiver that is gone keeps nothing back from the other one.
	runSteps(t, path, []step{{"settings set DisablePublicIPTrafficEncryption 1 --yes", 0, nil}})
	await(t, lines, `kind="encryption off"`)
}
