//go:build linux

package hosts

import (
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

// A session says what keeps it from carrying more: each cause is made here in turn, with a backup and, where the way matters, a
// restore.
func TestASessionSaysWhatHoldsItBack(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "203.0.113.7")
	i := newInstallation(t, n)
	b := newBackend(t, n, 9001)
	const slow = 400 << 10 // bytes a second
	for number, c := range []struct {
		name    string
		before  func(*testing.T)
		after   func(*testing.T)
		restore bool
		writer  int // bytes a second; 0 is as fast as it can
		reader  int
		want    []engine.HeldBack
		words   string
		// alone tells that beside other work on this machine nothing need stand out.
		alone bool
	}{
		{name: "tool", writer: slow, want: []engine.HeldBack{engine.HeldByTool}, words: "the backup tool"},
		{name: "backend", reader: slow, want: []engine.HeldBack{engine.HeldByBackend}, words: "the backend"},
		{name: "slow restore", restore: true, writer: slow, want: []engine.HeldBack{engine.HeldByBackend}, words: "the backend"},
		{name: "tool that restores", restore: true, reader: slow, want: []engine.HeldBack{engine.HeldByTool}, words: "the backup tool"},
		{name: "network", before: n.slowDown, after: n.speedUp, want: []engine.HeldBack{engine.HeldByNetwork}, words: "the network"},
		{name: "processor", want: []engine.HeldBack{engine.HeldBySourceCPU, engine.HeldByTargetCPU}, words: "the processor of ", alone: true},
		{name: "limit", before: func(*testing.T) {
			i.lockwired("rules", "add", "Uplink", "--source", "10.77.2.0/24", "--target", "any", "--encrypt", "--throttle", "2 MB/s")
		}, want: []engine.HeldBack{engine.HeldByLimit}, words: "the limit of Uplink"},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := i.in(t)
			listen := 8001 + number
			i.addRoute(c.name, listen, 9001)
			if c.before != nil {
				c.before(t)
			}
			if c.after != nil {
				defer c.after(t)
			}
			f := b.open(t, n, listen)
			from, to := f.tool, f.backend
			if c.restore {
				from, to = to, from
			}
			stop := carry(from, to, c.writer, c.reader)
			defer stop()
			began, others := time.Now(), measureOtherWork(t, i.source.process, i.target.process)
			// What holds it back is judged anew each second, and on a busy machine it is now this and now that.
			eventually(t, time.Minute, "the session says what holds it back, wherever it is shown", func() error {
				if cores := others.cores(t); c.alone && time.Since(began) > 30*time.Second && cores > 0.25 {
					t.Skipf("others keep %.1f of this machine's cores busy", cores)
				}
				last := i.oneSession(c.name)
				if !slices.Contains(c.want, last.HeldBack) {
					return fmt.Errorf("it says %q, at %d and %d bytes/s", last.HeldBack, last.Traffic.RateToTarget, last.Traffic.RateToSource)
				}
				if shown := i.lockwired("sessions", "show", string(last.ID)); !strings.Contains(shown, "held back by: "+c.words) {
					return fmt.Errorf("`sessions show` does not say so:\n%s", shown)
				}
				if listed := i.lockwired("sessions", "list"); !strings.Contains(listed, "HELD BACK BY") || !strings.Contains(listed, c.words) {
					return fmt.Errorf("`sessions list` does not say so:\n%s", listed)
				}
				return nil
			})
		})
	}
}

// carry moves bytes from one end of a flow to the other until it is stopped.
func carry(from, to *net.TCPConn, writer, reader int) (stop func()) {
	done := make(chan struct{}, 2)
	for _, end := range []struct {
		conn *net.TCPConn
		rate int
		move func([]byte) (int, error)
	}{{from, writer, from.Write}, {to, reader, to.Read}} {
		end.conn.SetDeadline(time.Time{})
		go func() {
			defer func() { done <- struct{}{} }()
			block, pause := make([]byte, 256<<10), time.Duration(0)
			if end.rate > 0 {
				block, pause = block[:end.rate/20], time.Second/20
			}
			for {
				if _, err := end.move(block); err != nil {
					return
				}
				time.Sleep(pause)
			}
		}()
	}
	return func() {
		from.Close()
		to.Close()
		<-done
		<-done
	}
}

// slowDown lets the router forward 20 Mbit/s to the target and no more.
func (n *network) slowDown(t *testing.T) {
	t.Helper()
	out, err := exec.Command("tc", "-n", n.router.namespace, "qdisc", "add", "dev", n.target.name, "root", "tbf", "rate", "20mbit", "burst", "32kbit", "latency", "50ms").CombinedOutput()
	if err != nil {
		t.Skipf("this system has no slow network: tc qdisc add tbf: %v: %s", err, out)
	}
}

func (n *network) speedUp(t *testing.T) {
	t.Helper()
	must(t, commandWithin, command{name: "tc", arguments: []string{"tc", "-n", n.router.namespace, "qdisc", "delete", "dev", n.target.name, "root"}})
}
