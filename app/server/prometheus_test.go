package server

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

// TestDashboardAndAlertsHoldAgainstPrometheus runs what docs/monitoring offers on the real programs: promtool on the alerts, and each query of the
// dashboard on a Prometheus that reads a broker's metrics. `make test-monitoring` gets the programs.
func TestDashboardAndAlertsHoldAgainstPrometheus(t *testing.T) {
	programs := os.Getenv("LOCKWIRE_PROMETHEUS")
	if programs == "" {
		t.Skip("needs a folder with prometheus and promtool in LOCKWIRE_PROMETHEUS: make test-monitoring")
	}
	folder, err := filepath.Abs("../../docs/monitoring")
	if err != nil {
		t.Fatal(err)
	}
	promtool(t, programs, "check", "rules", filepath.Join(folder, "lockwire-alerts.yml"))
	promtool(t, programs, "test", "rules", filepath.Join(folder, "lockwire-alerts-test.yml"))

	source := &countedBroker{}
	source.metrics.SessionsBegun.Store(7)
	listener, err := listenMetrics("0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serveMetrics(ctx, listener, source, "1.2.3") }()
	defer func() { cancel(); <-ended }()
	api := startPrometheus(t, programs, filepath.Join(folder, "lockwire-alerts.yml"), listener.Addr().String())
	asked := 0
	for title, query := range dashboardQueries(t, filepath.Join(folder, "lockwire-dashboard.json")) {
		asked++
		query = strings.NewReplacer("$job", "lockwire", "$instance", ".+").Replace(query)
		t.Logf("%s: %s", title, answered(t, api, query))
	}
	if asked < 20 {
		t.Errorf("only %d queries were found", asked)
	}
}

func promtool(t *testing.T, programs string, arguments ...string) {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), filepath.Join(programs, "promtool"), arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	t.Logf("promtool %s:\n%s", strings.Join(arguments, " "), output)
}

// startPrometheus runs a Prometheus on loopback that reads the address each second, and gives the base of its API.
func startPrometheus(t *testing.T, programs, rules, address string) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := free.Addr().String()
	free.Close()
	folder := t.TempDir()
	config := fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%q]\nscrape_configs:\n- job_name: lockwire\n  static_configs: [{targets: [%q]}]\n", rules, address)
	if err := os.WriteFile(filepath.Join(folder, "prometheus.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "prometheus"),
		"--config.file="+filepath.Join(folder, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(folder, "data"), "--web.listen-address="+web)
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s", text)
		}
	})
	return "http://" + web
}

// dashboardQueries gives the queries of all panels, by panel and letter.
func dashboardQueries(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ RefID, Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	queries := map[string]string{}
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			queries[panel.Title+" "+target.RefID] = target.Expr
		}
	}
	return queries
}

// answered waits until Prometheus has an answer that is not empty: it reads the broker each second, and a rate needs two readings.
func answered(t *testing.T, api, query string) string {
	t.Helper()
	last := ""
	for giveUp := time.Now().Add(time.Minute); time.Now().Before(giveUp); engine.Pause(t.Context(), 100*time.Millisecond) {
		reply, err := http.Get(api + "/api/v1/query?query=" + url.QueryEscape(query))
		if err != nil {
			last = err.Error() // it is starting
			continue
		}
		var answer struct {
			Status, Error string
			Data          struct{ Result []json.RawMessage }
		}
		err = json.NewDecoder(reply.Body).Decode(&answer)
		reply.Body.Close()
		switch {
		case err != nil:
			last = err.Error()
		case answer.Status == "error":
			t.Errorf("%s: %s", query, answer.Error)
			return ""
		case len(answer.Data.Result) > 0:
			return string(answer.Data.Result[0])
		default:
			last = "no series"
		}
	}
	t.Errorf("%s: %s", query, last)
	return ""
}
