//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
)

// limited is what one limit did with so many sessions.
type limited struct {
	BytesPerSecond uint64
	Sessions       int
	// Error is how far the rate over ten seconds was from the limit; Shares the least share over the largest.
	Error, Shares float64
	// HighestSecond is the largest sum within a second, in parts of the limit.
	HighestSecond float64
	// UnusedAfter is how long it took until what half of the sessions left was used, EditAfter until an edit was in force, in
	// seconds; negative where it never was, or was not asked.
	UnusedAfter, EditAfter float64
	CPUPerGB               float64 // of the sources' agents
}

// ruleFigures are what is printed.
type ruleFigures struct {
	Limits []limited
	Peers  []limitedPeer
	// UnlimitedPerGB is the sources' CPU seconds for each GB without a limit, at UnlimitedRate.
	UnlimitedPerGB, UnlimitedRate float64
}

const (
	rulesMachines = 4
	brokerAt      = 0
	vaultAt       = 1
	firstSource   = 2
	// warmUp is how long sessions run before anything is measured.
	warmUp = 4 * time.Second
)

// measureRules runs sessions of real agents on machines of their own under one rule's limit.
func measureRules(ctx context.Context, o options, out io.Writer) (any, error) {
	network, err := newLan(ctx, firstSource+rulesMachines)
	if err != nil {
		return nil, err
	}
	defer network.remove()
	fmt.Fprintf(out, "\nLimits: real agents on %d machines, sealed, to one target; all on this computer\n", rulesMachines)
	fmt.Fprintf(out, "%12s %9s %9s %9s %9s %9s %9s %9s\n", "limit", "sessions", "error", "min/max", "highest s", "unused", "edit", "CPU s/GB")
	var figures ruleFigures
	for _, sessions := range o.ruleSessions {
		if err := measureLimits(ctx, o, network, sessions, &figures, out); err != nil {
			return nil, err
		}
	}
	if figures.UnlimitedRate > 0 { // measured where one session is
		fmt.Fprintf(out, "without a limit, one session: %s, %.2f CPU s/GB\n", engine.RateInWords(uint64(figures.UnlimitedRate)), figures.UnlimitedPerGB)
	}
	figures.Peers, err = measureLimitPeers(ctx, o, network, out)
	return figures, err
}

// measureLimits measures all limits with so many sessions.
func measureLimits(ctx context.Context, o options, network *lan, sessions int, figures *ruleFigures, out io.Writer) (err error) {
	i, err := newRulesInstallation(ctx, o, network, sessions)
	if err != nil {
		return err
	}
	defer i.stop()
	for n, rate := range o.ruleLimits {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if sessions == 1 && n == 0 {
			if figures.UnlimitedRate, figures.UnlimitedPerGB, err = i.measureUnlimited(ctx); err != nil {
				return err
			}
		}
		f, err := i.measureLimit(ctx, rate)
		if err != nil {
			return err
		}
		figures.Limits = append(figures.Limits, f)
		seconds := func(s float64) string {
			if s < 0 {
				return "-"
			}
			return fmt.Sprintf("%.2f s", s)
		}
		fmt.Fprintf(out, "%10.1f M %9d %8.2f%% %9.3f %9.3f %9s %9s %9.2f\n", float64(rate)/1e6, sessions, 100*f.Error, f.Shares, f.HighestSecond, seconds(f.UnusedAfter), seconds(f.EditAfter), f.CPUPerGB)
	}
	return nil
}

// rulesInstallation is a broker, a target and sources, each on a machine, with a route for each session.
type rulesInstallation struct {
	*installation
	network *lan
	target  int // among the members
	agents  []*process
	listens []string // of the routes
	flows   []*pouring
	// dataPorts are those of the members; none is one on each one's own machine.
	dataPorts []string
	rule      engine.Rule
	admin     engine.Administration
	close     func() error
}

