//go:build linux

// Command bench measures what a sealed channel costs, beside the tools that an administrator could take instead.
//
// Run it with make bench, or
//
//	go run ./app/bench [-quick] [-rounds N] [-size MiB] [-flows 1,4,8b] [-clients 1,8,64] [-only path,…] [-measure name,…] [-json FILE]
//
// Everything runs on loopback, in processes of their own that the program starts and ends: source -> near relay -> far
// relay -> sink. Rounds are interleaved and medians are printed, because single numbers of one machine, and of one minute,
// do not carry over; ratios within one run do. Each measurement is a file of its own and stands in measurements below.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lockwire/app/host"
)

// measurements run in this order.
var measurements = []struct {
	name string
	run  func(ctx context.Context, o options, out io.Writer) (any, error)
}{
	{"throughput", measureThroughput},
	{"connections", measureConnections},
	{"first byte", measureFirstByte},
	{"brokered", measureBrokered},
	{"restarted", measureRestarted},
	{"attached", measureAttached},
	{"joining", measureJoining},
	{"idle flows", measureIdleFlows},
	{"still", measureStill},
	{"pile-up", measurePileUp},
	{"forecast", measureForecast},
	{"streams", measureStreams},
	{"tunnel", measureTunnel},
	{rulesMeasurement, measureRules},
}

// rulesMeasurement takes minutes and needs root: it runs only where it is asked for.
const rulesMeasurement = "rules"

func measurementNames() (names []string) {
	for _, m := range measurements {
		names = append(names, m.name)
	}
	return names
}

// amounts are how much is measured: medians, percentiles and shares of memory need enough of all, but not more.
type amounts struct {
	rounds         int
	visiting       time.Duration // of clients through each path, each round
	routes, passes int           // samples of a first byte, together
	period         time.Duration // of brokering
	live           int           // sessions while the broker is started again
	components     int           // attached
	settled        time.Duration // until the broker's memory is read a second time
	idle           int           // flows at once, all together
	settling       time.Duration // of programs that are to stand still
	still          time.Duration // for which they are watched
	forecast       int64         // bytes of each transfer that is forecast
	forecastRounds int
	tenants        int   // at one gateway
	nearStreams    int64 // bytes of each transfer over streams on loopback
	// A flow is carried over a long path of each round trip with each share of lost packets.
	roundTrips []time.Duration
	losses     []float64
	// streamsWarmUp is how long a flow runs over a long path before it is measured, streamsPour how long it is.
	streamsWarmUp, streamsPour time.Duration
}

var (
	// full covers, with settled, the Go runtime's collection of every two minutes, which an idle broker waits for.
	full = amounts{rounds: 5, visiting: 2 * time.Second, routes: 200, passes: 5, period: 10 * time.Second, live: 10_000, components: 10_000, settled: 150 * time.Second, idle: 20_000, settling: 5 * time.Second, still: time.Minute, forecast: 1 << 30, forecastRounds: 3, tenants: 200,
		nearStreams: 4 << 30, streamsWarmUp: 8 * time.Second, streamsPour: 8 * time.Second, roundTrips: roundTrips, losses: losses}
	quick = amounts{rounds: 1, visiting: time.Second / 2, routes: 50, passes: 2, period: 3 * time.Second, live: 1000, components: 1000, settled: 5 * time.Second, idle: 300, settling: 2 * time.Second, still: 20 * time.Second, forecast: 256 << 20, forecastRounds: 1, tenants: 200,
		nearStreams: 1 << 30, streamsWarmUp: 6 * time.Second, streamsPour: 3 * time.Second, roundTrips: roundTrips, losses: losses}
)

var (
	roundTrips = []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond}
	losses     = []float64{0, 0.001, 0.01}
)

// options are what the command line chose.
type options struct {
	amounts
	size  int64 // bytes per transfer, shared by its flows
	loads []load
	// clients are how many make connections at once.
	clients []int
	only    []string // names of paths; empty is all
	// ruleLimits are the limits of the measurement of rules in bytes per second, ruleSessions with how many sessions.
	ruleLimits   []uint64
	ruleSessions []int
	console      string // the program that watches the console; empty is none
	folder       string // temporary, private, removed at the end
}

