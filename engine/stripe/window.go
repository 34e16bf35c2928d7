package stripe

import (
	"time"

	"lockwire/engine/network"
)

const (
	// windowGrowth is by how much a window grows at once while its room is not full: from firstWindow to 2.5 MiB in three steps.
	windowGrowth = 4
	// leastMeasure is over how long it is measured at least what the path has in flight.
	leastMeasure = 10 * time.Millisecond
	// unknownInFlight is what a path may have in flight where the system does not tell its round trip.
	unknownInFlight = 8 << 20
)

// window is how much the peer may have on its way to here: sent, and not yet handed on. It begins small and grows while the reader
// takes what comes, within a [network.Room]. What the path has in flight, the bytes of one round trip, comes on top, as otherwise a long
// path could not be filled; it counts only while the reader waits for bytes, for what lies here is not in flight. A window never shrinks.
//
// The zero window neither grows nor waits for anything. It belongs to the goroutine that reads.
type window struct {
	size  int
	room  *network.Room
	grown func(unsent int)

	full     bool // the room has nothing more, but for what is in flight
	took     int  // bytes that were handed on since the window grew, or since
	since    time.Time
	inFlight int // of size

	roundTrip time.Duration // as it was asked for last
}

// bound lets the window grow within room. grown is told what the other end of the direction may hold unsent beside it.
func (w *window) bound(room *network.Room, grown func(unsent int)) {
	w.room, w.grown = room, grown
	room.Enter(w.size)
	grown(network.Unsent(w.size))
}

// handedOn notes that n bytes were handed on. roundTrip gives the path's, 0 where it is not known.
func (w *window) handedOn(n int, now time.Time, roundTrip func() time.Duration) {
	if w.room == nil || w.size == maximumWindow {
		return
	}
	if w.took += n; w.took < w.size/2 {
		return
	}
	if w.full {
		w.growInFlight(now, roundTrip)
		return
	}
	w.took = 0
	by, full := w.room.Grow(min((windowGrowth-1)*w.size, maximumWindow-w.size), 0)
	w.full = full
	if by > 0 {
		w.size += by
		w.grown(network.Unsent(w.size))
	}
}

// readerWaits notes that the reader has taken all that is here. From such a moment on what comes is what the path brings.
func (w *window) readerWaits(now time.Time) {
	if w.full && w.since.IsZero() {
		w.since, w.took = now, 0
	}
}

// growInFlight grows a window that is smaller than what the path has in flight and what may be held besides.
func (w *window) growInFlight(now time.Time, roundTrip func() time.Duration) {
	elapsed := now.Sub(w.since)
	if w.since.IsZero() || elapsed < max(leastMeasure, w.roundTrip) {
		return // where the reader never waited, a larger window would bring nothing
	}
	if w.roundTrip = roundTrip(); elapsed < w.roundTrip {
		return
	}
	inFlight := unknownInFlight
	if w.roundTrip > 0 {
		inFlight = int(float64(w.took) * float64(w.roundTrip) / float64(elapsed))
	}
	w.since, w.took = time.Time{}, 0
	more := max(inFlight-w.inFlight, 0)
	w.inFlight += more
	by, _ := w.room.Grow(maximumWindow-w.size, more)
	w.size += by
}
