//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A long path is a network device on each of two machines and a relay between them that delays and drops IP packets. The kernels on
// both sides do all of TCP; the relay knows nothing of it.

const (
	pathDevice = "path"
	pathSource = "10.79.0.1"
	pathTarget = "10.79.0.2"
	// pathPackets is how many packets may be under way in each direction. More than any window of the measurement holds.
	pathPackets = 1 << 17
	pathMTU     = 1500
	// pathCongestion is what nearly every system has unless somebody chose another. BBR, for one, hardly minds losses.
	pathCongestion = "cubic"
)

// pathTask names the namespaces of both machines.
type pathTask struct{ Namespaces [2]string }

// conditions are what a long path does to packets.
type conditions struct {
	RoundTrip time.Duration
	Loss      float64 // share of the packets of each direction that never arrive
	Seed      uint64  // decides which
}

func (c conditions) String() string {
	return fmt.Sprintf("%v round trip, %g %% loss", c.RoundTrip, 100*c.Loss)
}

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
			devices[n], err = openTunnel(pathDevice)
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
	var present atomic.Pointer[conditions]
	present.Store(&conditions{})
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
	for n := range devices {
		running.Go(func() { relayPackets(devices[n], devices[1-n], uint64(n), &present) })
	}
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
		next := &conditions{}
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

// openTunnel makes a network device whose packets this process reads and writes, on the machine that the thread is on.
func openTunnel(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// underWay is a packet and when it arrives.
type underWay struct {
	at     time.Time
	packet *[pathMTU]byte
	n      int
}

// relayPackets is one direction.
func relayPackets(from, to *os.File, direction uint64, present *atomic.Pointer[conditions]) {
	pool := sync.Pool{New: func() any { return new([pathMTU]byte) }}
	queue := make(chan underWay, pathPackets)
	var writing sync.WaitGroup
	defer writing.Wait()
	defer close(queue)
	writing.Go(func() {
		for p := range queue {
			if wait := time.Until(p.at); wait > 0 {
				time.Sleep(wait)
			}
			if _, err := to.Write(p.packet[:p.n]); err != nil && errors.Is(err, os.ErrClosed) {
				continue // the queue is emptied
			}
			pool.Put(p.packet)
		}
	})
	var now *conditions
	var drops *rand.Rand
	for {
		packet := pool.Get().(*[pathMTU]byte)
		n, err := from.Read(packet[:])
		if err != nil {
			return
		}
		if next := present.Load(); next != now {
			now, drops = next, rand.New(rand.NewPCG(next.Seed, direction))
		}
		if now.Loss > 0 && drops.Float64() < now.Loss {
			pool.Put(packet)
			continue
		}
		select {
		case queue <- underWay{time.Now().Add(now.RoundTrip / 2), packet, n}:
		default: // as a router does whose queue is full
			pool.Put(packet)
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
			{"-n", m.namespace, "link", "set", pathDevice, "mtu", fmt.Sprint(pathMTU), "txqueuelen", "20000", "up"},
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
func (p *longPath) set(ctx context.Context, c conditions) error {
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
