//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
)

// idleFlows is what flows without traffic cost the agents.
type idleFlows struct {
	Flows          int
	Source, Target uint64 // resident bytes for each flow
}

// flowsOfASession is how many of the flows one session carries; an agent lets a session have 1,024 at once.
const flowsOfASession = 500

// measureIdleFlows opens flows through real agents, lets each carry a byte to the backend and back, and leaves them open.
func measureIdleFlows(ctx context.Context, o options, out io.Writer) (any, error) {
	count := o.idle
	backend, stop, err := startEcho(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	listeners, err := freeAddresses((count + flowsOfASession - 1) / flowsOfASession)
	if err != nil {
		return nil, err
	}
	p := plan{name: "idle flows", components: 2, backend: backend}
	for _, listen := range listeners {
		p.routes = append(p.routes, plannedRoute{source: 0, target: 1, listen: listen})
	}
	i, err := newInstallation(ctx, o, p)
	if err != nil {
		return nil, err
	}
	defer i.broker.stop()
	agents, stopAgents, err := i.startPair(ctx, backend)
	if err != nil {
		return nil, err
	}
	defer stopAgents()
	var before, after [2]uint64
	resident := func(into *[2]uint64) error {
		for n, agent := range agents {
			var err error
			if into[n], err = residentOf(agent); err != nil {
				return err
			}
		}
		return nil
	}
	open := func(n int) error {
		for flow := range n {
			conn, err := openEcho(ctx, listeners[flow%len(listeners)])
			if err != nil {
				return err
			}
			defer conn.Close()
		}
		return resident(&after)
	}
	// What the first flow of each session brings with it, such as code, pools and the session, is no other flow's.
	for _, listen := range listeners {
		warm, err := openEcho(ctx, listen)
		if err != nil {
			return nil, err
		}
		defer warm.Close()
	}
	if err := resident(&before); err != nil {
		return nil, err
	}
	if err := open(count); err != nil {
		return nil, err
	}
	f := idleFlows{Flows: count}
	for n, each := range []*uint64{&f.Source, &f.Target} {
		*each = (after[n] - min(before[n], after[n])) / uint64(count)
	}
	fmt.Fprintf(out, "\nidle flows: each of %d takes %d KiB of the source's memory and %d KiB of the target's\n", count, f.Source>>10, f.Target>>10)
	return f, nil
}
