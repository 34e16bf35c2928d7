package stripe

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"lockwire/engine/channel"
	"lockwire/engine/network"
)

// stream is one of the channels that carry a flow. All but the numbers below is guarded by the flow's lock.
type stream struct {
	number  uint16
	channel Channel
	room    *network.Room // of the system's receive buffer

	sent, received uint64 // bytes of the flow
	turn           int    // as it was last, roughly; 0 before
	lost           bool
	sending        bool // a record is being handed to the channel
	over           chan struct{}

	endSent, lastAckSent bool
	endReceived          bool
	acknowledged         uint64    // by the peer, over this stream
	window               uint64    // that it offered
	receivingSince       time.Time // a record, beyond its header; zero while none is
	silence              network.Silence

	idle      int // records that say nothing new since the last one that did, and since
	idleSince time.Time

	written, taken [ackSize]byte // plaintext of what is sent and received without data
}

// record is something to send.
type record struct {
	kind      channel.Kind // 0 is none
	plaintext []byte
	segment   *segment // of data
}

// next gives what a stream sends next. f.mu is held.
func (f *Flow) next(s *stream) record {
	in, out := &f.in, &f.out
	last := in.ended && in.handed == in.length
	switch {
	case f.ackDue || last && !s.lastAckSent:
		f.ackDue, s.lastAckSent = false, last
		in.acked, in.window = in.handed, uint64(f.window.size)
		hungry := byte(0)
		if f.readerWaits {
			hungry = 1
		}
		plaintext := binary.BigEndian.AppendUint64(s.written[:0], in.acked)
		plaintext = binary.BigEndian.AppendUint32(plaintext, uint32(in.window))
		return record{kind: channel.KindAck, plaintext: append(plaintext, hungry)}
	case f.moreDue:
		f.moreDue = false
		return record{kind: channel.KindMore}
	}
	if len(out.queue) > 0 {
		segment := out.take(s, f.turn(s), time.Now())
		return record{channel.KindData, segment.buffer.bytes, segment}
	}
	if out.ended && !s.endSent {
		s.endSent = true
		return record{kind: channel.KindEnd, plaintext: binary.BigEndian.AppendUint64(s.written[:0], out.length)}
	}
	return record{}
}

// turn is how many bytes a stream takes at once. Where there are several, one whose path takes little, as it does while it is new or
// after a loss, takes little: what it holds up all the others wait for in the end. f.mu is held.
func (f *Flow) turn(s *stream) int {
	if len(f.streams) == 1 {
		return MaximumSegment
	}
	info, _ := s.channel.Info()
	if info.InFlight == 0 {
		return MaximumSegment
	}
	turn := min(max(info.InFlight/8, leastTurn), MaximumSegment)
	if turn < s.turn/2 || turn > 2*s.turn {
		s.turn = turn
		f.boundUnsentOf(s)
	}
	return turn
}

// send is a stream's sending goroutine.
func (f *Flow) send(s *stream) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		if s.lost || f.failure != nil || f.closed {
			return
		}
		r := f.next(s)
		if r.kind == 0 {
			f.work.Wait()
			continue
		}
		s.sending = true
		f.mu.Unlock()
		err := s.channel.SendRecord(r.kind, r.plaintext)
		f.mu.Lock()
		s.sending = false
		if r.segment != nil {
			s.sent += uint64(r.segment.length())
			f.out.release(r.segment)
		}
		if err != nil {
			f.lose(s, err)
			return
		}
		f.room.Broadcast()
	}
}

// receive is a stream's receiving goroutine.
func (f *Flow) receive(s *stream) {
	defer s.room.Close()
	for {
		kind, n, err := s.channel.NextRecord()
		switch {
		case err != nil:
		case kind == channel.KindData:
			err = f.receiveData(s, n)
		default:
			var plaintext []byte
			if plaintext, err = s.channel.TakeRecord(s.taken[:n]); err == nil {
				err = f.note(s, kind, plaintext)
			}
		}
		if err != nil {
			f.streamFailed(s, err)
			return
		}
	}
}

