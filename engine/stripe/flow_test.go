package stripe

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine/enginetest/raced"
	"lockwire/engine/network"
	"lockwire/engine/pump"
)

// bothWays carries data in both directions and closes both ends.
func bothWays(t *testing.T, j *joined, there, back []byte, random *rand.Rand) (ok bool) {
	t.Helper()
	var toTarget, toSource *passage
	var both sync.WaitGroup
	first, second := rand.New(rand.NewPCG(random.Uint64(), 3)), rand.New(rand.NewPCG(random.Uint64(), 4))
	both.Go(func() { toTarget = pass(j.source, j.target, there, first) })
	both.Go(func() { toSource = pass(j.target, j.source, back, second) })
	both.Wait()
	ok = toTarget.check(t, "to the target", there)
	ok = toSource.check(t, "to the source", back) && ok
	if ok {
		var closed [2]error
		both.Go(func() { closed[0] = j.source.Close() })
		both.Go(func() { closed[1] = j.target.Close() })
		both.Wait()
		ok = closed[0] == nil && closed[1] == nil
	}
	return ok
}

// TestBytesAreTheSameWhateverTheStreamsDo carries flows over streams that are slow, quick, late, and lost, by a seed.
func TestBytesAreTheSameWhateverTheStreamsDo(t *testing.T) {
	ran, whole := 0, 0
	seeds := uint64(40)
	if raced.Detector {
		seeds = 10
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			ran++
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 7))
				var mu sync.Mutex
				j := newJoined(8, func(int) (*fakeChannel, *fakeChannel) {
					mu.Lock()
					defer mu.Unlock()
					a, b := newFakes()
					for _, l := range []*line{a.out, b.out} {
						l.delay = time.Duration(random.IntN(200)) * time.Millisecond
						l.rate = 1 << (17 + random.IntN(8))
						l.capacity = 1 << (10 + random.IntN(12))
						if random.IntN(3) == 0 {
							l.breakAfter = 1 + random.IntN(40)
						}
					}
					a.lost, b.lost = random.IntN(10), random.IntN(10)
					return a, b
				})
				defer j.stop()
				there, back := randomBytes(random, random.IntN(12<<20)), randomBytes(random, random.IntN(3<<20))
				if bothWays(t, j, there, back, random) {
					whole++
				}
			})
		})
	}
	if whole < ran/3 {
		t.Errorf("only %d of %d flows were whole: the test says little", whole, ran)
	}
}

// TestStreamLossEverywhere resets one stream, or all but one, or all, at each record, in each direction. The right bytes arrive once, or
// both ends fail.
func TestStreamLossEverywhere(t *testing.T) {
	const streams = 4
	step := 1
	if raced.Detector {
		step = 4
	}
	data := randomBytes(rand.New(rand.NewPCG(1, 9)), 3<<20)
	for _, victims := range []int{1, streams - 1, streams} {
		for _, way := range []string{"source's", "target's"} {
			for _, halfClosed := range []bool{false, true} {
				for at := 1; at <= 25; at += step {
					t.Run(fmt.Sprintf("%d %s record %d, half-closed %v", victims, way, at, halfClosed), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							random := rand.New(rand.NewPCG(uint64(at), 9))
							j := newJoined(streams, func(number int) (*fakeChannel, *fakeChannel) {
								a, b := newFakes()
								a.out.delay, b.out.delay = 10*time.Millisecond, 10*time.Millisecond
								a.lost, b.lost = at%3, at%2
								if number < victims {
									broken := a.out
									if way == "target's" {
										broken = b.out
									}
									broken.breakAfter = at
								}
								return a, b
							})
							defer j.stop()
							j.add(t, streams-1)
							there, back := data[:2<<20], data[2<<20:]
							if halfClosed {
								there = there[:100]
							}
							ok := bothWays(t, j, there, back, random)
							if !ok && victims < streams {
								t.Errorf("the flow failed although a stream was left: %v, %v", j.source.Err(), j.target.Err())
							}
							if !ok {
								for _, f := range []*Flow{j.source, j.target} {
									if err := f.Err(); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, ErrClosed) {
										t.Errorf("it failed with %v", err)
									}
								}
							}
						})
					})
				}
			}
		}
	}
}

