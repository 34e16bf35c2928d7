package stripe

import (
	"encoding/binary"
	"slices"
	"time"
)

// segment is a part of a flow on its way: one data record. It keeps its bounds when it is sent again.
type segment struct {
	offset uint64
	buffer buffer  // the offset, then the bytes
	stream *stream // that carries it; nil while it is queued
	users  int     // streams that read the buffer at present
	done   bool    // acknowledged
	sent   time.Time
	again  bool // a stream that carried it was lost
}

func (s *segment) length() int { return len(s.buffer.bytes) - offsetSize }
func (s *segment) end() uint64 { return s.offset + uint64(s.length()) }

// outgoing is what one end sends in a flow: the segments that are not acknowledged, in order, and which of them no stream carries.
// It waits for nothing and has no lock.
//
//	committed -> queued -> carried by a stream -> acknowledged
//	               ^____________|  the stream is lost
type outgoing struct {
	window   uint64 // how much the peer takes beyond what it has acknowledged
	kept     kept
	length   uint64 // all that was committed
	assigned uint64 // up to where any stream was ever given the bytes
	acked    uint64
	ended    bool

	segments []*segment // committed and not acknowledged
	queue    []*segment // of those, the ones that no stream carries; in order

	roundTrip time.Duration // the shortest time from sending to acknowledgement; 0 before the first
}

// mayCommit tells whether n more bytes fit into the window, into what this end may keep and into what a receiver holds at most.
func (o *outgoing) mayCommit(n int) bool {
	all := o.length + uint64(n) - o.acked
	return all <= o.window && len(o.segments) < maximumPieces && o.kept.hold(all, o.window)
}

// longest is the length of the longest segment that serves: several of them fit into the window at once.
func (o *outgoing) longest() int { return int(min(o.window, o.kept.may) / 4) }

// commit takes n bytes, which follow the room for an offset in b, for sending.
func (o *outgoing) commit(b buffer) {
	s := &segment{offset: o.length, buffer: b}
	binary.BigEndian.PutUint64(b.bytes, s.offset)
	o.length = s.end()
	o.segments = append(o.segments, s)
	o.queue = append(o.queue, s)
}

// take gives the first segment that no stream carries to one, and of one that was never sent at most most bytes. The queue must not be
// empty; release must follow.
func (o *outgoing) take(by *stream, most int, now time.Time) *segment {
	s := o.queue[0]
	if most < s.length() && !s.again && len(o.segments) < maximumPieces/2 {
		s = o.split(s, most)
	} else {
		o.queue[0] = nil
		o.queue = o.queue[1:]
	}
	s.stream = by
	s.users++
	s.sent = now
	o.assigned = max(o.assigned, s.end())
	return s
}

// split makes a segment of its own of the first n bytes of one that was never sent. The rest stays where it is.
func (o *outgoing) split(s *segment, n int) *segment {
	front := &segment{offset: s.offset, buffer: takeBuffer(offsetSize + n)}
	copy(front.buffer.bytes, s.buffer.bytes)
	s.offset += uint64(n)
	s.buffer.bytes = s.buffer.bytes[n:]
	binary.BigEndian.PutUint64(s.buffer.bytes, s.offset) // over bytes that front has now
	at := slices.Index(o.segments, s)
	o.segments = slices.Insert(o.segments, at, front)
	return front
}

// release ends a stream's use of a segment's memory.
func (o *outgoing) release(s *segment) {
	s.users--
	s.free()
}

func (s *segment) free() {
	if s.done && s.users == 0 {
		s.buffer.give()
	}
}

// acknowledge takes the peer's word that it has handed on all before offset.
func (o *outgoing) acknowledge(offset uint64, now time.Time) error {
	if offset > o.assigned {
		return violation("it acknowledges %d bytes of %d that were sent", offset, o.assigned)
	}
	if offset <= o.acked {
		return nil
	}
	o.acked = offset
	count := 0
	for count < len(o.segments) && o.segments[count].end() <= offset {
		s := o.segments[count]
		s.done = true
		if took := now.Sub(s.sent); s.end() == offset && !s.again && (o.roundTrip == 0 || took < o.roundTrip) {
			o.roundTrip = took
		}
		if s.stream == nil { // it was queued anew, and has arrived after all
			o.queue = slices.DeleteFunc(o.queue, func(other *segment) bool { return other == s })
		}
		s.free()
		o.segments[count] = nil
		count++
	}
	o.segments = o.segments[count:]
	return nil
}

// lose queues what a lost stream carried and what is not acknowledged.
func (o *outgoing) lose(lost *stream) {
	for _, s := range o.segments {
		if s.stream == lost {
			s.stream, s.again = nil, true
			o.queue = append(o.queue, s)
		}
	}
	slices.SortFunc(o.queue, func(a, b *segment) int {
		if a.offset < b.offset {
			return -1
		}
		return 1 // no two begin at the same place
	})
}

// arrived tells whether the peer has handed on all, and knows that it was all.
func (o *outgoing) arrived() bool { return o.ended && o.acked == o.length }

// drop frees what no stream reads any more; nothing is sent from now on.
func (o *outgoing) drop() {
	for _, s := range o.segments {
		s.done = true
		s.free()
	}
	o.segments, o.queue = nil, nil
}