func main() {
	if role := os.Getenv(roleVariable); role != "" {
		if role == nearRole || role == farRole || role == gatewayRole || role == tenantRole {
			host.RelaxTimers() // as the agents do
			host.CollectLess()
		}
		if err := runRole(role); err != nil {
			fmt.Fprintf(os.Stderr, "bench %s: %v\n", role, err)
			os.Exit(1)
		}
		return
	}
	// With a broken pipe too, such as head makes, what was started is ended first.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	first := flags.Bool("quick", false, "one round of 256 MiB and few of all else: a first impression, in less than a minute")
	rounds := flags.Int("rounds", full.rounds, "interleaved rounds; the medians are printed")
	size := flags.Int64("size", 1024, "MiB in one transfer, shared by its flows")
	flows := flags.String("flows", "1,4,8,64,1b,8b", "numbers of flows at once; with b, half of the bytes go the other way at the same time")
	clients := flags.String("clients", "1,8,64", "numbers of clients that make connections at once")
	components := flags.Int("components", full.components, "how many components attach to a broker, and join")
	only := flags.String("only", "", "comma-separated names of paths to measure (default all)")
	measure := flags.String("measure", "", "comma-separated measurements (default all): "+strings.Join(measurementNames(), ", "))
	ruleLimits := flags.String("limits", "100,1000,12500,100000,500000", "limits of the measurement of rules, in KB/s")
	ruleSessions := flags.String("sessions", "1,8,64", "numbers of sessions of the measurement of rules")
	console := flags.String("console", "", "the built app/benchui, which watches the console, with the console beside it")
	jsonFile := flags.String("json", "", "write the figures to this file too")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	o := options{amounts: full, size: *size << 20, console: *console}
	if o.rounds = *rounds; *first {
		o.amounts, o.size = quick, 256<<20
	}
	if o.rounds < 1 || o.size < 1 {
		return errors.New("rounds and size must be at least 1")
	}
	if *components < 2 || *components > full.components {
		return fmt.Errorf("components must be from 2 to %d", full.components)
	}
	o.components = min(o.components, *components)
	var err error
	if o.loads, err = loads(*flows); err != nil {
		return err
	}
	if o.clients, err = numbers("clients", *clients, 1024); err != nil {
		return err
	}
	if o.ruleSessions, err = numbers("sessions", *ruleSessions, 256); err != nil {
		return err
	}
	limits, err := numbers("limits", *ruleLimits, 10_000_000)
	if err != nil {
		return err
	}
	for _, n := range limits {
		o.ruleLimits = append(o.ruleLimits, uint64(n)*1000)
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
		for _, name := range o.only {
			if !slices.ContainsFunc(slices.Concat(paths, connectionPaths, tunnelPaths), func(p path) bool { return p.name == name }) {
				return fmt.Errorf("only: there is no path %q", name)
			}
		}
	}
	selected := slices.DeleteFunc(measurementNames(), func(name string) bool { return name == rulesMeasurement })
	if *measure != "" {
		selected = strings.Split(*measure, ",")
		for _, name := range selected {
			if !slices.Contains(measurementNames(), name) {
				return fmt.Errorf("measure: there is no measurement %q", name)
			}
		}
	}
	folder, err := os.MkdirTemp("", "lockwire-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	o.folder = folder

	figures := make(map[string]any)
	var failed error
	for _, m := range measurements {
		if !slices.Contains(selected, m.name) {
			continue
		}
		figure, err := m.run(ctx, o, out)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil { // the others still tell something
			failed = errors.Join(failed, fmt.Errorf("%s: %w", m.name, err))
			continue
		}
		figures[m.name] = figure
	}
	if *jsonFile == "" {
		return failed
	}
	text, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(failed, os.WriteFile(*jsonFile, append(text, '\n'), 0o644))
}

// numbers reads a list such as 1,4.
func numbers(flag, list string, most int) (all []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			return nil, fmt.Errorf("%s: %q is not a number from 1 to %d", flag, text, most)
		}
		all = append(all, n)
	}
	return all, nil
}
