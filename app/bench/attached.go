//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"lockwire/engine"
)

const (
	// aimAttached is how much memory a broker may take for ten thousand attached components, and aimQuiet how much of a processor
	// while they have nothing to say.
	aimAttached = 1 << 30
	aimQuiet    = 0.1
	// aimAgain is how long ten thousand may take to attach again after the broker was started again.
	aimAgain = time.Minute
	// aimEdit is how long an edit of a rule may take to reach all of them.
	aimEdit = 2 * time.Second
)

const (
	// keysAhead is how many one-time keys a simulated component lets the broker hold, agentKeys how many an agent does.
	keysAhead = 32
	agentKeys = 8
	// attachWithin and livelyWithin bound how long the benchmark waits for what ten thousand components do.
	attachWithin = 10 * time.Minute
	livelyWithin = 5 * time.Minute
)

// attached is what attached components cost the broker.
type attached struct {
	Components int
	Before     uint64 // resident bytes of the broker that nobody is attached to
	Soon       uint64 // a moment after all are attached
	Settled    uint64 // once the garbage of attaching had time to be collected
	Each       uint64 // of what is settled
	PerSecond  float64
	CPU        time.Duration // of the broker for each that attached
	Load       float64       // processors that the broker takes for them, once all are there
	// Again is how long it took from the start of a broker until all were attached again, AgainCPU what it took for each.
	Again    time.Duration
	AgainCPU time.Duration
	// Edit is the longest time from the saving of a rule until the last end of a session was told, Saved the part of it until the
	// command line has its answer; EditCPU is the broker's processor time.
	Edit, Saved, EditCPU time.Duration
	Sessions             int
}

// measureAttached has one process attach many components, starts the broker again, and edits a rule that holds for sessions of them all.
func measureAttached(ctx context.Context, o options, out io.Writer) (any, error) {
	a := attached{Components: o.components, Sessions: o.components / 2}
	p := plan{name: "attached", components: a.Components, backend: "127.0.0.1:9"}
	for n := range a.Sessions { // the listeners are never opened
		p.routes = append(p.routes, plannedRoute{source: n, target: a.Sessions + n, listen: "127.0.0.1:9001"})
	}
	i, err := newInstallation(ctx, o, p)
	if err != nil {
		return nil, err
	}
	defer func() { i.broker.stop() }()
	if a.Before, err = residentOf(i.broker); err != nil {
		return nil, err
	}
	task, err := i.crowd(0, a.Components, true)
	if err != nil {
		return nil, err
	}
	for n := range task.Members {
		task.Members[n].From, task.Members[n].Keys = dialsFrom(n), agentKeys
	}
	for _, r := range i.routes {
		task.Routes = append(task.Routes, r.ID)
	}
	began := time.Now()
	attaching, cancel := context.WithTimeout(ctx, attachWithin)
	defer cancel()
	crowd, _, err := startRole(attaching, "crowd", task)
	if err != nil {
		return nil, err
	}
	defer crowd.stop()
	a.PerSecond = float64(a.Components) / time.Since(began).Seconds()
	if err := a.quiet(ctx, i, o.settled); err != nil {
		return nil, err
	}
	if err := a.again(ctx, i, crowd); err != nil {
		return nil, err
	}
	if err := a.edit(ctx, i, crowd); err != nil {
		return nil, err
	}
	a.print(out, o.settled)
	return a, nil
}

// quiet measures the broker while nobody has anything to say.
func (a *attached) quiet(ctx context.Context, i *installation, settled time.Duration) error {
	pid := i.broker.cmd.Process.Pid
	began, err := cpuOf(pid)
	if err != nil {
		return err
	}
	a.CPU = began / time.Duration(a.Components)
	read := func(after time.Duration) (uint64, error) {
		if err := engine.Pause(ctx, after); err != nil {
			return 0, err
		}
		return residentOf(i.broker)
	}
	if a.Soon, err = read(2 * time.Second); err != nil {
		return err
	}
	before, err := cpuOf(pid)
	if err != nil {
		return err
	}
	if a.Settled, err = read(settled); err != nil {
		return err
	}
	after, err := cpuOf(pid)
	if err != nil {
		return err
	}
	a.Each, a.Load = (a.Settled-min(a.Before, a.Settled))/uint64(a.Components), (after-before).Seconds()/settled.Seconds()
	return nil
}