func TestTheLastStreamLostBeforeTheEndIsTruncation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJoined(2, func(int) (*fakeChannel, *fakeChannel) { return newFakes() })
		defer j.stop()
		copy(j.source.Buffer(), "a part")
		if err := j.source.Commit(6); err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 100)
		if n, err := j.target.Read(p); n != 6 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		j.opened[0][0].Reset()
		if _, err := j.target.Read(p); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("read after the loss: %v", err)
		}
		if err := j.source.CloseWrite(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("end after the loss: %v", err)
		}
	})
}

// The sender may not take the kernel's word: what was handed to a channel and never read is sent again.
func TestWhatALostStreamTookAlongIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJoined(2, func(number int) (*fakeChannel, *fakeChannel) {
			a, b := newFakes()
			if number == 0 {
				a.lost = 1000
				a.out.stalled = true
			}
			return a, b
		})
		defer j.stop()
		j.add(t, 1)
		random := rand.New(rand.NewPCG(1, 1))
		data := randomBytes(random, 4<<20)
		time.AfterFunc(time.Minute/2, j.opened[0][0].Reset)
		if p := pass(j.source, j.target, data, random); !p.check(t, "to the target", data) {
			t.Errorf("%v, %v", p.readErr, p.sendErr)
		}
		if alive, lost := j.source.Streams(); len(alive) != 1 || lost != 1 || alive[0].Number != 1 {
			t.Errorf("%+v, %d lost", alive, lost)
		}
	})
}

// A stream of a peer that is gone, without a word of it, must not hold up the others for ever.
func TestASilentStreamIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJoined(2, func(number int) (*fakeChannel, *fakeChannel) {
			a, b := newFakes()
			if number == 0 {
				a.out.stalled = true
				a.lost = 1000
				a.info = func() (network.Info, bool) {
					return network.Info{Unacknowledged: true, SinceAcknowledged: -1}, true
				}
			}
			return a, b
		})
		defer j.stop()
		j.add(t, 1)
		random := rand.New(rand.NewPCG(1, 1))
		data := randomBytes(random, 30<<20)
		began := time.Now()
		if p := pass(j.source, j.target, data, random); !p.check(t, "to the target", data) {
			t.Errorf("%v, %v", p.readErr, p.sendErr)
		}
		if took := time.Since(began); took < pump.DefaultSilence || took > pump.DefaultSilence+3*lookQuiet {
			t.Errorf("it took %v", took)
		}
	})
}

// The path has died half-way through a record, and the window is full of what the others brought: what is sent again must find room.
func TestARecordThatStandsStillGivesItsMemoryBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJoined(2, func(number int) (*fakeChannel, *fakeChannel) {
			a, b := newFakes()
			a.out.capacity = 64 << 20
			if number == 0 {
				b.stands = make(chan struct{})
			}
			return a, b
		})
		defer j.stop()
		j.add(t, 1)
		random := rand.New(rand.NewPCG(2, 2))
		data := randomBytes(random, 20<<20)
		// The source sees that the stream is lost; the target's system does not yet.
		time.AfterFunc(10*time.Second, func() { j.opened[0][0].in.breakUp(0) })
		if p := pass(j.source, j.target, data, random); !p.check(t, "to the target", data) {
			t.Errorf("%v, %v", p.readErr, p.sendErr)
		}
	})
}

