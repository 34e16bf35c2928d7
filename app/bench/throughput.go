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

// Aims for a sealed channel, from the design: single figures of one machine mean little, these ratios carry over.
const (
	aimSpeedOfBestPeer = 1.5
	aimSpeedOfPlain    = 0.9
	aimCPUOfBestPeer   = 0.65
	aimCPUOfLimit      = 1.25 // the limit is a plain channel and AES alone
	aimCPUOfOneFlow    = 1.1  // of many flows, or both ways at once
	aimCPUOfAgents     = 1.05 // of a bare channel
)

// cipherPath names what AES-256-GCM alone takes, among the paths.
const cipherPath = "AES alone"

// warmUpSize is how many bytes go through a path before it is measured. The agents' session begins with them.
const warmUpSize = 16 << 20

// sample is one transfer.
type sample struct {
	GBPerSecond float64 // 10^9 bytes
	NearPerGB   float64 // CPU seconds of the near relay per 10^9 bytes
	FarPerGB    float64
}

// throughput is what one path reached under a load.
type throughput struct {
	Path string
	load
	Median  sample // each field by itself
	Samples []sample

	peer bool // another program's
}

func (s sample) cpu() float64 { return s.NearPerGB + s.FarPerGB }

// measureThroughput sends bytes through every path in turn, round after round.
func measureThroughput(ctx context.Context, o options, out io.Writer) (any, error) {
	sink, address, err := startRole(ctx, "sink", struct{}{})
	if err != nil {
		return nil, err
	}
	defer sink.stop()
	b := &bench{options: o, measurement: "throughput", sink: address}
	started, stop, err := b.startPaths(ctx, paths, out)
	if err != nil {
		return nil, err
	}
	defer stop()
	for _, p := range started {
		if _, err := transfer(ctx, p.address, load{Flows: 1}, warmUpSize, 0); err != nil {
			return nil, fmt.Errorf("%s, warming up: %w", p.name, err)
		}
	}

	fmt.Fprintf(out, "%d rounds of %d MiB through each of %d paths under %d loads\n", o.rounds, o.size>>20, len(started), len(o.loads))
	alone := &throughput{Path: cipherPath}
	results := make(map[load][]*throughput)
	for _, l := range o.loads {
		for _, p := range started {
			results[l] = append(results[l], &throughput{Path: p.name, load: l, peer: p.peer})
		}
	}
	for round := range o.rounds {
		s, err := measureCipher()
		if err != nil {
			return nil, err
		}
		alone.Samples = append(alone.Samples, s)
		for _, l := range o.loads {
			for i, p := range started {
				s, err := measureOnce(ctx, p.relays, l, o.size)
				if err != nil {
					return nil, fmt.Errorf("%s, %v, round %d: %w", p.name, l, round+1, err)
				}
				t := results[l][i]
				t.Samples = append(t.Samples, s)
			}
		}
	}

	alone.summarize()
	fmt.Fprintf(out, "\nAES-256-GCM alone: sealing %.2f and opening %.2f, together %.2f CPU s/GB\n", alone.Median.NearPerGB, alone.Median.FarPerGB, alone.Median.cpu())
	all := []*throughput{alone}
	var sealedOne *throughput
	for _, l := range o.loads {
		table := results[l]
		for _, t := range table {
			t.summarize()
			if t.Path == "sealed" && l == (load{Flows: 1}) {
				sealedOne = t
			}
		}
		report(out, l, table, alone, sealedOne)
		all = append(all, table...)
	}
	return all, nil
}

// measureOnce runs one transfer and charges its relays for its bytes. What its connections cost is not in it.
func measureOnce(ctx context.Context, r *relays, l load, size int64) (sample, error) {
	flows, err := openFlows(ctx, r.address, l, size)
	if err != nil {
		return sample{}, err
	}
	defer flows.close()
	before, err := r.cpu()
	if err != nil {
		return sample{}, err
	}
	took, err := flows.run(0)
	if err != nil {
		return sample{}, err
	}
	flows.close()
	time.Sleep(50 * time.Millisecond) // for relays that end a process per flow
	after, err := r.cpu()
	if err != nil {
		return sample{}, err
	}
	gb := float64(size) / 1e9
	return sample{
		GBPerSecond: gb / took.Seconds(),
		NearPerGB:   (after[0] - before[0]).Seconds() / gb,
		FarPerGB:    (after[1] - before[1]).Seconds() / gb,
	}, nil
}

