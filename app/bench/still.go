//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
)

// Aims for programs that have nothing to do, in percent of a core and in MB.
const (
	aimStillAgent       = 0.1
	aimStillAgentMemory = 40
	aimStillConsole     = 2
)

// still is what a program takes while nothing goes on.
type still struct {
	CPU float64 // percent of a core
	RSS float64 // MB
}

// standingStill are the programs of an installation without traffic.
type standingStill struct {
	Agent   still  // the one of both that takes more
	Broker  still  // with both attached
	Console *still // with its broker and its component; nil where it was not measured
}

// measureStill watches a broker and two agents with a route through which nobody connects, and the console.
func measureStill(ctx context.Context, o options, out io.Writer) (any, error) {
	listen, err := host.FreeAddress()
	if err != nil {
		return nil, err
	}
	i, err := newInstallation(ctx, o, plan{name: "still", components: 2, backend: listen, routes: []plannedRoute{{source: 0, target: 1, listen: listen}}})
	if err != nil {
		return nil, err
	}
	defer i.broker.stop()
	agents, stopAgents, err := i.startPair(ctx, listen)
	if err != nil {
		return nil, err
	}
	defer stopAgents()
	if err := i.awaitCalibrations(ctx); err != nil {
		return nil, err
	}
	var all [3]still
	if err := watchStill(ctx, o.settling, o.still, []*process{agents[0], agents[1], i.broker}, all[:]); err != nil {
		return nil, err
	}
	s := standingStill{Agent: still{max(all[0].CPU, all[1].CPU), max(all[0].RSS, all[1].RSS)}, Broker: all[2]}
	fmt.Fprintf(out, "\nstanding still over %v: an agent without a flow takes %.3f %% of a core (aim: below %.1f %%)%s, and %.0f MB (aim: below %d MB)%s; the broker with two of them %.2f %% and %.0f MB\n",
		o.still, s.Agent.CPU, aimStillAgent, verdict(s.Agent.CPU < aimStillAgent), s.Agent.RSS, aimStillAgentMemory, verdict(s.Agent.RSS < aimStillAgentMemory), s.Broker.CPU, s.Broker.RSS)
	if o.console == "" {
		fmt.Fprintln(out, "the console is skipped: make bench builds what measures it, and names it with -console")
		return s, nil
	}
	if s.Console, err = consoleStill(ctx, o.console); err != nil {
		fmt.Fprintf(out, "the console is skipped: %v\n", err)
		return s, nil
	}
	fmt.Fprintf(out, "the console with its broker takes %.2f %% of a core (aim: below %d %%)%s, and %.0f MB\n", s.Console.CPU, aimStillConsole, verdict(s.Console.CPU < aimStillConsole), s.Console.RSS)
	return s, nil
}

// watchStill lets processes settle and reads what each takes over a period.
func watchStill(ctx context.Context, settling, period time.Duration, processes []*process, into []still) error {
	if err := engine.Pause(ctx, settling); err != nil {
		return err
	}
	before := make([]time.Duration, len(processes))
	for n, p := range processes {
		var err error
		if before[n], err = cpuOf(p.cmd.Process.Pid); err != nil {
			return err
		}
	}
	began := time.Now()
	if err := engine.Pause(ctx, period); err != nil {
		return err
	}
	for n, p := range processes {
		after, err := cpuOf(p.cmd.Process.Pid)
		if err != nil {
			return err
		}
		resident, err := residentOf(p)
		if err != nil {
			return err
		}
		into[n] = still{100 * (after - before[n]).Seconds() / time.Since(began).Seconds(), float64(resident) / 1e6}
	}
	return nil
}

// calibratedWithin leaves room for a machine that is not quiet: a component measures once it has been for a while.
const calibratedWithin = 5 * time.Minute

// awaitCalibrations waits until all components have measured their processors, which takes all cores for some seconds, once.
func (i *installation) awaitCalibrations(ctx context.Context) error {
	admin, closeAdmin, err := server.Attach(ctx, filepath.Join(i.folder, "broker"))
	if err != nil {
		return err
	}
	defer closeAdmin()
	return host.Await(ctx, calibratedWithin, "the measurements of the processors", func() (bool, error) {
		components, err := admin.Components(ctx)
		return !slices.ContainsFunc(components, func(c engine.ComponentStatus) bool { return !c.Headroom.Known() }), err
	})
}

// consoleStill has app/benchui, which needs C and a display, watch the real console.
func consoleStill(ctx context.Context, program string) (*still, error) {
	program, err := filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(program); err != nil {
		return nil, err
	}
	output, err := exec.CommandContext(ctx, program, "-still").Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(program), err)
	}
	s := new(still)
	return s, json.Unmarshal(output, s)
}
