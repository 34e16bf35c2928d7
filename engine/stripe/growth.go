package stripe

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"lockwire/engine/pump"
)

const (
	// A flow is looked at so often while it moves bytes, and while it does not.
	lookMoving, lookQuiet = time.Second, 5 * time.Second
	// youngest is the least age of a flow that gets a second stream: a short one ends before that would help.
	youngest = 2 * time.Second
	// DefaultLongPath is the round trip from which on a path is long. A local network takes a tenth of it, the next town more.
	DefaultLongPath = 5 * time.Millisecond
	// openAgain is how long no stream is opened after one could not be.
	openAgain = 30 * time.Second
	// maximumNumber is the last number that a stream can have.
	maximumNumber = 1<<16 - 1
)

// growth decides when a flow gets another stream: once it is older than youngest, its path is long, and the path has held it up for at
// least half of the time since the last look. The path holds it up while bytes wait here to be sent and the peer's reader waits for them.
// A reader that is busy with what it has does not, nor does a processor or a window: more streams would not help. So the system
// must say, where it can, that most streams have more to send than the path takes. Each time the streams are doubled, as far as
// is allowed.
//
// Over a short path one stream fills the line, and several only cost. How long the path is the system knows; where it does not say, the
// shortest time until something was acknowledged must do, which is longer.
//
// Only the source opens streams. A target whose sending is held up asks it to.
type growth struct {
	timer      *time.Timer
	began      time.Time
	looked     time.Time
	hungry     bool          // the peer's reader waits, by its last acknowledgement
	heldFor    time.Duration // since the last look
	heldSince  time.Time     // of the wait that lasts; zero while there is none
	moved      uint64        // bytes at the last look
	moreDue    bool          // the target is to ask
	asked      bool          // the target has asked
	number     int           // of the stream that was opened last
	opening    int
	notBefore  time.Time // no stream is opened before
	lostBefore int       // streams that were lost
}

func (f *Flow) startLooking() {
	f.began = time.Now()
	f.looked = f.began
	f.timer = time.AfterFunc(lookMoving, f.look)
}

// countHeld counts the time since heldSince. f.mu is held.
func (f *Flow) countHeld(now time.Time) {
	if f.hungry {
		f.heldFor += now.Sub(f.heldSince)
	}
	f.heldSince = now
}

// look is called by time.
func (f *Flow) look() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failure != nil || f.closed {
		return
	}
	now := time.Now()
	f.loseSilent(now)
	if f.failure != nil {
		return
	}
	if f.pathHolds(now) {
		if f.open == nil {
			f.moreDue = len(f.streams) < f.most
			f.work.Signal()
		} else {
			f.asked = true
		}
	}
	if f.asked {
		f.asked = false
		f.grow(now)
	}
	next := lookQuiet
	if moved := f.out.assigned + f.in.highest; moved != f.moved {
		f.moved, next = moved, lookMoving
	}
	f.timer.Reset(next)
}

// pathHolds tells whether the path has held the flow up since the last look.
func (f *Flow) pathHolds(now time.Time) bool {
	if !f.heldSince.IsZero() {
		f.countHeld(now)
	}
	held, elapsed := f.heldFor, now.Sub(f.looked)
	f.heldFor, f.looked = 0, now
	return held >= elapsed/2 && now.Sub(f.began) >= youngest && f.pathIsLong() && f.mostWait()
}

func (f *Flow) pathIsLong() bool { return cmp.Or(f.roundTrip(), f.out.roundTrip) >= f.longPath }

// roundTrip is the shortest round trip of the streams as the system has it; 0 where it does not say. f.mu is held.
func (f *Flow) roundTrip() (least time.Duration) {
	for _, s := range f.streams {
		if info, _ := s.channel.Info(); info.RoundTrip > 0 && (least == 0 || info.RoundTrip < least) {
			least = info.RoundTrip
		}
	}
	return least
}

// mostWait tells whether at least half of the streams have been given more than the path takes, as far as the system says. f.mu is held.
func (f *Flow) mostWait() bool {
	known, wait := 0, 0
	for _, s := range f.streams {
		info, ok := s.channel.Info()
		if ok {
			known++
		}
		if info.Waiting {
			wait++
		}
	}
	return 2*wait >= known
}

// grow opens as many streams as there are, where so many are allowed. f.mu is held.
func (f *Flow) grow(now time.Time) {
	if now.Before(f.notBefore) || f.out.ended && f.in.ended {
		return
	}
	for range min(len(f.streams), f.most-len(f.streams)-f.opening) {
		if f.number == maximumNumber {
			return
		}
		f.number++
		number := uint16(f.number)
		f.opening++
		f.running.Go(func() {
			c, err := f.open(f.life, number)
			if _, err := f.admit(number, c, err); err != nil {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.notBefore = time.Now().Add(openAgain)
			}
		})
	}
}

// loseSilent loses the streams whose peer is dead. f.mu is held.
func (f *Flow) loseSilent(now time.Time) {
	for _, s := range slices.Clone(f.streams) {
		info, ok := s.channel.Info()
		if !ok {
			continue
		}
		if silent := s.silence.Observe(now, info); silent >= f.silence {
			f.lose(s, fmt.Errorf("%w: nothing that was sent over stream %d was acknowledged for %v", pump.ErrDead, s.number, silent.Round(time.Second)))
		}
	}
}

// StreamCounts are what one stream of a flow has carried.
type StreamCounts struct {
	Number         uint16
	Sent, Received uint64 // bytes of the flow
}

// Streams gives the streams that are alive, and how many were lost.
func (f *Flow) Streams() (alive []StreamCounts, lost int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.streams {
		alive = append(alive, StreamCounts{s.number, s.sent, s.received})
	}
	return alive, f.lostBefore
}
