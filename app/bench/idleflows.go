//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"sync"
)

// idleFlows is what flows without traffic cost the agents.
type idleFlows struct {
	Flows, Pairs   int    // of agents
	Source, Target uint64 // resident bytes for each flow
}

// aimIdleFlow is for one end of a flow.
const aimIdleFlow = 40 << 10

// One pair of agents carries so many of the flows, and one session of it so many: a process here may have 20,000 files open, and one
// component gets half of what its peer takes.
const (
	flowsOfPair    = 2000
	flowsOfSession = 1000
)

// measureIdleFlows opens flows through pairs of real agents, lets each carry a byte to the backend and back, and leaves them open.
func measureIdleFlows(ctx context.Context, o options, out io.Writer) (_ any, err error) {
	f := idleFlows{Flows: o.idle, Pairs: (o.idle + flowsOfPair - 1) / flowsOfPair}
	var started []*process
	defer func() {
		for n := len(started) - 1; n >= 0; n-- {
			started[n].stop()
		}
	}()
	p := plan{name: "idle flows", components: 2 * f.Pairs}
	tools := make([]idleTask, f.Pairs)
	backends := make([]string, f.Pairs)
	for n := range f.Pairs {
		echo, address, err := startRole(ctx, "echo", nil)
		if err != nil {
			return nil, err
		}
		started = append(started, echo)
		backends[n] = address
		tools[n].Flows = min(flowsOfPair, o.idle-n*flowsOfPair)
		if tools[n].Listeners, err = freeAddresses((tools[n].Flows + flowsOfSession - 1) / flowsOfSession); err != nil {
			return nil, err
		}
		for _, listen := range tools[n].Listeners {
			p.routes = append(p.routes, plannedRoute{source: 2 * n, target: 2*n + 1, listen: listen, backend: address})
		}
	}
	i, err := newInstallation(ctx, o, p)
	if err != nil {
		return nil, err
	}
	defer i.broker.stop()
	agents := make([]*process, p.components)
	for n := range agents {
		var allow []string
		if n%2 == 1 {
			allow = backends[n/2 : n/2+1]
		}
		if agents[n], err = i.startAgent(ctx, n, allow...); err != nil {
			return nil, err
		}
		started = append(started, agents[n])
	}
	if err := i.awaitRoutes(ctx); err != nil {
		return nil, err
	}
	// What the first flow of each session brings with it, such as code, pools and the session, is no other flow's.
	for _, route := range p.routes {
		warm, err := openEcho(ctx, route.listen)
		if err != nil {
			return nil, err
		}
		defer warm.Close()
	}
	var before, after [2]uint64
	if err := residentOfBoth(agents, &before); err != nil {
		return nil, err
	}
	for _, task := range tools {
		holding, _, err := startRole(ctx, "idle tools", task)
		if err != nil {
			return nil, err
		}
		started = append(started, holding)
	}
	if err := residentOfBoth(agents, &after); err != nil {
		return nil, err
	}
	for n, each := range []*uint64{&f.Source, &f.Target} {
		*each = (after[n] - min(before[n], after[n])) / uint64(f.Flows)
	}
	fmt.Fprintf(out, "\nidle flows: each of %d, through %d pairs of agents, takes %d KiB of the source's memory and %d KiB of the target's (aim: less than %d at either end)%s\n",
		f.Flows, f.Pairs, f.Source>>10, f.Target>>10, aimIdleFlow>>10, verdict(max(f.Source, f.Target) < aimIdleFlow))
	return f, nil
}

// residentOfBoth adds up the memory of the sources, which have the even places, and of the targets.
func residentOfBoth(agents []*process, into *[2]uint64) error {
	for n, agent := range agents {
		resident, err := residentOf(agent)
		if err != nil {
			return err
		}
		into[n%2] += resident
	}
	return nil
}

// runEcho is a backend that sends back what comes, with little memory for each of many connections.
func runEcho(ctx context.Context, _ []byte, listening func(net.Addr)) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listening(listener.Addr())
	return acceptEach(ctx, listener, func(_ context.Context, conn *net.TCPConn) error {
		var few [64]byte
		for {
			n, err := conn.Read(few[:])
			if _, failed := conn.Write(few[:n]); err != nil || failed != nil {
				return nil
			}
		}
	})
}

// idleTask is how many flows a process of tools opens, over which routes.
type idleTask struct {
	Listeners []string
	Flows     int
}

// openingAtOnce is how many of its flows it opens at once.
const openingAtOnce = 8

// runIdleTools opens flows, says so when all have carried a byte, and holds them.
func runIdleTools(ctx context.Context, text []byte, ready func(net.Addr)) error {
	var task idleTask
	if err := json.Unmarshal(text, &task); err != nil {
		return err
	}
	conns := make([]net.Conn, task.Flows)
	errs := make(chan error, openingAtOnce)
	var opening sync.WaitGroup
	for worker := range openingAtOnce {
		opening.Go(func() {
			for n := worker; n < task.Flows; n += openingAtOnce {
				var err error
				if conns[n], err = openEcho(ctx, task.Listeners[n%len(task.Listeners)]); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	opening.Wait()
	select {
	case err := <-errs:
		return err
	default:
	}
	ready(conns[0].LocalAddr())
	<-ctx.Done()
	return nil
}
