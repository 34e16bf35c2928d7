//go:build linux

package main

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// pouring is one flow that sends without end and is counted where it arrives.
type pouring struct {
	arrived  atomic.Uint64
	listener net.Listener
	near     net.Conn
	running  sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	far     []net.Conn
}

// newPouring listens at a machine for the flow's far end. begin connects its near one.
func newPouring(at *machineOn, address string) (*pouring, error) {
	listener, err := at.listen(address)
	if err != nil {
		return nil, err
	}
	p := &pouring{listener: listener}
	p.running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.accept(conn)
			p.running.Go(func() {
				defer conn.Close()
				buffer := make([]byte, 256<<10)
				for {
					n, err := conn.Read(buffer)
					p.arrived.Add(uint64(n))
					if err != nil {
						return
					}
				}
			})
		}
	})
	return p, nil
}

// begin pours from a machine to an address.
func (p *pouring) begin(ctx context.Context, from *machineOn, to string) error {
	conn, err := from.dial(ctx, to)
	if err != nil {
		return err
	}
	p.near = conn
	p.running.Go(func() { p.pour(conn) })
	return nil
}

func (p *pouring) pour(conn net.Conn) {
	block := make([]byte, 64<<10)
	for {
		if _, err := conn.Write(block); err != nil {
			return
		}
	}
}

// abort breaks the flow off, with what is still under way.
func (p *pouring) abort() {
	_ = p.near.(*net.TCPConn).SetLinger(0)
	_ = p.near.Close()
}

// accept takes over a far end; one that comes late is not wanted any more.
func (p *pouring) accept(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.far = append(p.far, conn)
	if p.stopped {
		_ = conn.Close()
	}
}

// stop ends both ends at once: what is still under way would take minutes to drain under a low limit.
func (p *pouring) stop() {
	_ = p.listener.Close()
	if p.near != nil {
		p.abort()
	}
	p.mu.Lock()
	p.stopped = true
	for _, conn := range p.far {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}

// reading is what had arrived of each flow at one moment.
type reading struct {
	at    time.Time
	bytes []uint64
	total uint64
}

func readingOf(flows []*pouring) reading {
	s := reading{at: time.Now(), bytes: make([]uint64, len(flows))}
	for i, p := range flows {
		s.bytes[i] = p.arrived.Load()
		s.total += s.bytes[i]
	}
	return s
}

// readEvery is how fine the rates are read.
const readEvery = 50 * time.Millisecond

// watch reads for some time.
func watch(ctx context.Context, flows []*pouring, d time.Duration) (readings []reading) {
	ticker := time.NewTicker(readEvery)
	defer ticker.Stop()
	readings = append(readings, readingOf(flows))
	for time.Since(readings[0].at) < d && ctx.Err() == nil {
		<-ticker.C
		readings = append(readings, readingOf(flows))
	}
	return readings
}

func rateBetween(a, b reading) float64 { return float64(b.total-a.total) / b.at.Sub(a.at).Seconds() }

// highestSecond is the largest rate over a second, wherever it begins.
func highestSecond(readings []reading) (highest float64) {
	from := 0
	for to := range readings {
		for from+1 < to && readings[to].at.Sub(readings[from+1].at) >= time.Second {
			from++
		}
		if readings[to].at.Sub(readings[from].at) >= time.Second {
			highest = max(highest, rateBetween(readings[from], readings[to]))
		}
	}
	return highest
}

// minToMax compares the flow that got least with the one that got most.
func minToMax(first, last reading) float64 {
	low, high := ^uint64(0), uint64(0)
	for i := range first.bytes {
		moved := last.bytes[i] - first.bytes[i]
		low, high = min(low, moved), max(high, moved)
	}
	if high == 0 {
		return 0
	}
	return float64(low) / float64(high)
}

// until is how long it took, from the first reading on, until the rate over window fits and then stays so; false where it never does.
func until(readings []reading, window time.Duration, fits func(rate float64) bool) (time.Duration, bool) {
	took, ok := time.Duration(0), false
	from := 0
	for to := range readings {
		for readings[to].at.Sub(readings[from].at) > window {
			from++
		}
		if readings[to].at.Sub(readings[0].at) < window {
			continue
		}
		if fits(rateBetween(readings[max(from-1, 0)], readings[to])) {
			if !ok {
				took, ok = readings[to].at.Sub(readings[0].at)-window, true
			}
		} else {
			ok = false
		}
	}
	return max(took, 0), ok
}
