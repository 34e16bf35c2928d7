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
	aimCPUOfBestPeer   = 0.6
)

// sample is one transfer.
type sample struct {
	GBPerSecond float64 // 10^9 bytes
	NearPerGB   float64 // CPU seconds of the near relay per 10^9 bytes
	FarPerGB    float64
}

// throughput is what one path reached with some number of flows.
type throughput struct {
	Path    string
	Flows   int
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
	b := &bench{options: o, sink: address}
	if b.certificate, err = writeCertificate(o.folder); err != nil {
		return nil, err
	}

	type running struct {
		path
		*relays
	}
	var ready []running
	for _, p := range paths {
		if len(o.only) > 0 && !slices.Contains(o.only, p.name) {
			continue
		}
		r, err := p.start(ctx, b)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			fmt.Fprintf(out, "%s is skipped: %v\n", p.name, err)
			continue
		}
		defer r.stop()
		ready = append(ready, running{p, r})
	}

	fmt.Fprintf(out, "%d rounds of %d MiB through each of %d paths with %v flows\n", o.rounds, o.size>>20, len(ready), o.flows)
	results := make(map[string]map[int]*throughput)
	for _, p := range ready {
		results[p.name] = make(map[int]*throughput)
		for _, flows := range o.flows {
			results[p.name][flows] = &throughput{Path: p.name, Flows: flows, peer: p.peer}
		}
	}
	for round := range o.rounds {
		for _, flows := range o.flows {
			for _, p := range ready {
				s, err := measureOnce(ctx, p.relays, flows, o.size)
				if err != nil {
					return nil, fmt.Errorf("%s, %d flows, round %d: %w", p.name, flows, round+1, err)
				}
				t := results[p.name][flows]
				t.Samples = append(t.Samples, s)
			}
		}
	}

	var all []*throughput
	for _, flows := range o.flows {
		var table []*throughput
		for _, p := range ready {
			t := results[p.name][flows]
			t.summarize()
			table = append(table, t)
		}
		report(out, flows, table)
		all = append(all, table...)
	}
	return all, nil
}

// measureOnce runs one transfer and charges its relays for it.
func measureOnce(ctx context.Context, r *relays, flows int, size int64) (sample, error) {
	var before, after [2]time.Duration
	used := func(into *[2]time.Duration) error {
		for i, p := range []*process{r.near, r.far} {
			if p == nil {
				continue
			}
			var err error
			if into[i], err = cpuOf(p.cmd.Process.Pid); err != nil {
				return err
			}
		}
		return nil
	}
	if err := used(&before); err != nil {
		return sample{}, err
	}
	took, err := transfer(ctx, r.address, flows, size, 0)
	if err != nil {
		return sample{}, err
	}
	time.Sleep(50 * time.Millisecond) // for relays that end a process per flow
	if err := used(&after); err != nil {
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

// report prints the table of one number of flows and how the sealed channel stands to its aims.
func report(out io.Writer, flows int, table []*throughput) {
	fmt.Fprintf(out, "\n%d flow(s), medians\n", flows)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "path\tGB/s\tmin\tmax\tnear CPU s/GB\tfar CPU s/GB\tsum\t")
	var sealed, plain, fastest, cheapest *throughput
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
		fmt.Fprintf(out, "sealed is %.2f x as fast as the fastest peer, %s (aim: at least %.1f)%s\n", ratio, fastest.Path, aimSpeedOfBestPeer, missed(ratio >= aimSpeedOfBestPeer))
		ratio = sealed.Median.cpu() / cheapest.Median.cpu()
		fmt.Fprintf(out, "sealed takes %.2f x the CPU of the cheapest peer, %s (aim: at most %.1f)%s\n", ratio, cheapest.Path, aimCPUOfBestPeer, missed(ratio <= aimCPUOfBestPeer))
	}
	if plain != nil {
		ratio := sealed.Median.GBPerSecond / plain.Median.GBPerSecond
		fmt.Fprintf(out, "sealed is %.2f x as fast as plain (aim: at least %.1f)%s\n", ratio, aimSpeedOfPlain, missed(ratio >= aimSpeedOfPlain))
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

func missed(reached bool) string {
	if reached {
		return ""
	}
	return ": missed"
}
