//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// lan is machines of their own, network namespaces on one bridge.
type lan struct {
	name     string // begins the name of every namespace
	machines []*machineOn
}

// machineOn is a machine on a lan.
type machineOn struct {
	namespace, address string
}

const lanPrefix = "lwb-"

// newLan makes so many machines, at 10.78.0.1 and on. It needs root.
func newLan(ctx context.Context, count int) (_ *lan, err error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("machines of their own are network namespaces, which need root")
	}
	if err := sweepLans(); err != nil {
		return nil, err
	}
	l := &lan{name: fmt.Sprintf("%s%d", lanPrefix, os.Getpid())}
	defer func() {
		if err != nil {
			l.remove()
		}
	}()
	hub := l.name + "-hub"
	l.machines = append(l.machines, &machineOn{namespace: hub})
	if err := ip(ctx, "netns", "add", hub); err != nil {
		return nil, err
	}
	if err := ip(ctx, "-n", hub, "link", "add", "lan", "type", "bridge"); err != nil {
		return nil, err
	}
	if err := ip(ctx, "-n", hub, "link", "set", "lan", "up"); err != nil {
		return nil, err
	}
	for n := range count {
		m := &machineOn{fmt.Sprintf("%s-%d", l.name, n+1), fmt.Sprintf("10.78.0.%d", n+1)}
		port := fmt.Sprintf("port%d", n+1)
		l.machines = append(l.machines, m)
		for _, arguments := range [][]string{
			{"netns", "add", m.namespace},
			{"-n", m.namespace, "link", "set", "lo", "up"},
			{"-n", m.namespace, "link", "add", "lan", "type", "veth", "peer", "name", port, "netns", hub},
			{"-n", hub, "link", "set", port, "master", "lan", "up"},
			{"-n", m.namespace, "address", "add", m.address + "/24", "dev", "lan"},
			{"-n", m.namespace, "link", "set", "lan", "up"},
		} {
			if err := ip(ctx, arguments...); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

// machine gives one of the machines, from 0 on.
func (l *lan) machine(n int) *machineOn { return l.machines[n+1] }

// remove takes the machines away. What was started on them must have ended.
func (l *lan) remove() {
	for _, m := range l.machines {
		_ = exec.Command("ip", "netns", "delete", m.namespace).Run()
	}
}

// sweepLans removes what a run that was killed has left behind.
func sweepLans() error {
	left, err := filepath.Glob("/run/netns/" + lanPrefix + "*")
	if err != nil {
		return err
	}
	for _, path := range left {
		name := filepath.Base(path)
		number, _, _ := strings.Cut(strings.TrimPrefix(name, lanPrefix), "-")
		if pid, err := strconv.Atoi(number); err != nil || unix.Kill(pid, 0) == nil {
			continue
		}
		if out, err := exec.Command("ip", "netns", "delete", name).CombinedOutput(); err != nil {
			return fmt.Errorf("delete the namespace %s: %s", name, out)
		}
	}
	return nil
}

func ip(ctx context.Context, arguments ...string) error {
	if out, err := exec.CommandContext(ctx, "ip", arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(arguments, " "), err, out)
	}
	return nil
}

// command gives the words that run a program on the machine.
func (m *machineOn) command(words ...string) []string {
	return append([]string{"ip", "netns", "exec", m.namespace}, words...)
}

// on calls f on a thread that is on the machine: the sockets that f makes stay there.
func (m *machineOn) on(f func() error) (err error) {
	to, err := os.Open("/run/netns/" + m.namespace)
	if err != nil {
		return err
	}
	defer to.Close()
	runtime.LockOSThread()
	back, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer back.Close()
	if err := unix.Setns(int(to.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("go to the machine: %w", err)
	}
	failed := f()
	if err := unix.Setns(int(back.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("come back from the machine: %w", err) // the thread stays locked and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return failed
}

func (m *machineOn) listen(address string) (listener net.Listener, err error) {
	err = m.on(func() (err error) {
		listener, err = net.Listen("tcp", address)
		return err
	})
	return listener, err
}

// dial connects from the machine; the address must be a literal one.
func (m *machineOn) dial(ctx context.Context, address string) (conn net.Conn, err error) {
	err = m.on(func() (err error) {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", address)
		return err
	})
	return conn, err
}