func TestStreamsAreAddedOnlyWhereThePathHoldsAFlowBack(t *testing.T) {
	type made struct {
		rate int // of each stream
		read int // bytes per second of the reader; 0 is as fast as it goes
		data int
		back bool // the target sends
		trip time.Duration
		info network.Info // what the system says; nothing where it is zero
		want int
	}
	const far, near = 100 * time.Millisecond, time.Millisecond
	for name, c := range map[string]made{
		"a path that is slow for each stream":       {rate: 1 << 20, data: 60 << 20, trip: far, want: 5},
		"the same, from the target":                 {rate: 1 << 20, data: 60 << 20, trip: far, back: true, want: 5},
		"a flow that is over soon":                  {rate: 4 << 20, data: 4 << 20, trip: far, want: 1},
		"a receiver that is slow, and the path not": {rate: 1 << 30, read: 1 << 20, data: 60 << 20, trip: far, want: 1},
		"a short path":                              {rate: 16 << 20, data: 60 << 20, trip: near, want: 1},
		"a short path, from the target":             {rate: 16 << 20, data: 60 << 20, trip: near, back: true, want: 1},
		"a short path, by the system's word":        {rate: 1 << 20, data: 60 << 20, trip: far, info: network.Info{RoundTrip: near, Waiting: true}, want: 1},
		"a long path, by the system's word":         {rate: 1 << 20, data: 60 << 20, trip: near, info: network.Info{RoundTrip: far, Waiting: true}, want: 5},
		"a path that takes all that it is given":    {rate: 1 << 20, data: 60 << 20, trip: far, info: network.Info{RoundTrip: far}, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJoined(5, func(int) (*fakeChannel, *fakeChannel) {
					a, b := newFakes()
					for _, l := range []*line{a.out, b.out} {
						l.rate, l.delay = c.rate, c.trip/2
					}
					if c.info != (network.Info{}) {
						a.info = func() (network.Info, bool) { return c.info, true }
						b.info = a.info
					}
					return a, b
				})
				defer j.stop()
				from, to := j.source, j.target
				if c.back {
					from, to = to, from
				}
				sent := make(chan error, 1)
				go func() { sent <- sendZeros(from, c.data) }()
				total, err := discardAll(to, c.read)
				if err := errors.Join(err, <-sent); err != nil {
					t.Error(err)
				}
				if total != c.data || j.count() != c.want {
					t.Errorf("%d bytes over %d streams, want %d over %d", total, j.count(), c.data, c.want)
				}
			})
		})
	}
}

// Whoever serves a stream at the target goes when it is lost: a flow may have thousands one after another.
func TestWhoServesAStreamIsToldThatItIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJoined(3, func(int) (*fakeChannel, *fakeChannel) { return newFakes() })
		defer j.stop()
		var overs [2]<-chan struct{}
		var far [2]*fakeChannel
		for n := range overs {
			a, b := newFakes()
			var err error
			if overs[n], err = j.target.Admit(uint16(n+1), func() (Channel, error) { return b, nil }); err != nil {
				t.Fatal(err)
			}
			far[n] = a
		}
		far[0].Reset()
		<-overs[0]
		select {
		case <-overs[1]:
			t.Error("the other stream is over, too")
		default:
		}
		j.target.Reset()
		<-overs[1]
	})
}

func TestAQuietFlowIsAcknowledgedSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJoined(2, func(int) (*fakeChannel, *fakeChannel) { return newFakes() })
		defer j.stop()
		copy(j.source.Buffer(), "one line\n")
		if err := j.source.Commit(9); err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 100)
		if n, err := j.target.Read(p); n != 9 || err != nil {
			t.Fatal(n, err)
		}
		go func() { _ = j.target.WaitReadable() }() // passed on what it has read
		time.Sleep(2 * ackDelay)
		j.source.mu.Lock()
		defer j.source.mu.Unlock()
		if j.source.out.acked != 9 || len(j.source.out.segments) != 0 {
			t.Errorf("acknowledged up to %d; %d segments are kept", j.source.out.acked, len(j.source.out.segments))
		}
	})
}

// What was read counts as handed on only once its reader comes back for more.
func TestWhatWasReadIsNotYetHandedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJoined(2, func(int) (*fakeChannel, *fakeChannel) { return newFakes() })
		defer j.stop()
		copy(j.source.Buffer(), "all")
		if err := j.source.Commit(3); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- j.source.CloseWrite() }()
		if n, err := j.target.Read(make([]byte, 100)); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		time.Sleep(time.Minute)
		select {
		case err := <-ended:
			t.Errorf("the sender was told that all had arrived (%v) while the reader still had it in hand", err)
		default:
		}
		if _, err := j.target.Read(make([]byte, 100)); err != io.EOF {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
