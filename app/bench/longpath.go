//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"lockwire/app/bench/longpath"
)

// A long path is a network device on each of two machines and a relay between them that delays and drops IP packets.

const (
	pathDevice = "path"
	pathSource = "10.79.0.1"
	pathTarget = "10.79.0.2"
	// pathCongestion is what nearly every system has unless somebody chose another. BBR, for one, hardly minds losses.
	pathCongestion = "cubic"
)

// pathTask names the namespaces of both machines.
type pathTask struct{ Namespaces [2]string }

// runPath relays packets until ctx ends. It takes new conditions, one line of JSON at a time, where it says that it listens.
func runPath(ctx context.Context, text []byte, listening func(net.Addr)) error {
	var task pathTask
	if err := json.Unmarshal(text, &task); err != nil {
		return err
	}
	var devices [2]*os.File
	for n, namespace := range task.Namespaces {
		at := machineOn{namespace: namespace}
		if err := at.on(func() (err error) {
			devices[n], err = longpath.OpenTunnel(pathDevice)
			return err
		}); err != nil {
			return fmt.Errorf("make the device of %s: %w", namespace, err)
		}
		defer devices[n].Close()
	}
	orders, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var present atomic.Pointer[longpath.Conditions]
	present.Store(&longpath.Conditions{})
	var running sync.WaitGroup
	defer running.Wait()
	stop := func() {
		_ = orders.Close()
		for _, device := range devices {
			_ = device.Close()
		}
	}
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	running.Go(func() { longpath.Relay(devices, &present) })
	listening(orders.Addr())
	for {
		conn, err := orders.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		line, err := bufio.NewReader(conn).ReadBytes('\n')
		next := &longpath.Conditions{}
		if err == nil {
			err = json.Unmarshal(line, next)
		}
		if err == nil {
			present.Store(next)
			_, err = conn.Write([]byte("\n"))
		}
		_ = conn.Close()
		if err != nil {
			return fmt.Errorf("take conditions: %w", err)
		}
	}
}

// longPath is the running relay.
type longPath struct {
	relay  *process
	orders string
}

// newLongPath joins two machines.
func newLongPath(ctx context.Context, source, target *machineOn) (_ *longPath, err error) {
	p := &longPath{}
	if p.relay, p.orders, err = startRole(ctx, "path", pathTask{[2]string{source.namespace, target.namespace}}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			p.relay.stop()
		}
	}()
	for n, m := range []*machineOn{source, target} {
		own, peer := pathSource, pathTarget
		if n == 1 {
			own, peer = peer, own
		}
		for _, arguments := range [][]string{
			{"-n", m.namespace, "address", "add", own, "peer", peer, "dev", pathDevice},
			{"-n", m.namespace, "link", "set", pathDevice, "mtu", fmt.Sprint(longpath.MTU), "txqueuelen", "20000", "up"},
			// What one measurement learned of the path must not slow the next one down.
			{"netns", "exec", m.namespace, "sysctl", "-q", "-w", "net.ipv4.tcp_no_metrics_save=1"},
			// A system may let nobody but itself choose for all connections; it lets a route.
			{"-n", m.namespace, "route", "replace", peer, "dev", pathDevice, "src", own, "congctl", pathCongestion},
		} {
			if err := ip(ctx, arguments...); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

// set puts other conditions in force, for packets that are sent from now on.
func (p *longPath) set(ctx context.Context, c longpath.Conditions) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", p.orders)
	if err != nil {
		return err
	}
	defer conn.Close()
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return err
	}
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		return fmt.Errorf("the relay did not take %v: %w", c, err)
	}
	return nil
}
