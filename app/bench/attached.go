//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// aimAttached is how much memory a broker may take for ten thousand attached components.
const aimAttached = 1 << 30

// keysAhead is how many one-time keys an agent lets the broker hold.
const keysAhead = 32

// attached is what attached components cost the broker.
type attached struct {
	Components int
	Before     uint64  // resident bytes of the broker that nobody is attached to
	Soon       uint64  // a moment after all are attached; each reports every second
	Settled    uint64  // once the garbage of attaching had time to be collected
	Each       uint64  // of what is settled
	PerSecond  float64 // how fast they attached
	Load       float64 // processors that the broker takes for them, once all are there
}

// measureAttached attaches many components from two processes, since each may have 20,000 descriptors.
func measureAttached(ctx context.Context, o options, out io.Writer) (any, error) {
	count := o.components
	i, err := newInstallation(ctx, o, plan{name: "attached", components: count})
	if err != nil {
		return nil, err
	}
	defer i.broker.stop()
	a := attached{Components: count}
	if a.Before, err = residentOf(i.broker); err != nil {
		return nil, err
	}
	began := time.Now()
	const processes = 2
	for n := range processes {
		task, err := i.crowd(n*count/processes, (n+1)*count/processes, true)
		if err != nil {
			return nil, err
		}
		crowd, _, err := startRole(ctx, "crowd", task)
		if err != nil {
			return nil, err
		}
		defer crowd.stop()
	}
	a.PerSecond = float64(count) / time.Since(began).Seconds()
	read := func(after time.Duration) (uint64, error) {
		select {
		case <-time.After(after):
			return residentOf(i.broker)
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
	if a.Soon, err = read(2 * time.Second); err != nil {
		return nil, err
	}
	pid := i.broker.cmd.Process.Pid
	before, err := cpuOf(pid)
	if err != nil {
		return nil, err
	}
	if a.Settled, err = read(o.settled); err != nil {
		return nil, err
	}
	after, err := cpuOf(pid)
	if err != nil {
		return nil, err
	}
	a.Each, a.Load = (a.Settled-min(a.Before, a.Settled))/uint64(count), (after-before).Seconds()/o.settled.Seconds()
	tenThousand := a.Before + 10_000*a.Each
	fmt.Fprintf(out, "\nattached components: %d take %d MiB of the broker's memory a moment after, %d MiB after %v, %d KiB each: 10,000 would be %d MiB (aim: below %d MiB)%s\n",
		count, a.Soon>>20, a.Settled>>20, o.settled, a.Each>>10, tenThousand>>20, aimAttached>>20, verdict(tenThousand < aimAttached))
	fmt.Fprintf(out, "they attached at %.0f a second, their own work included, and take %.2f processors of the broker while they report\n", a.PerSecond, a.Load)
	return a, nil
}