// newRulesInstallation starts it; the sessions begin with the flows.
func newRulesInstallation(ctx context.Context, o options, network *lan, sessions int) (_ *rulesInstallation, err error) {
	i := &rulesInstallation{installation: &installation{folder: filepath.Join(o.folder, "rules-"+strconv.Itoa(sessions))}, network: network}
	if err := os.Mkdir(i.folder, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			i.stop()
		}
	}()
	if i.programs, err = buildPrograms(ctx, o.folder); err != nil {
		return nil, err
	}
	p := plan{components: 1 + rulesMachines}
	for n := range sessions {
		listen := "127.0.0.1:" + strconv.Itoa(8000+n)
		i.listens = append(i.listens, listen)
		p.routes = append(p.routes, plannedRoute{source: 1 + n%rulesMachines, target: 0, listen: listen, backend: i.backend(n)})
	}
	data := filepath.Join(i.folder, "broker")
	if err := i.fill(ctx, data, p); err != nil {
		return nil, fmt.Errorf("fill the record: %w", err)
	}
	i.address = network.machine(brokerAt).address + ":6170"
	if i.broker, err = i.startOn(ctx, brokerAt, i.address, i.programs.broker, "serve", "--data", data, "--listen", i.address, "--log-level", "warn"); err != nil {
		return nil, err
	}
	for n := range i.members {
		agent, err := i.startMember(ctx, n)
		if err != nil {
			return nil, err
		}
		i.agents = append(i.agents, agent)
	}
	if err := i.awaitRoutes(ctx); err != nil {
		return nil, err
	}
	if i.admin, i.close, err = server.Attach(ctx, data); err != nil {
		return nil, err
	}
	set, err := i.admin.RuleSet(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(set.Rules, func(r engine.Rule) bool { return r.Name == benchmarkRule })
	i.rule = set.Rules[at]
	return i, nil
}

func (i *rulesInstallation) backend(n int) string { return "127.0.0.1:" + strconv.Itoa(9000+n) }

// startOn starts a program on a machine and waits until it listens there.
func (i *rulesInstallation) startOn(ctx context.Context, at int, address string, words ...string) (*process, error) {
	m := i.network.machine(at)
	command := m.command(words...)
	return startAwaited(ctx, i.folder, filepath.Base(words[0]), command, func(ctx context.Context) error {
		return host.Await(ctx, awaitWithin, words[0], func() (bool, error) {
			conn, err := m.dial(ctx, address)
			if err != nil {
				return false, nil
			}
			return true, conn.Close()
		})
	})
}

// startMember starts the agent of a member: one is the target, and may dial the backends.
func (i *rulesInstallation) startMember(ctx context.Context, n int) (*process, error) {
	m, on := i.members[n], i.network.machine(vaultAt+n)
	folder := filepath.Join(i.folder, m.name)
	directory, err := identity.Join(machine.AttachmentsFolder(folder),
		identity.Attachment{Installation: i.id, Kind: identity.Component, ID: m.id, Name: m.name, Brokers: []string{i.address}}, i.roots, m.key, m.certificate)
	if err != nil {
		return nil, err
	}
	if n == i.target {
		backends, err := machine.NewBackendList([]string{"127.0.0.1:9000-9999"})
		if err != nil {
			return nil, err
		}
		if err := machine.WriteBackends(directory.Path(), backends); err != nil {
			return nil, err
		}
	}
	listen := on.address + ":6171"
	if len(i.dataPorts) > 0 {
		listen = i.dataPorts[n]
	}
	return i.startOn(ctx, vaultAt+n, listen, i.programs.agent, "run", "--data", folder, "--machine-id", m.name, "--interface", on.address,
		"--listen", listen, "--advertise", listen, "--log-level", "error")
}

func (i *rulesInstallation) stop() {
	i.stopFlows()
	if i.close != nil {
		_ = i.close()
	}
	for _, p := range append(slices.Clone(i.agents), i.broker) {
		if p != nil {
			p.stop()
		}
	}
}

func (i *rulesInstallation) stopFlows() {
	for _, p := range i.flows {
		p.stop()
	}
	i.flows = nil
}

// pourAll begins a flow over every route.
func (i *rulesInstallation) pourAll(ctx context.Context) error {
	for n, listen := range i.listens {
		p, err := newPouring(i.network.machine(vaultAt), i.backend(n))
		if err != nil {
			return err
		}
		i.flows = append(i.flows, p)
		if err := p.begin(ctx, i.network.machine(firstSource+n%rulesMachines), listen); err != nil {
			return err
		}
	}
	return host.Await(ctx, awaitWithin, "the sessions", func() (bool, error) {
		return !slices.ContainsFunc(i.flows, func(p *pouring) bool { return p.arrived.Load() == 0 }), nil
	})
}