// receiveData receives n bytes of a data record. Their memory is charged before it is taken.
func (f *Flow) receiveData(s *stream, n int) error {
	size := n - offsetSize
	if err := f.charge(s, size); err != nil {
		return err
	}
	b := takeBuffer(n)
	plaintext, err := s.channel.TakeRecord(b.bytes)
	f.mu.Lock()
	defer f.mu.Unlock()
	s.receivingSince = time.Time{}
	if err == nil {
		err = f.failure
	}
	if err != nil {
		f.in.uncharge(size)
		f.space.Broadcast()
		b.give()
		return err
	}
	before := f.in.charged
	if err := f.in.add(binary.BigEndian.Uint64(plaintext), plaintext[offsetSize:], b); err != nil {
		return err
	}
	s.received += uint64(size)
	s.idle = 0
	if f.in.charged < before {
		f.space.Broadcast()
	}
	if f.in.readable() {
		f.readable.Broadcast()
	}
	return nil
}

// charge waits until a record of n bytes may be received.
func (f *Flow) charge(s *stream, n int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.in.charge(n) {
		if f.failure != nil || s.lost || f.closed {
			return errOver
		}
		if f.stuck == nil {
			f.stuck = time.AfterFunc(longestReceiving, f.evict)
		}
		f.space.Wait()
	}
	s.receivingSince = time.Now()
	return nil
}

// errOver ends a goroutine of a flow or of a stream that is over already.
var errOver = errors.New("the flow is over")

// evict loses the streams whose records have been coming for too long while others wait for their memory: a path that has died
// half-way through a record must not stop the streams that carry it again.
func (f *Flow) evict() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stuck = nil
	now := time.Now()
	for _, s := range slices.Clone(f.streams) {
		if !s.receivingSince.IsZero() && now.Sub(s.receivingSince) >= longestReceiving {
			f.lose(s, errStuck)
		}
	}
	f.space.Broadcast() // who still waits looks again
}

// longestReceiving is how long one record may be on its way while others wait for its memory.
const longestReceiving = 2 * time.Second

var errStuck = errors.New("a record did not arrive to its end while the others waited for its memory")

// note takes a record without data.
func (f *Flow) note(s *stream, kind channel.Kind, plaintext []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failure != nil {
		return errOver
	}
	fresh := false
	switch kind {
	case channel.KindAck:
		offset := binary.BigEndian.Uint64(plaintext)
		if offset < s.acknowledged {
			return violation("it acknowledges %d bytes after %d over one stream", offset, s.acknowledged)
		}
		window := uint64(binary.BigEndian.Uint32(plaintext[offsetSize:]))
		if window < s.window || window > maximumWindow {
			return violation("it offers a window of %d bytes after one of %d", window, s.window)
		}
		fresh = offset > s.acknowledged || window > s.window
		s.acknowledged, s.window = offset, window
		if err := f.out.acknowledge(offset, time.Now()); err != nil {
			return err
		}
		f.out.window = max(f.out.window, window)
		hungry := plaintext[ackSize-1]
		if hungry > 1 {
			return violation("its reader waits, or does not, or %d", hungry)
		}
		f.hungry = hungry == 1
		f.room.Broadcast()
	case channel.KindEnd:
		if s.endReceived {
			return violation("it ends one stream twice")
		}
		fresh, s.endReceived = true, true
		if err := f.in.finish(binary.BigEndian.Uint64(plaintext)); err != nil {
			return err
		}
		f.readable.Broadcast()
		f.work.Broadcast() // the last acknowledgement may be due
		f.room.Broadcast() // Close waits for it
	case channel.KindMore:
		if f.open == nil {
			return violation("it asks the target for a stream")
		}
		f.asked = true
	}
	if !fresh && !s.mayIdle(time.Now()) {
		return violation("%d records in a row that say nothing new", s.idle)
	}
	return nil
}

// Records that say nothing new are allowed now and then; without end they would keep this end busy.
const (
	maximumIdleRecords = 1024
	idleWindow         = time.Minute
)

func (s *stream) mayIdle(now time.Time) bool {
	if s.idle == 0 || now.Sub(s.idleSince) >= idleWindow {
		s.idle, s.idleSince = 0, now
	}
	s.idle++
	return s.idle <= maximumIdleRecords
}

// streamFailed ends the flow where the peer did what it must not, and only the stream where its connection broke.
func (f *Flow) streamFailed(s *stream, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.failure != nil || f.closed || s.lost:
	case errors.Is(err, channel.ErrRecord) || errors.Is(err, ErrProtocol):
		f.fail(err)
	default:
		f.lose(s, err)
	}
}
