package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lockwire/engine"
	"lockwire/engine/broker"
)

// Bounds on what a client of the metrics may take.
const (
	metricsHeaderWithin = 5 * time.Second
	metricsWithin       = 30 * time.Second
	metricsHeaderBytes  = 16 << 10
	metricsAtOnce       = 4
)

// listenMetrics opens the address for Prometheus. One without a host is this machine's loopback: the counters are no secret of
// the installation, but nobody needs to read them who was not meant to.
func listenMetrics(address string, log *slog.Logger) (net.Listener, error) {
	if !strings.Contains(address, ":") {
		address = ":" + address
	}
	if strings.HasPrefix(address, ":") {
		address = "127.0.0.1" + address
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s for metrics, see --metrics: %w", address, err)
	}
	if !engine.IsLoopback(listener.Addr().String()) {
		log.Warn("metrics can be read by whoever reaches this address", "address", listener.Addr().String())
	}
	return listener, nil
}

// serveMetrics answers Prometheus until ctx is done.
func serveMetrics(ctx context.Context, listener net.Listener, source metricsSource, version string) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), brokerCollector{source, version})
	mux := http.NewServeMux()
	mux.Handle("GET /health", healthHandler(source))
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: metricsAtOnce, Timeout: metricsWithin}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: metricsHeaderWithin, WriteTimeout: 2 * metricsWithin, IdleTimeout: metricsWithin, MaxHeaderBytes: metricsHeaderBytes}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		server.Close()
	})
	err := server.Serve(listener)
	if !stop() {
		<-closed
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve metrics: %w", err)
}

// metricsSource is what a broker says of itself.
type metricsSource interface {
	Metrics() *broker.Metrics
	Components() []engine.ComponentStatus
	Sessions() []engine.Session
	// RecordProblem says why no session can begin; empty while sessions can.
	RecordProblem() string
}

// brokerCollector gives a broker's counters to Prometheus as they are at the moment of asking.
type brokerCollector struct {
	source  metricsSource
	version string
}

// Describe describes what Collect gives.
func (c brokerCollector) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, to) }

// Collect gives all values.
func (c brokerCollector) Collect(to chan<- prometheus.Metric) {
	m := c.source.Metrics()
	emit := func(kind prometheus.ValueType, name, help string, value uint64, labels ...string) {
		var names, values []string
		for i := 0; i < len(labels); i += 2 {
			names, values = append(names, labels[i]), append(values, labels[i+1])
		}
		to <- prometheus.MustNewConstMetric(prometheus.NewDesc("lockwire_"+name, help, names, nil), kind, float64(value), values...)
	}
	plain := m.SessionsPlain.Load() // first, so that sealed ones never come out below none
	const begun = "Sessions whose key was made, by mode."
	emit(prometheus.CounterValue, "sessions_begun_total", begun, m.SessionsBegun.Load()-plain, "mode", engine.Sealed.String())
	emit(prometheus.CounterValue, "sessions_begun_total", begun, plain, "mode", engine.Plain.String())
	for _, counter := range []struct {
		name, help string
		value      uint64
	}{
		{"sessions_refused_total", "Sessions that were asked for and refused.", m.SessionsRefused.Load()},
		{"sessions_ended_total", "Sessions that were live and ended.", m.SessionsEnded.Load()},
		{"receipts_written_total", "Receipts written.", m.ReceiptsWritten.Load()},
		{"control_streams_accepted_total", "Control streams of components that were accepted.", m.Attached.Load()},
		{"control_streams_dropped_total", "Control streams dropped because the component did not read.", m.SlowPeers.Load()},
		{"joins_total", "Machines and people let in with a token.", m.Joins.Load()},
		{"joins_refused_total", "Attempts to join that were refused.", m.JoinsRefused.Load()},
		{"calls_refused_total", "Calls on the broker's port that were refused for the caller's certificate or role.", m.CallsRefused.Load()},
		{"record_writes_total", "Transactions that write sessions and receipts to the record.", m.Transactions.Load()},
		{"store_failures_total", "Writes to the record that failed.", m.StoreFailures.Load()},
	} {
		emit(prometheus.CounterValue, counter.name, counter.help, counter.value)
	}
	var online, offline uint64
	for _, component := range c.source.Components() {
		switch {
		case !component.Revoked.IsZero():
		case component.Online:
			online++
		default:
			offline++
		}
	}
	const components = "Components that are not revoked, by state."
	emit(prometheus.GaugeValue, "components", components, online, "state", "online")
	emit(prometheus.GaugeValue, "components", components, offline, "state", "offline")
	live, rates := map[engine.Mode]uint64{}, map[engine.Mode]uint64{}
	var stale uint64
	all := c.source.Sessions()
	for _, session := range all {
		live[session.Decision.Mode]++
		rates[session.Decision.Mode] += session.Traffic.RateToTarget + session.Traffic.RateToSource
		if session.Stale {
			stale++
		}
	}
	const sessions = "Sessions that go on, by mode."
	emit(prometheus.GaugeValue, "sessions", sessions, live[engine.Sealed], "mode", engine.Sealed.String())
	emit(prometheus.GaugeValue, "sessions", sessions, live[engine.Plain], "mode", engine.Plain.String())
	const throughput = "What live sessions carry both ways together, by mode."
	emit(prometheus.GaugeValue, "throughput_bytes_per_second", throughput, rates[engine.Sealed], "mode", engine.Sealed.String())
	emit(prometheus.GaugeValue, "throughput_bytes_per_second", throughput, rates[engine.Plain], "mode", engine.Plain.String())
	emit(prometheus.GaugeValue, "sessions_stale", "Sessions that would be decided otherwise now.", stale)
	for _, limit := range limitsForMetrics(all) {
		labels := []string{"limit", limit.Rule, "of", limit.way()}
		emit(prometheus.GaugeValue, "limit_bytes_per_second", "A limit on which live sessions draw. Limits beyond the first 200 are added up as limit \"other\".", limit.Limit, labels...)
		emit(prometheus.GaugeValue, "limit_used_bytes_per_second", "What the sessions that draw on a limit carry together.", limit.Rate, labels...)
		emit(prometheus.GaugeValue, "limit_sessions", "Live sessions that draw on a limit.", uint64(limit.Sessions), labels...)
		emit(prometheus.GaugeValue, "limit_sessions_held_back", "Live sessions that a limit keeps from more.", uint64(limit.HeldBack), labels...)
	}
	var writable uint64
	if c.source.RecordProblem() == "" {
		writable = 1
	}
	emit(prometheus.GaugeValue, "record_writable", "1 while the record can be written, without which no session begins.", writable)
	emit(prometheus.GaugeValue, "build_info", "The program's version; the value is always 1.", 1, "version", c.version)
}
