package network

import (
	"cmp"
	"net"
	"syscall"
	"time"
)

const (
	// growth is by how much a receive buffer grows at once: from the system's 128 KiB to 2.5 MiB in three steps.
	growth = 4
	// boundFrom is how much is read before a buffer is bounded. Less says nothing of its reader, and the system's tuning does not begin
	// before either: a short connection is spared the system calls.
	boundFrom = 32 << 10
	// leastMeasure is over how long it is measured at least what a path has in flight.
	leastMeasure = 10 * time.Millisecond
)

// ReceiveBuffer bounds the receive buffer of a TCP connection on Linux. It begins as small as the system makes it and grows while
// its reader takes what comes, within a [Room]: a reader that stops leaves little lying. What the path has in flight, the bytes of
// one round trip, comes on top, as otherwise a long path could not be filled.
//
// The system's own tuning is switched off by SO_BUF_LOCK, because it grows a buffer to tcp_rmem[2], whoever reads, and does not stop at
// what is in flight. SO_RCVBUF would do that too, but cannot go beyond rmem_max, which is 208 KiB on most systems. So the
// buffer grows by way of SO_RCVLOWAT, which makes place for its mark up to tcp_rmem[2]. TCP_WINDOW_CLAMP would not do: it bounds what
// the peer may send ahead of what has arrived, not what has arrived and is not read.
//
// The zero value leaves the system alone. It belongs to the goroutine that reads.
type ReceiveBuffer struct {
	conn  net.Conn // to be bounded; nil before Bound, and once it is
	raw   syscall.RawConn
	room  *Room
	grown func(unsent int)

	size int  // as the system has it; 0 where it is not bounded
	mark int  // where the system's tuning cannot be switched off: the largest low-water mark
	full bool // the room has nothing more, but for what is in flight
	most bool // the system makes it no larger
	grew bool
	read int // bytes since the buffer grew, or since

	since    time.Time // from when on it is measured how much comes; zero while it is not
	rtt      time.Duration
	inFlight int // of size, for what is in flight

	// system is made once, and what it works with passes through these fields.
	want, window int
	err          error
}

// Bound has the receive buffer of conn bounded, once boundFrom bytes were read from it. grown, which may be nil, is called with how much
// the other side of the direction may hold unsent, then and each time that the buffer has grown.
func (b *ReceiveBuffer) Bound(conn net.Conn, room *Room, grown func(unsent int)) {
	b.conn, b.room, b.grown = conn, room, grown
}

// bind bounds it.
func (b *ReceiveBuffer) bind() {
	b.raw, b.conn = RawConn(b.conn), nil
	if b.raw == nil {
		return
	}
	if b.lock() {
		b.room.Enter(b.size)
		b.tell(b.size)
		return
	}
	b.mark = b.room.most / 2
	b.tell(b.room.most)
}

func (b *ReceiveBuffer) tell(size int) {
	if b.grown != nil {
		b.grown(Unsent(size))
	}
}

// Mark is the SO_RCVLOWAT that may be set where mark would be best. The system cuts one above half of a bounded buffer, and lets a
// buffer that is not bounded grow to twice the mark at least.
func (b *ReceiveBuffer) Mark(mark int) int {
	if b.size > 0 {
		return mark
	}
	return min(mark, cmp.Or(b.mark, DefaultBuffer/2))
}

// Grown tells whether the system's buffer may have become larger than it was at first.
func (b *ReceiveBuffer) Grown() bool { return b.grew || b.mark > 0 }

// Took notes that n bytes were read. Where the buffer has grown it gives true, and SO_RCVLOWAT is 1.
func (b *ReceiveBuffer) Took(n int) bool {
	if b.conn != nil {
		if b.read += n; b.read < boundFrom {
			return false
		}
		b.bind()
	}
	if b.size == 0 {
		return false
	}
	if b.read += n; b.read < b.size/2 || b.most {
		return false
	}
	if !b.full {
		b.read = 0
		by, full := b.room.Grow((growth-1)*b.size, 0)
		b.full = full
		return b.growBy(by)
	}
	return b.tookInFlight()
}

// Waits notes that the reader waits for more than there is. From such a moment on what comes is what the path brings, not what lay there.
func (b *ReceiveBuffer) Waits() {
	if b.full && b.since.IsZero() {
		b.since, b.read = time.Now(), 0
	}
}

// tookInFlight grows a buffer that is smaller than what its path has in flight and what it may hold besides.
func (b *ReceiveBuffer) tookInFlight() bool {
	if b.since.IsZero() {
		return false // it never waited: no larger buffer would bring more
	}
	elapsed := time.Since(b.since)
	if elapsed < max(leastMeasure, b.rtt) {
		return false
	}
	if !b.ask() {
		b.since = time.Time{}
		return false
	}
	if elapsed < b.rtt {
		return false
	}
	payload := int(float64(b.read) * float64(b.rtt) / float64(elapsed))
	b.since, b.read = time.Time{}, 0
	// The system counts what packets take of its memory, not only what they carry.
	inFlight := int(float64(payload) * float64(b.size) / float64(b.window))
	more := max(inFlight-b.inFlight, 0)
	b.inFlight += more
	by, _ := b.room.Grow((growth-1)*b.size, more)
	return b.growBy(by)
}

// growBy has the system's buffer grow.
func (b *ReceiveBuffer) growBy(by int) bool {
	if by <= 0 {
		return false
	}
	b.grew = true
	before := b.size
	b.want = b.size + by
	changed := b.resize()
	b.most = b.size < before+by/2 // of tcp_rmem
	b.room.Enter(max(b.size-b.want, 0))
	b.tell(min(b.size, b.room.most))
	return changed
}
