package stripe

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lockwire/engine/channel"
	"lockwire/engine/enginetest/raced"
)

// TestStreamHostileOverSealedChannels has a peer that is authentic, over real channels, do what it must not.
func TestStreamHostileOverSealedChannels(t *testing.T) {
	for name, c := range hostilities() {
		if c.stuck {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSealed(t, 3)
			var pairs [][2]*channel.Conn // the peer's end, and the flow's
			stream := func() (raw, own Channel) {
				peers, flows := s.stream(len(pairs))
				if c.source {
					peers, flows = flows, peers
				}
				pairs = append(pairs, [2]*channel.Conn{peers, flows})
				return peers, flows
			}
			raw, own := stream()
			h := c.begin(t, raw, own)
			defer h.flow.Wait()
			defer h.flow.Reset()
			h.another = stream
			h.settle = func() {
				for _, p := range pairs {
					_ = p[0].Ping() // once it was received, all before it was taken
				}
				await(t, "the flow takes what was sent", func() bool {
					return h.flow.Err() != nil || !slices.ContainsFunc(pairs, func(p [2]*channel.Conn) bool {
						return p[1].Stats().RecordsIn < p[0].Stats().RecordsOut
					}) && h.flow.allIsSent()
				})
			}
			c.do(h)
			h.settle()
			if err := h.flow.Err(); c.want == nil && err != nil || !errors.Is(err, c.want) {
				t.Errorf("the flow: %v, want %v", err, c.want)
			}
			h.bounded()
			if c.want == nil {
				return
			}
			for _, p := range pairs {
				await(t, "all streams end, at both ends", func() bool { return p[0].Ping() != nil && p[1].Ping() != nil })
			}
		})
	}
}

func (f *Flow) allIsSent() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.out.assigned == f.out.length
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for began := time.Now(); !done(); {
		if time.Since(began) > patience {
			t.Fatalf("%s: not within %v", what, patience)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestStreamLossEverywhereOverSealedChannels breaks the connections of real channels in the middle of what they carry: one, all but one, or
// all, at each side, after so many bytes, which is somewhere in a record. The right bytes arrive once, or both ends fail.
func TestStreamLossEverywhereOverSealedChannels(t *testing.T) {
	const streams = 4
	places := []int64{1, 20, 40, 100, 5_000, 40_000, 150_000, 300_000}
	if raced.Detector {
		places = []int64{20, 40_000}
	}
	data := randomBytes(rand.New(rand.NewPCG(1, 13)), 3<<20)
	for _, victims := range []int{1, streams - 1, streams} {
		for side, way := range []string{"source's", "target's"} {
			for _, halfClosed := range []bool{false, true} {
				for _, after := range places {
					t.Run(fmt.Sprintf("%d after %d bytes of the %s, half-closed %v", victims, after, way, halfClosed), func(t *testing.T) {
						random := rand.New(rand.NewPCG(uint64(after), 13))
						s := newSealed(t, streams)
						j := s.joined(Options{Most: streams})
						defer j.stop()
						j.add(t, streams-1)
						for n := range victims {
							s.relay.breakAfter(n, side, after)
						}
						there, back := data[:2<<20], data[2<<20:]
						if halfClosed {
							there = there[:100]
						}
						ok := bothWays(t, j, there, back, random)
						if !ok && victims < streams {
							t.Errorf("the flow failed although a stream was left: %v, %v", j.source.Err(), j.target.Err())
						}
						for _, f := range []*Flow{j.source, j.target} {
							if err := f.Err(); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, ErrClosed) {
								t.Errorf("it failed with %v", err)
							}
						}
					})
				}
			}
		}
	}
}

// A record of one stream that was changed on the way ends all streams, and no byte more is handed on.
func TestARecordThatIsNotAuthenticEndsAllStreams(t *testing.T) {
	s := newSealed(t, 3)
	j := s.joined(Options{Most: 3})
	defer j.stop()
	j.add(t, 2)
	s.relay.flip(1, 0)
	random := rand.New(rand.NewPCG(5, 5))
	data := randomBytes(random, 8<<20)
	p := pass(j.source, j.target, data, random)
	p.check(t, "to the target", data)
	if !errors.Is(p.readErr, channel.ErrRecord) {
		t.Errorf("the reader got %v", p.readErr)
	}
	if p.sendErr == nil || !errors.Is(j.target.Err(), channel.ErrRecord) {
		t.Errorf("the sender got %v, the target's flow %v", p.sendErr, j.target.Err())
	}
	if alive, _ := j.target.Streams(); j.target.over() == nil {
		t.Errorf("%d streams go on", len(alive))
	}
}

// What waits between two ends whose reader does not read is the window, over all streams, whatever their number. It is taken from the budget.
func TestLittlePilesUpOverAllStreams(t *testing.T) {
	for _, streams := range []int{1, 5} {
		t.Run(fmt.Sprint(streams), func(t *testing.T) {
			const buffer = 1 << 20
			budget := &purse{left: 1 << 30}
			j := newSealed(t, 5).joined(Options{Most: 5, Buffer: buffer, Budget: budget})
			defer j.stop()
			j.add(t, streams-1)
			var committed atomic.Int64
			over := make(chan struct{})
			go func() {
				defer close(over)
				for n := 0; j.source.Commit(n) == nil; n = len(j.source.Buffer()) {
					committed.Add(int64(n))
				}
			}()
			const read = 32 << 20
			p := make([]byte, 64<<10)
			for left := read; left > 0; {
				n, err := j.target.Read(p[:min(len(p), left)])
				if err != nil {
					t.Fatal(err)
				}
				left -= n
			}
			await(t, "the sender is held back", j.source.heldByWindow)
			j.target.mu.Lock()
			window := j.target.window.size
			j.target.mu.Unlock()
			j.stop()
			<-over
			if piled := committed.Load() - read; piled > buffer || piled <= 0 {
				t.Errorf("%d bytes were taken that were not read", piled)
			}
			if window <= firstWindow || budget.most < 2*(window-firstWindow) { // at the receiver, and what the sender keeps
				t.Errorf("for a window of %d bytes %d were taken from the budget", window, budget.most)
			}
			if budget.taken != 0 {
				t.Errorf("%d bytes of the budget did not come back", budget.taken)
			}
		})
	}
}

// heldByWindow tells whether the sender waits because the window is full.
func (f *Flow) heldByWindow() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.heldSince.IsZero() && len(f.out.queue) == 0 && f.out.length-f.out.acked > f.out.window-uint64(f.out.longest())
}

// purse is a budget of so many bytes.
type purse struct {
	mu          sync.Mutex
	left        int
	taken, most int
}

func (p *purse) Take(n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left < n {
		return false
	}
	p.left -= n
	p.taken += n
	p.most = max(p.most, p.taken)
	return true
}

func (p *purse) Give(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left += n
	p.taken -= n
}
