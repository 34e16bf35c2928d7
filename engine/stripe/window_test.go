package stripe

import (
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine/channel"
	"lockwire/engine/network"
)

// read has a reader take bytes second after second, of which a path with a round trip of 100 ms brings so many; it always waits for more.
func (w *window) read(began time.Time, seconds, bytesPerSecond int) {
	const trip = 100 * time.Millisecond
	for n := range 20 * seconds {
		now := began.Add(time.Duration(n) * 50 * time.Millisecond)
		w.readerWaits(now)
		w.handedOn(bytesPerSecond/20, now.Add(50*time.Millisecond), func() time.Duration { return trip })
	}
}

func TestAWindowGrowsWithItsReaderAndWhatIsInFlight(t *testing.T) {
	const room = 4 << 20 / 8 * 5
	for name, c := range map[string]struct {
		rate        int
		budget      int
		least, most int
	}{
		"a path that has little in flight":      {rate: 1 << 20, budget: 1 << 30, least: room, most: room + 1<<20/8},
		"a path that has much":                  {rate: 100 << 20, budget: 1 << 30, least: room + 9<<20, most: room + 11<<20},
		"a path that has more than any may":     {rate: 4 << 30, budget: 1 << 30, least: maximumWindow, most: maximumWindow},
		"a budget with too little for its room": {rate: 100 << 20, budget: 1 << 20, least: 512 << 10, most: 1 << 20},
		"an empty budget":                       {rate: 100 << 20, least: firstWindow, most: firstWindow},
	} {
		t.Run(name, func(t *testing.T) {
			budget := &purse{left: c.budget}
			w := window{size: firstWindow}
			r := network.NewRoom(4<<20, budget)
			unsent := 0
			w.bound(r, func(n int) { unsent = n })
			w.read(time.Unix(1, 0), 60, c.rate)
			if w.size < c.least || w.size > c.most {
				t.Errorf("%d bytes, want %d to %d", w.size, c.least, c.most)
			}
			if budget.taken < w.size-firstWindow {
				t.Errorf("%d bytes, and %d were taken from the budget", w.size, budget.taken)
			}
			if unsent != network.Unsent(min(w.size, room)) {
				t.Errorf("the other end may hold %d bytes unsent beside %d", unsent, w.size)
			}
			if r.Close(); budget.taken != 0 {
				t.Errorf("%d bytes did not come back", budget.taken)
			}
		})
	}
}

// A reader that never waits has all that it can take.
func TestAWindowDoesNotGrowBeyondItsRoomForABusyReader(t *testing.T) {
	w := window{size: firstWindow}
	w.bound(network.NewRoom(4<<20, nil), func(int) {})
	for n := range 1000 {
		w.handedOn(1<<20, time.Unix(int64(n), 0), func() time.Duration { return time.Second })
	}
	if w.size != 4<<20/8*5 {
		t.Errorf("%d bytes", w.size)
	}
}

// A peer that offers a large window and acknowledges nothing makes this end keep no more than its budget allows.
func TestWhatIsKeptForAPeerComesOutOfTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const allowed = 3 << 20
		budget := &purse{left: allowed}
		raw, own := newFakes()
		own.out.capacity = 1 << 30
		h := &hostile{t: t, raw: raw, flow: New(own, Options{Most: 2, Budget: budget})}
		go h.discard()
		h.send(channel.KindAck, 0, 4, 0, 0, 0, 1)
		synctest.Wait()
		sent := make(chan error)
		go func() {
			var err error
			for n := 0; err == nil; n = len(h.flow.Buffer()) {
				err = h.flow.Commit(n)
			}
			sent <- err
		}()
		synctest.Wait()
		h.flow.mu.Lock()
		kept := h.flow.out.length
		h.flow.mu.Unlock()
		if kept > firstWindow+allowed || kept < allowed/2 || budget.taken > allowed {
			t.Errorf("%d bytes are kept, %d of the budget", kept, budget.taken)
		}
		h.flow.Reset()
		<-sent
		h.flow.Wait()
		if budget.taken != 0 {
			t.Errorf("%d bytes did not come back", budget.taken)
		}
	})
}

// A stream whose path takes little must not hold up one that takes much: new ones do, and those that have lost a packet.
func TestASlowStreamHoldsUpNoFastOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const trip, size = 200 * time.Millisecond, 60 << 20
		j := newJoined(2, func(number int) (*fakeChannel, *fakeChannel) {
			a, b := newFakes()
			inFlight := 4 << 20
			if number > 0 {
				inFlight = 32 << 10
			}
			for _, l := range []*line{a.out, b.out} {
				l.rate, l.delay, l.capacity = int(time.Second/trip)*inFlight, trip/2, inFlight
			}
			a.info = func() (network.Info, bool) { return network.Info{RoundTrip: trip, InFlight: inFlight}, true }
			b.info = a.info
			return a, b
		})
		defer j.stop()
		j.add(t, 1)
		began := time.Now()
		sent := make(chan error, 1)
		go func() { sent <- sendZeros(j.source, size) }()
		if n, err := discardAll(j.target, 0); n != size || err != nil {
			t.Errorf("%d bytes arrived, %v", n, err)
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
		alone := time.Second * size / time.Duration(int(time.Second/trip)*4<<20)
		if took := time.Since(began); took > 4*alone {
			t.Errorf("it took %v; the fast stream alone takes %v", took, alone)
		}
		if streams, _ := j.source.Streams(); streams[1].Sent == 0 {
			t.Error("the slow one carried nothing")
		}
	})
}

// A path that carries 60 MiB a second at 200 ms has 12 MiB in flight, more than a window begins with, and is filled.
func TestALongFastPathIsFilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, trip, size = 60 << 20, 200 * time.Millisecond, 480 << 20
		j := newJoined(2, func(int) (*fakeChannel, *fakeChannel) {
			a, b := newFakes()
			for _, l := range []*line{a.out, b.out} {
				l.rate, l.delay, l.capacity = rate, trip/2, 1<<30
			}
			a.info = func() (network.Info, bool) { return network.Info{RoundTrip: trip}, true }
			b.info = a.info
			return a, b
		})
		defer j.stop()
		began := time.Now()
		sent := make(chan error, 1)
		go func() { sent <- sendZeros(j.source, size) }()
		if n, err := discardAll(j.target, 0); n != size || err != nil {
			t.Errorf("%d bytes arrived, %v", n, err)
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 10500*time.Millisecond {
			t.Errorf("it took %v; the path alone takes %v", took, time.Second*size/rate)
		}
	})
}
