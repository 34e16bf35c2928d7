//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
)

// The paths of the measurement of tunnels. Their far relay is the one at the provider: that of HAProxy, or a gateway.
const (
	tunnelPath    = "tunnel"
	twicePath     = "sealed in tunnel"
	terminateTLS  = "haproxy TLS"
	haproxyTCP    = "haproxy TCP"
	tenantsEach   = 4 // connections: one of control, the others of sessions
	aimOfTenant   = 256 << 10
	tunnelFlows   = 8
	tunnelOneFlow = 1
)

var tunnelPaths = []path{
	{haproxyTCP, "HAProxy in TCP mode before a repository that terminates TLS is what one encryption costs a gateway", startHAProxy(noTLS), true},
	{terminateTLS, "HAProxy terminating TLS 1.3 of one side that proves itself, AES-256", startHAProxy(mutual), true},
	{tunnelPath, "a gateway of ours; what goes through is as it comes", startTunnel(false), false},
	{twicePath, "the same; what goes through is a sealed channel, which ends at the repository", startTunnel(true), false},
}

// tunnels is what was measured of them.
type tunnels struct {
	Paths []*throughput
	// Tenants have so many connections at one gateway, all idle; PerTenant and PerConnection are what these take of its memory, resident.
	Tenants, Connections     int
	PerTenant, PerConnection uint64
}

// measureTunnel measures what a provider's gateway takes of a processor for each byte, beside HAProxy in its place, and of memory for each
// tenant.
func measureTunnel(ctx context.Context, o options, out io.Writer) (any, error) {
	sink, address, err := startRole(ctx, "sink", struct{}{})
	if err != nil {
		return nil, err
	}
	defer sink.stop()
	b := &bench{options: o, measurement: "tunnel", sink: address}
	started, stop, err := b.startPaths(ctx, tunnelPaths, out)
	if err != nil {
		return nil, err
	}
	defer stop()
	var t tunnels
	for _, l := range []load{{Flows: tunnelOneFlow}, {Flows: tunnelFlows}} {
		table := make([]*throughput, len(started))
		for i, p := range started {
			if _, err := transfer(ctx, p.address, load{Flows: 1}, warmUpSize, 0); err != nil {
				return nil, fmt.Errorf("%s, warming up: %w", p.name, err)
			}
			table[i] = &throughput{Path: p.name, load: l, peer: p.peer}
		}
		for round := range o.rounds {
			for i, p := range started {
				s, err := measureOnce(ctx, p.relays, l, o.size)
				if err != nil {
					return nil, fmt.Errorf("%s, %v, round %d: %w", p.name, l, round+1, err)
				}
				table[i].Samples = append(table[i].Samples, s)
			}
		}
		reportTunnel(out, l, table)
		t.Paths = append(t.Paths, table...)
	}
	if err := measureTenants(ctx, o.tenants, &t); err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "%d tenants with %d connections at one gateway, all idle: %d KiB of its memory for each tenant (aim: at most %d)%s, %d KiB for each connection\n",
		t.Tenants, t.Connections, t.PerTenant>>10, aimOfTenant>>10, verdict(t.PerTenant <= aimOfTenant), t.PerConnection>>10)
	return t, nil
}

func reportTunnel(out io.Writer, l load, table []*throughput) {
	fmt.Fprintf(out, "\nto a service provider, %v, medians\n", l)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "path\tGB/s\ttenant CPU s/GB\tgateway CPU s/GB\t")
	medians := map[string]sample{}
	for _, t := range table {
		t.summarize()
		medians[t.Path] = t.Median
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t\n", t.Path, t.Median.GBPerSecond, t.Median.NearPerGB, t.Median.FarPerGB)
	}
	w.Flush()
	once, twice := medians[tunnelPath], medians[twicePath]
	fmt.Fprintf(out, "the encryption inside takes %.2f CPU s/GB more of the tenant's machine", twice.NearPerGB-once.NearPerGB)
	for _, peer := range []string{terminateTLS, haproxyTCP} {
		if m, measured := medians[peer]; measured && m.FarPerGB > 0 {
			fmt.Fprintf(out, "; a gateway takes %.2f x the CPU of %s", twice.FarPerGB/m.FarPerGB, peer)
		}
	}
	fmt.Fprintln(out)
}
