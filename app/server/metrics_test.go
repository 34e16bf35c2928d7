package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/broker"
)

// countedBroker is a broker with given counters.
type countedBroker struct {
	metrics broker.Metrics
	problem string
}

func (b *countedBroker) Metrics() *broker.Metrics { return &b.metrics }

func (b *countedBroker) RecordProblem() string { return b.problem }

func (b *countedBroker) Components() []engine.ComponentStatus {
	return []engine.ComponentStatus{{Online: true}, {Online: true}, {}, {Component: engine.Component{Revoked: time.Unix(1, 0)}}}
}

func (b *countedBroker) Sessions() []engine.Session {
	sealed, plain := engine.Session{}, engine.Session{Stale: true}
	sealed.Decision.Mode, plain.Decision.Mode = engine.Sealed, engine.Plain
	sealed.HeldBack, sealed.Traffic.RateToTarget = engine.HeldByLimit, 1000
	uplink := engine.CapShare{Cap: engine.Cap{Rule: "Uplink", Value: 2, Unit: engine.KilobytesPerSecond}, Holds: true}
	sealed.Allotments = []engine.Allotment{{From: engine.SourceEnd, Caps: []engine.CapShare{uplink}}}
	return []engine.Session{sealed, sealed, plain}
}

func TestPrometheusReadsTheBrokersCounters(t *testing.T) {
	source := &countedBroker{}
	source.metrics.SessionsBegun.Store(7)
	source.metrics.SessionsPlain.Store(2)
	source.metrics.JoinsRefused.Store(3)
	listener, err := listenMetrics("0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serveMetrics(ctx, listener, source, "1.2.3") }()
	if !engine.IsLoopback(listener.Addr().String()) {
		t.Errorf("a port alone is open at %s", listener.Addr())
	}
	text := get(t, "http://"+listener.Addr().String()+"/metrics", http.StatusOK)
	for _, want := range []string{
		`lockwire_sessions_begun_total{mode="sealed"} 5`, `lockwire_sessions_begun_total{mode="plain"} 2`, "lockwire_joins_refused_total 3",
		`lockwire_components{state="online"} 2`, `lockwire_components{state="offline"} 1`, `lockwire_sessions{mode="sealed"} 2`, `lockwire_sessions{mode="plain"} 1`,
		"lockwire_sessions_stale 1", `lockwire_throughput_bytes_per_second{mode="sealed"} 2000`, `lockwire_throughput_bytes_per_second{mode="plain"} 0`, "lockwire_record_writable 1",
		`lockwire_limit_bytes_per_second{limit="Uplink",of="backups"} 2000`, `lockwire_limit_used_bytes_per_second{limit="Uplink",of="backups"} 2000`,
		`lockwire_limit_sessions{limit="Uplink",of="backups"} 2`, `lockwire_limit_sessions_held_back{limit="Uplink",of="backups"} 2`, `lockwire_build_info{version="1.2.3"} 1`, "go_goroutines",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	get(t, "http://"+listener.Addr().String()+"/debug/pprof/", http.StatusNotFound)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAServedBrokerOffersItsMetricsWhereItIsAsked(t *testing.T) {
	running := serve(t, newFolder(t), func(o *ServeOptions) { o.Metrics = "127.0.0.1:0" })
	if text := get(t, "http://"+running.Metrics.String()+"/metrics", http.StatusOK); !strings.Contains(text, "lockwire_receipts_written_total 0") {
		t.Error(text)
	}
	if without := serve(t, newFolder(t)); without.Metrics != nil {
		t.Error("metrics are offered without being asked for")
	}
	taken := Serve(t.Context(), ServeOptions{Options: Options{Path: newFolder(t)}, Listen: "127.0.0.1:0", Metrics: running.Metrics.String()})
	if taken == nil || !strings.Contains(taken.Error(), "--metrics") {
		t.Errorf("a taken address: %v", taken)
	}
}

func get(t *testing.T, url string, want int) string {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	reply, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil || reply.StatusCode != want {
		t.Errorf("%s: %s, %v", url, reply.Status, err)
	}
	return string(text)
}

func TestLimitsThatPrometheusIsGivenByNameAreBounded(t *testing.T) {
	var sessions []engine.Session
	for i := range maximumLimitLabels + 50 {
		limit := engine.Cap{Rule: fmt.Sprintf("rule %03d", i), Value: 1, Unit: engine.KilobytesPerSecond}
		sessions = append(sessions, engine.Session{
			Traffic:    engine.Traffic{RateToTarget: 10},
			Allotments: []engine.Allotment{{From: engine.SourceEnd, Caps: []engine.CapShare{{Cap: limit}}}},
		})
	}
	limits := limitsForMetrics(sessions)
	if len(limits) != maximumLimitLabels+1 {
		t.Fatalf("%d limits", len(limits))
	}
	if rest := limits[maximumLimitLabels]; rest.Rule != "other" || rest.way() != "rest" || rest.Sessions != 50 || rest.Rate != 500 || rest.Limit != 50_000 {
		t.Errorf("the rest is %+v", rest)
	}
}
