package stripe

import (
	"syscall"
	"testing"
	"time"

	"lockwire/engine/network"
	"lockwire/engine/pump"
)

// BenchmarkOneStream carries bytes over loopback through a channel alone, and through a flow that has one stream: what several streams
// cost where they are allowed for and none is added.
func BenchmarkOneStream(b *testing.B) {
	for _, name := range []string{"channel", "flow"} {
		b.Run(name, func(b *testing.B) {
			const size = 256 << 10
			most := 1
			if name == "flow" {
				most = 5
			}
			s := newSealed(b, most)
			source, target := s.stream(0)
			room := network.NewRoom(network.DefaultBuffer, nil)
			defer room.Close()
			var from, to interface {
				pump.End
				pump.Waiter
				pump.Bounded
			} = source, target
			if name == "flow" {
				sender, receiver := New(source, Options{Most: most}), New(target, Options{Most: most})
				defer sender.Wait()
				defer receiver.Wait()
				from, to = sender, receiver
			}
			defer from.Reset()
			defer to.Reset()
			to.BoundReceiving(room, func(int) {})
			from.BoundSending(network.Unsent(network.DefaultBuffer / 8 * 5))
			b.SetBytes(size)
			before := processorTime(b)
			b.ResetTimer()
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for left := b.N * size; left > 0; {
					n := min(left, len(from.Buffer()))
					if err := from.Commit(n); err != nil {
						b.Error(err)
						return
					}
					left -= n
				}
			}()
			p := make([]byte, size)
			for left := b.N * size; left > 0; {
				if err := to.WaitReadable(); err != nil {
					b.Fatal(err)
				}
				n, err := to.Read(p)
				if err != nil {
					b.Fatal(err)
				}
				left -= n
			}
			<-sent
			b.ReportMetric((processorTime(b)-before).Seconds()/(float64(b.N)*size/1e9), "cpu-s/GB")
		})
	}
}

// processorTime is what this process has taken so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
