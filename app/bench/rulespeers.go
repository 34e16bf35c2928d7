//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// limitedPeer is what another tool did with one flow under a limit.
type limitedPeer struct {
	Name           string
	BytesPerSecond uint64
	Error          float64
	HighestSecond  float64
}

// limitPeers are tools that limit one flow, by a machine's network or by themselves.
var limitPeers = []struct {
	name, program string
	run           func(ctx context.Context, o options, network *lan, rate uint64) ([]reading, error)
}{
	{"tc tbf", "tc", runTokenBucket},
	{"pv -L", "pv", runPV},
	{"rclone --bwlimit", "rclone", runRclone},
}

func measureLimitPeers(ctx context.Context, o options, network *lan, out io.Writer) (figures []limitedPeer, err error) {
	for _, peer := range limitPeers {
		if _, err := findProgram(peer.program); err != nil {
			fmt.Fprintf(out, "%s: %v\n", peer.name, err)
			continue
		}
		for _, rate := range o.ruleLimits {
			readings, err := peer.run(ctx, o, network, rate)
			if err != nil {
				return figures, fmt.Errorf("%s: %w", peer.name, err)
			}
			f := limitedPeer{peer.name, rate, rateBetween(readings[0], readings[len(readings)-1])/float64(rate) - 1, highestSecond(readings) / float64(rate)}
			figures = append(figures, f)
			fmt.Fprintf(out, "%10.1f M %16s %8.2f%% %9s %9.3f\n", float64(rate)/1e6, peer.name, 100*f.Error, "", f.HighestSecond)
		}
	}
	return figures, nil
}

// runTokenBucket pours over a machine's own limit.
func runTokenBucket(ctx context.Context, _ options, network *lan, rate uint64) ([]reading, error) {
	from, to := network.machine(firstSource), network.machine(vaultAt)
	burst := max(rate/50, 64<<10) // 20 ms, and one large packet
	if err := runWords(ctx, from.command("tc", "qdisc", "replace", "dev", "lan", "root", "tbf", "rate", strconv.FormatUint(rate*8, 10)+"bit",
		"burst", strconv.FormatUint(burst, 10), "latency", "50ms")); err != nil {
		return nil, err
	}
	defer func() {
		_ = runWords(context.WithoutCancel(ctx), from.command("tc", "qdisc", "delete", "dev", "lan", "root"))
	}()
	address := to.address + ":9999"
	p, err := newPouring(to, address)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	if err := p.begin(ctx, from, address); err != nil {
		return nil, err
	}
	flows := []*pouring{p}
	watch(ctx, flows, warmUp)
	return watch(ctx, flows, 10*time.Second), nil
}

func runWords(ctx context.Context, words []string) error {
	if out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", words[len(words)-1], err, out)
	}
	return nil
}

func runPV(ctx context.Context, _ options, _ *lan, rate uint64) ([]reading, error) {
	return watchProgram(ctx, "pv", "-q", "-L", strconv.FormatUint(rate, 10), "/dev/zero")
}

// runRclone has it read a file without end, as far as the time goes.
func runRclone(ctx context.Context, o options, _ *lan, rate uint64) ([]reading, error) {
	path := filepath.Join(o.folder, "rclone-reads")
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := file.Truncate(1 << 40); err != nil { // sparse
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	return watchProgram(ctx, "rclone", "cat", "--config", "/dev/null", "--bwlimit", strconv.FormatUint(rate, 10)+"B", path)
}

// watchProgram counts what a program writes.
func watchProgram(ctx context.Context, words ...string) ([]reading, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	p := &pouring{}
	cmd.Stdout = counting{p}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() {
		cancel()
		_ = cmd.Wait()
	}()
	flows := []*pouring{p}
	watch(ctx, flows, warmUp)
	return watch(ctx, flows, 10*time.Second), nil
}

type counting struct{ p *pouring }

func (c counting) Write(b []byte) (int, error) {
	c.p.arrived.Add(uint64(len(b)))
	return len(b), nil
}