func (t *throughput) summarize() {
	t.Median = sample{
		GBPerSecond: median(t.Samples, func(s sample) float64 { return s.GBPerSecond }),
		NearPerGB:   median(t.Samples, func(s sample) float64 { return s.NearPerGB }),
		FarPerGB:    median(t.Samples, func(s sample) float64 { return s.FarPerGB }),
	}
}

func median[S any](samples []S, field func(S) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = field(s)
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2
	}
	return values[middle]
}

// report prints the table of one load and how the sealed channel stands to its aims. sealedOne is the sealed channel with one flow,
// nil where that was not measured before.
func report(out io.Writer, l load, table []*throughput, alone, sealedOne *throughput) {
	fmt.Fprintf(out, "\n%v, medians\n", l)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "path\tGB/s\tmin\tmax\tnear CPU s/GB\tfar CPU s/GB\tsum\t")
	var sealed, plain, agents, fastest, cheapest *throughput
	for _, t := range table {
		low := slices.MinFunc(t.Samples, bySpeed).GBPerSecond
		high := slices.MaxFunc(t.Samples, bySpeed).GBPerSecond
		if t.Path == "direct" {
			fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t-\t-\t-\t\n", t.Path, t.Median.GBPerSecond, low, high)
			continue
		}
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t\n", t.Path, t.Median.GBPerSecond, low, high, t.Median.NearPerGB, t.Median.FarPerGB, t.Median.cpu())
		switch {
		case t.Path == "sealed":
			sealed = t
		case t.Path == "plain":
			plain = t
		case t.Path == "agents":
			agents = t
		case t.peer:
			if fastest == nil || t.Median.GBPerSecond > fastest.Median.GBPerSecond {
				fastest = t
			}
			if cheapest == nil || t.Median.cpu() < cheapest.Median.cpu() {
				cheapest = t
			}
		}
	}
	w.Flush()
	if sealed == nil {
		return
	}
	if fastest != nil {
		ratio := sealed.Median.GBPerSecond / fastest.Median.GBPerSecond
		fmt.Fprintf(out, "sealed is %.2f x as fast as the fastest peer, %s (aim: at least %.1f)%s\n", ratio, fastest.Path, aimSpeedOfBestPeer, verdict(ratio >= aimSpeedOfBestPeer))
		ratio = sealed.Median.cpu() / cheapest.Median.cpu()
		fmt.Fprintf(out, "sealed takes %.2f x the CPU of the cheapest peer, %s (aim: at most %.2f)%s\n", ratio, cheapest.Path, aimCPUOfBestPeer, verdict(ratio <= aimCPUOfBestPeer))
	}
	if plain != nil {
		ratio := sealed.Median.GBPerSecond / plain.Median.GBPerSecond
		fmt.Fprintf(out, "sealed is %.2f x as fast as plain (aim: at least %.1f)%s\n", ratio, aimSpeedOfPlain, verdict(ratio >= aimSpeedOfPlain))
		limit := plain.Median.cpu() + alone.Median.cpu()
		ratio = sealed.Median.cpu() / limit
		fmt.Fprintf(out, "sealed takes %.2f x the CPU of the limit, plain and AES alone, %.2f s/GB (aim: at most %.2f)%s\n", ratio, limit, aimCPUOfLimit, verdict(ratio <= aimCPUOfLimit))
	}
	if sealedOne != nil && sealedOne != sealed {
		ratio := sealed.Median.cpu() / sealedOne.Median.cpu()
		fmt.Fprintf(out, "sealed takes %.2f x the CPU per byte of what it takes with 1 flow (aim: at most %.1f)%s\n", ratio, aimCPUOfOneFlow, verdict(ratio <= aimCPUOfOneFlow))
	}
	if agents != nil {
		ratio := agents.Median.cpu() / sealed.Median.cpu()
		fmt.Fprintf(out, "the agents take %.2f x the CPU of a bare sealed channel (aim: at most %.2f)%s, at %.2f x its speed\n", ratio, aimCPUOfAgents, verdict(ratio <= aimCPUOfAgents),
			agents.Median.GBPerSecond/sealed.Median.GBPerSecond)
	}
}

func bySpeed(a, b sample) int {
	switch {
	case a.GBPerSecond < b.GBPerSecond:
		return -1
	case a.GBPerSecond > b.GBPerSecond:
		return 1
	}
	return 0
}