// again stops the broker and starts it anew.
func (a *attached) again(ctx context.Context, i *installation, crowd *process) error {
	i.broker.stop()
	began := time.Now()
	if err := i.startBroker(ctx); err != nil {
		return err
	}
	if err := crowd.await(ctx, attachWithin, crowdAttached); err != nil {
		return err
	}
	a.Again = time.Since(began)
	took, err := cpuOf(i.broker.cmd.Process.Pid)
	a.AgainCPU = took / time.Duration(a.Components)
	return err
}

// edit has every component carry a session, and sets and removes the limit of the rule that holds for all of them.
func (a *attached) edit(ctx context.Context, i *installation, crowd *process) error {
	if err := crowd.cmd.Process.Signal(beginSessions); err != nil {
		return err
	}
	if err := crowd.await(ctx, livelyWithin, crowdLive); err != nil {
		return err
	}
	admin, closeAdmin, err := i.administration(ctx)
	if err != nil {
		return err
	}
	defer closeAdmin()
	for _, step := range []struct {
		limit *engine.Throttle
		told  string
	}{
		{&engine.Throttle{Limit: engine.Limit{Value: 1000, Unit: engine.MegabytesPerSecond}, NeverThrottleRestores: false}, crowdLimited},
		{nil, crowdUnlimited},
	} {
		set, err := admin.RuleSet(ctx)
		if err != nil {
			return err
		}
		rule := set.Rules[slices.IndexFunc(set.Rules, func(r engine.Rule) bool { return r.Name == benchmarkRule })]
		rule.Throttle = step.limit
		before, err := cpuOf(i.broker.cmd.Process.Pid)
		if err != nil {
			return err
		}
		began := time.Now()
		if _, err := engine.ApplyShown(ctx, admin, engine.Change{EditRule: &rule}, false, func(engine.Effect) {}); err != nil {
			return err
		}
		saved := time.Since(began)
		if err := crowd.await(ctx, livelyWithin, step.told); err != nil {
			return err
		}
		if took := time.Since(began); took > a.Edit {
			after, err := cpuOf(i.broker.cmd.Process.Pid)
			if err != nil {
				return err
			}
			a.Edit, a.Saved, a.EditCPU = took, saved, after-before
		}
	}
	return nil
}

func (a *attached) print(out io.Writer, settled time.Duration) {
	tenThousand := a.Before + 10_000*a.Each
	fmt.Fprintf(out, "\nattached components: %d take %d MiB of the broker's memory a moment after, %d MiB after %v, %d KiB each: 10,000 would be %d MiB (aim: below %d MiB)%s\n",
		a.Components, a.Soon>>20, a.Settled>>20, settled, a.Each>>10, tenThousand>>20, aimAttached>>20, verdict(tenThousand < aimAttached))
	fmt.Fprintf(out, "while they have nothing to say they take %.3f processors of the broker (aim: below %.1f for 10,000)%s\n", a.Load, aimQuiet, verdict(a.Load*10_000/float64(a.Components) < aimQuiet))
	fmt.Fprintf(out, "they attached at %.0f a second, their own work included, of which the broker took %v each; after a restart of the broker all were attached again in %v, %v each (aim: 10,000 within %v)%s\n",
		a.PerSecond, a.CPU.Round(time.Microsecond), a.Again.Round(time.Millisecond), a.AgainCPU.Round(time.Microsecond), aimAgain, verdict(ofTenThousand(a.Again, a.Components) < aimAgain))
	fmt.Fprintf(out, "an edit of a rule, with %d sessions of them all under it, was told to the last after %v, of which %v until it was saved; the broker took %v (aim: within %v)%s\n",
		a.Sessions, a.Edit.Round(time.Millisecond), a.Saved.Round(time.Millisecond), a.EditCPU.Round(time.Millisecond), aimEdit, verdict(a.Edit < aimEdit))
}
