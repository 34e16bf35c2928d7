//go:build linux

// Package longpath delays and drops the IP packets between two network devices, as a long path does. The kernels on both sides do all of TCP;
// it knows nothing of it. It is for kernels without netem.
package longpath

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// MTU is the most bytes of a packet.
	MTU = 1500
	// underWayAtMost is how many packets may be under way in each direction. More than any window of the measurement holds.
	underWayAtMost = 1 << 17
)

// Conditions are what a long path does to packets.
type Conditions struct {
	RoundTrip time.Duration
	Loss      float64 // share of the packets of each direction that never arrive
	Seed      uint64  // decides which
}

func (c Conditions) String() string {
	return fmt.Sprintf("%v round trip, %g %% loss", c.RoundTrip, 100*c.Loss)
}

// OpenTunnel makes a network device whose packets this process reads and writes, on the machine that the thread is on.
func OpenTunnel(name string) (*os.File, error) {
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
	packet *[MTU]byte
	n      int
}

// Relay carries packets between both devices, under the conditions that are in force when a packet comes, until the devices are closed.
func Relay(devices [2]*os.File, present *atomic.Pointer[Conditions]) {
	var running sync.WaitGroup
	for n := range devices {
		running.Go(func() { relay(devices[n], devices[1-n], uint64(n), present) })
	}
	running.Wait()
}

// relay is one direction.
func relay(from, to *os.File, direction uint64, present *atomic.Pointer[Conditions]) {
	pool := sync.Pool{New: func() any { return new([MTU]byte) }}
	queue := make(chan underWay, underWayAtMost)
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
	var now *Conditions
	var drops *rand.Rand
	for {
		packet := pool.Get().(*[MTU]byte)
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
