//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// Aims for the connections that join a live session, against two relays without TLS and two with mutual TLS.
const (
	aimRateOfNoTLS  = 0.5
	aimCPUOfNoTLS   = 2
	aimRateOfMutual = 5
	aimP99OfNoTLS   = 2
)

// The paths that aims are about.
const (
	noTLSPath  = "haproxy plain"
	mutualPath = "haproxy tls"
)

// connectionSample is what clients got of one path over one period.
type connectionSample struct {
	PerSecond float64
	P50, P99  time.Duration // from connecting to the end of the answer
	CPU       time.Duration // of both relays, for each connection
	Resumed   float64       // share of the handshakes between the relays that resumed an earlier one
}

// connections is what one path reached with some number of clients at once.
type connections struct {
	Path    string
	Clients int
	Median  connectionSample // each field by itself
	Samples []connectionSample

	counted bool // whether handshakes were
}

// measureConnections has clients connect, ask nginx for a page and connect again, through every path in turn, round after round.
func measureConnections(ctx context.Context, o options, out io.Writer) (any, error) {
	backend, address, err := startPages(ctx, o.folder)
	if err != nil {
		return nil, err
	}
	defer backend.stop()
	b := &bench{options: o, measurement: "connections", sink: address}
	ready, stop, err := b.startPaths(ctx, connectionPaths, out)
	if err != nil {
		return nil, err
	}
	defer stop()

	fmt.Fprintf(out, "\nconnections to nginx, %d bytes each: %d rounds of %v through each of %d paths with %v clients at once\n", pageSize, o.rounds, o.visiting, len(ready), o.clients)
	results := make(map[int][]*connections)
	for _, clients := range o.clients {
		for _, p := range ready {
			results[clients] = append(results[clients], &connections{Path: p.name, Clients: clients, counted: p.handshakes != nil})
		}
	}
	for _, p := range ready { // what only a path's first connection pays for, such as its session, is not measured here
		if _, err := visit(ctx, p.address, 1, time.Millisecond); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	for round := range o.rounds {
		for _, clients := range o.clients {
			for n, p := range ready {
				s, err := visitOnce(ctx, p.relays, clients, o.visiting)
				if err != nil {
					return nil, fmt.Errorf("%s, %d clients, round %d: %w", p.name, clients, round+1, err)
				}
				c := results[clients][n]
				c.Samples = append(c.Samples, s)
			}
		}
	}
	for _, p := range ready {
		if p.verify == nil {
			continue
		}
		if err := p.verify(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	var all []*connections
	for _, clients := range o.clients {
		for _, c := range results[clients] {
			c.summarize()
		}
		reportConnections(out, clients, results[clients])
		all = append(all, results[clients]...)
	}
	return all, nil
}

// visitOnce measures one path over one period, and charges its relays for it.
func visitOnce(ctx context.Context, r *relays, clients int, period time.Duration) (s connectionSample, err error) {
	before, err := r.cpu()
	if err != nil {
		return s, err
	}
	var made, madeBefore handshakes
	if r.handshakes != nil {
		if madeBefore, err = r.handshakes(ctx); err != nil {
			return s, err
		}
	}
	v, err := visit(ctx, r.address, clients, period)
	if err != nil {
		return s, err
	}
	time.Sleep(50 * time.Millisecond) // for what relays do once a connection has ended
	after, err := r.cpu()
	if err != nil {
		return s, err
	}
	if r.handshakes != nil {
		if made, err = r.handshakes(ctx); err != nil {
			return s, err
		}
		made = made.since(madeBefore)
		if err := made.check(len(v.took), r.resumes); err != nil {
			return s, err
		}
	}
	count := len(v.took)
	return connectionSample{
		PerSecond: float64(count) / v.elapsed.Seconds(), P50: percentile(v.took, 50), P99: percentile(v.took, 99),
		CPU: (after[0] + after[1] - before[0] - before[1]) / time.Duration(count), Resumed: made.share(),
	}, nil
}

func (c *connections) summarize() {
	duration := func(of func(connectionSample) time.Duration) time.Duration {
		return time.Duration(median(c.Samples, func(s connectionSample) float64 { return float64(of(s)) }))
	}
	c.Median = connectionSample{
		PerSecond: median(c.Samples, func(s connectionSample) float64 { return s.PerSecond }),
		P50:       duration(func(s connectionSample) time.Duration { return s.P50 }),
		P99:       duration(func(s connectionSample) time.Duration { return s.P99 }),
		CPU:       duration(func(s connectionSample) time.Duration { return s.CPU }),
		Resumed:   median(c.Samples, func(s connectionSample) float64 { return s.Resumed }),
	}
}

// reportConnections prints the table of one number of clients and how Lockwire stands to its aims.
func reportConnections(out io.Writer, clients int, table []*connections) {
	fmt.Fprintf(out, "\n%d client(s), medians\n", clients)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "path\tconnections/s\tmin\tmax\tp50 ms\tp99 ms\tCPU ms each\tresumed\t")
	of := make(map[string]*connectionSample)
	for _, c := range table {
		m := &c.Median
		of[c.Path] = m
		rate := func(a, b connectionSample) int { return int(a.PerSecond - b.PerSecond) }
		cpu, share := "-", "-"
		if c.Path != "direct" {
			cpu = fmt.Sprintf("%.2f", milliseconds(m.CPU))
		}
		if c.counted {
			share = fmt.Sprintf("%.0f %%", 100*m.Resumed)
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t%s\t%s\t\n", c.Path, m.PerSecond, slices.MinFunc(c.Samples, rate).PerSecond, slices.MaxFunc(c.Samples, rate).PerSecond,
			milliseconds(m.P50), milliseconds(m.P99), cpu, share)
	}
	w.Flush()
	ours, noTLS, mutual := of["agents"], of[noTLSPath], of[mutualPath]
	if ours == nil {
		return
	}
	if noTLS != nil {
		rate, cpu, p99 := ours.PerSecond/noTLS.PerSecond, float64(ours.CPU)/float64(noTLS.CPU), float64(ours.P99)/float64(noTLS.P99)
		fmt.Fprintf(out, "the agents make %.2f x the connections of two relays without TLS (aim: at least %.1f)%s\n", rate, float64(aimRateOfNoTLS), verdict(rate >= aimRateOfNoTLS))
		fmt.Fprintf(out, "at %.2f x their CPU (aim: at most %d)%s\n", cpu, aimCPUOfNoTLS, verdict(cpu <= aimCPUOfNoTLS))
		fmt.Fprintf(out, "with %.2f x their p99 (aim: at most %d)%s\n", p99, aimP99OfNoTLS, verdict(p99 <= aimP99OfNoTLS))
	}
	if mutual != nil {
		rate := ours.PerSecond / mutual.PerSecond
		fmt.Fprintf(out, "and %.2f x the connections of two relays with mutual TLS without resumption (aim: at least %d)%s\n", rate, aimRateOfMutual, verdict(rate >= aimRateOfMutual))
	}
}

// verdict says whether an aim was reached.
func verdict(reached bool) string {
	if reached {
		return ": reached"
	}
	return ": missed"
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