// setLimit saves the rule with a limit, 0 for none.
func (i *rulesInstallation) setLimit(ctx context.Context, bytesPerSecond uint64) error {
	i.rule.Throttle = nil
	if bytesPerSecond > 0 {
		i.rule.Throttle = &engine.Throttle{Limit: engine.Limit{Value: bytesPerSecond / 1000, Unit: engine.KilobytesPerSecond}, NeverThrottleRestores: true}
	}
	if _, err := engine.ApplyShown(ctx, i.admin, engine.Change{EditRule: &i.rule}, false, func(engine.Effect) {}); err != nil {
		return err
	}
	set, err := i.admin.RuleSet(ctx)
	if err != nil {
		return err
	}
	i.rule = set.Rules[slices.IndexFunc(set.Rules, func(r engine.Rule) bool { return r.Name == benchmarkRule })]
	return nil
}

// sourcesCPU is what the agents that send have used. Those that carry nothing may measure their processors meanwhile.
func (i *rulesInstallation) sourcesCPU() (total time.Duration, err error) {
	for _, agent := range i.agents[1 : 1+min(len(i.listens), rulesMachines)] {
		used, err := cpuOf(agent.cmd.Process.Pid)
		if err != nil {
			return 0, err
		}
		total += used
	}
	return total, nil
}

// perGB is the CPU time that something took for each GB of what arrived meanwhile, and the readings.
func (i *rulesInstallation) perGB(ctx context.Context, d time.Duration) ([]reading, float64, error) {
	before, err := i.sourcesCPU()
	if err != nil {
		return nil, 0, err
	}
	readings := watch(ctx, i.flows, d)
	after, err := i.sourcesCPU()
	moved := readings[len(readings)-1].total - readings[0].total
	return readings, (after - before).Seconds() / max(float64(moved)/1e9, math.SmallestNonzeroFloat64), err
}

func (i *rulesInstallation) measureUnlimited(ctx context.Context) (rate, perGB float64, err error) {
	if err := errors.Join(i.setLimit(ctx, 0), i.pourAll(ctx)); err != nil {
		return 0, 0, err
	}
	defer i.stopFlows()
	watch(ctx, i.flows, time.Second)
	readings, perGB, err := i.perGB(ctx, 5*time.Second)
	return rateBetween(readings[0], readings[len(readings)-1]), perGB, err
}

func (i *rulesInstallation) measureLimit(ctx context.Context, rate uint64) (f limited, err error) {
	f = limited{BytesPerSecond: rate, Sessions: len(i.listens), UnusedAfter: -1, EditAfter: -1}
	if err := errors.Join(i.setLimit(ctx, rate), i.pourAll(ctx)); err != nil {
		return f, err
	}
	defer i.stopFlows()
	watch(ctx, i.flows, warmUp)
	readings, perGB, err := i.perGB(ctx, 10*time.Second)
	if err != nil {
		return f, err
	}
	first, last := readings[0], readings[len(readings)-1]
	f.CPUPerGB, f.Error = perGB, rateBetween(first, last)/float64(rate)-1
	f.Shares, f.HighestSecond = minToMax(first, last), highestSecond(readings)/float64(rate)

	began := time.Now()
	if err := i.setLimit(ctx, rate/2); err != nil {
		return f, err
	}
	saved := time.Since(began) // the edit counts from when it was begun
	if took, ok := until(watch(ctx, i.flows, 5*time.Second), time.Second/2, func(r float64) bool { return r <= float64(rate)/2*1.1 }); ok {
		f.EditAfter = (took + saved).Seconds()
	}
	if half := len(i.flows) / 2; half > 0 {
		for _, p := range i.flows[:half] {
			p.abort()
		}
		if took, ok := until(watch(ctx, i.flows, 5*time.Second), time.Second/2, func(r float64) bool { return r >= float64(rate)/2*0.9 }); ok {
			f.UnusedAfter = took.Seconds()
		}
	}
	return f, nil
}
