package channel

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"

	"lockwire/engine"
	"lockwire/engine/secret"
)

var ciphers = []engine.Cipher{engine.AES256GCM, engine.ChaCha20Poly1305}

// newDirections gives a sealer and an opener of one direction.
func newDirections(t testing.TB, c engine.Cipher, sizes Sizes) (*sealer, *opener) {
	t.Helper()
	sizes, err := sizes.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	one, err := secret.New()
	if err != nil {
		t.Fatal(err)
	}
	other, err := one.Clone()
	if err != nil {
		t.Fatal(err)
	}
	s, o := new(sealer), new(opener)
	if err := s.d.start(c, sizes, one); err != nil {
		t.Fatal(err)
	}
	if err := o.d.start(c, sizes, other); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.wipe)
	t.Cleanup(o.wipe)
	return s, o
}

func BenchmarkRecord(b *testing.B) {
	for _, c := range ciphers {
		for _, size := range []int{100, 1 << 10, 16 << 10, 256 << 10, 1 << 20} {
			s, o := newDirections(b, c, Sizes{})
			plaintext, wire, opened := make([]byte, size), make([]byte, size+overhead), make([]byte, size)
			rand.Read(plaintext)
			b.Run(fmt.Sprintf("%v/seal/%d", c, size), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := s.seal(wire, typeData, plaintext); err != nil {
						b.Fatal(err)
					}
					s.d.records, s.d.bytes = 0, 0 // no rekey: it is another benchmark's
				}
			})
			s.d.sequence, o.d.sequence = 0, 0
			record, err := s.seal(wire, typeData, plaintext)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%v/open/%d", c, size), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					o.d.sequence, o.d.records, o.d.bytes = 0, 0, 0
					if _, err := o.open(opened, record); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkSealPlacement compares where the plaintext lies: in a buffer of its own, as the channel has it, or in the record's
// own buffer behind the header, from where NewGCMWithRandomNonce moves it.
func BenchmarkSealPlacement(b *testing.B) {
	for _, size := range []int{16 << 10, 256 << 10, 1 << 20} {
		for _, own := range []bool{true, false} {
			b.Run(fmt.Sprintf("buffer of its own %v/%d", own, size), func(b *testing.B) {
				s, _ := newDirections(b, engine.AES256GCM, Sizes{})
				wire := make([]byte, size+overhead)
				plaintext := wire[headerSize:][:size]
				if own {
					plaintext = make([]byte, size)
				}
				aead := s.d.aead
				b.SetBytes(int64(size))
				for b.Loop() {
					secret.Do(func() { aead.Seal(wire[:headerSize], nil, plaintext, s.d.aad[:]) })
				}
			})
		}
	}
}

// BenchmarkRoundTrip is 100 bytes there and 100 bytes back, as an interactive flow has them.
func BenchmarkRoundTrip(b *testing.B) {
	src, dst := connect(b, newPair(b, nil))
	message := make([]byte, 100)
	var echo sync.WaitGroup
	echo.Go(func() {
		into := make([]byte, 100)
		for {
			n, err := dst.Read(into)
			if err != nil {
				return
			}
			if _, err := dst.Write(into[:n]); err != nil {
				return
			}
		}
	})
	for b.Loop() {
		if _, err := src.Write(message); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(src, message); err != nil {
			b.Fatal(err)
		}
	}
	src.Reset()
	echo.Wait()
}

func BenchmarkRekey(b *testing.B) {
	s, _ := newDirections(b, engine.AES256GCM, Sizes{})
	b.ReportAllocs()
	for b.Loop() {
		if err := s.d.rekey(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkChannel streams over loopback: each end in its goroutine, plaintext made and dropped in memory.
func BenchmarkChannel(b *testing.B) {
	for _, c := range ciphers {
		for _, size := range []int{100, 16 << 10, 256 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%v/%d", c, size), func(b *testing.B) {
				src, dst := connect(b, newPair(b, func(p *pair) {
					p.setTerms(func(t *Terms) { t.Cipher = c })
					p.source.Sizes = Sizes{Plaintext: max(size, 16<<10), Interactive: size}
					p.target.Sizes = p.source.Sizes
				}))
				stream(b, src, dst, size)
			})
		}
	}
	b.Run("both directions/1048576", func(b *testing.B) {
		src, dst := connect(b, newPair(b, nil))
		done := make(chan struct{})
		go func() {
			defer close(done)
			stream(b, dst, src, 1<<20)
		}()
		stream(b, src, dst, 1<<20)
		<-done
		b.SetBytes(2 << 20)
	})
}

// stream sends b.N times size bytes.
func stream(b *testing.B, from, to *Conn, size int) {
	b.SetBytes(int64(size))
	before := processorTime(b)
	defer func() {
		b.ReportMetric((processorTime(b)-before).Seconds()/(float64(size)*float64(b.N)/1e9), "CPU-s/GB")
	}()
	received := make(chan error, 1)
	go func() {
		into := make([]byte, MaximumPlaintext)
		for {
			if _, err := to.Read(into); err != nil {
				received <- err
				return
			}
		}
	}()
	for range b.N {
		for sent := 0; sent < size; {
			n := min(len(from.Buffer()), size-sent)
			if err := from.Commit(n); err != nil {
				b.Error(err)
				return
			}
			sent += n
		}
	}
	if err := from.CloseWrite(); err != nil {
		b.Error(err)
	}
	if err := <-received; err != io.EOF {
		b.Error(err)
	}
}

// BenchmarkHandshake is from the first byte of TLS to opened; both ends' work is in it.
func BenchmarkHandshake(b *testing.B) {
	p := newPair(b, nil)
	s := serve(b, Server{Lookup: p.lookup})
	flow := uint64(0)
	for b.Loop() {
		b.StopTimer()
		conn := s.dial(b)
		b.StartTimer()
		accepted := make(chan *Conn, 1)
		go func() {
			c, _ := (<-s.incoming).Accept()
			accepted <- c
		}()
		flow++
		src, err := Dial(context.Background(), conn, p.source, openOf(flow))
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		src.Reset()
		(<-accepted).Reset()
		b.StartTimer()
	}
}

// BenchmarkIdleConn tells how much memory a channel without traffic holds, both ends and their goroutines together.
func BenchmarkIdleConn(b *testing.B) {
	const flows = 500
	p := newPair(b, nil)
	s := serve(b, Server{Lookup: p.lookup})
	flow := uint64(0)
	for range b.N {
		before := memory()
		for range flows {
			flow++
			s.connect(b, p, flow)
		}
		b.ReportMetric(float64(memory()-before)/flows, "B/flow")
	}
}

func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// foundForBench is a session whose chain both ends hold, without a handshake over a network.
func foundForBench(b *testing.B) *pair {
	b.Helper()
	p := newPair(b, nil)
	prk := make([]byte, keySize)
	rand.Read(prk)
	for _, take := range []func(*chain){p.source.Secret.founded, func(c *chain) { _ = p.target.Secret.hold(c) }} {
		c, err := reserveChain("")
		if err != nil {
			b.Fatal(err)
		}
		secret.Do(func() { err = c.found(prk) })
		if err != nil {
			b.Fatal(err)
		}
		take(c)
	}
	return p
}

// BenchmarkJoin is what a join costs the processor at both ends, beside the network: the flight, its judgement, and the keys.
func BenchmarkJoin(b *testing.B) {
	p := foundForBench(b)
	_, conn := newMemoryPair(nil, nil)
	b.Run("source", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.flight(b, openOf(1))
		}
	})
	p = foundForBench(b)
	b.Run("both", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c, _, err := p.target.takeJoin(conn, p.flight(b, openOf(1)))
			if err != nil {
				b.Fatal(err)
			}
			c.wipe()
			_ = c.answered()
		}
	})
}

// BenchmarkGarbage is what a stranger's flight costs a target that looks it up.
func BenchmarkGarbage(b *testing.B) {
	p := foundForBench(b)
	_, conn := newMemoryPair(nil, nil)
	server := &Server{Lookup: p.lookup}
	f := p.flight(b, openOf(1))
	for name, at := range map[string]int{"a wrong MAC": len(f) - 1, "an unknown chain": atChain} {
		forged := append(flight(nil), f...)
		forged[at] ^= 1
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := server.takeJoin(conn, forged); err == nil {
					b.Fatal("it was taken")
				}
			}
		})
	}
}
