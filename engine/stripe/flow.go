package stripe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"lockwire/engine/channel"
	"lockwire/engine/network"
	"lockwire/engine/pump"
)

// Options tune a flow.
type Options struct {
	// Most is how many streams it may have at once, 2 to MaximumStreams.
	Most int
	// Open opens the stream of that number, at the source. Nil at the target, where streams come by Admit.
	Open func(ctx context.Context, number uint16) (Channel, error)
	// Silence is how long a stream's peer may acknowledge nothing of what was sent to it; 0 is pump.DefaultSilence.
	Silence time.Duration
	// LongPath is the least round trip over which further streams are opened; 0 is DefaultLongPath.
	LongPath time.Duration
	// Buffer is how much the system's receive buffer of the first stream, and those of all others together, may hold beyond what is in
	// flight; 0 is network.DefaultBuffer.
	Buffer int
	// Budget is what these buffers grow from, and what is kept until it is acknowledged; nil is no limit. The window for what is received
	// has a room of its own: see BoundReceiving.
	Budget network.Budget
}

// Flow is one end of a flow that several channels carry, as an end of a pump.
type Flow struct {
	most     int
	open     func(ctx context.Context, number uint16) (Channel, error)
	silence  time.Duration
	longPath time.Duration

	buffer int // of the system's receive buffers, and what they grow from
	budget network.Budget
	unsent int // how much may wait in the system, of all streams; 0 while nothing is said

	// life ends with the flow; running are its goroutines.
	life    context.Context
	end     context.CancelFunc
	running sync.WaitGroup

	// lent is what Buffer lent, and lentSize how much it lends next. Both belong to the goroutine that sends.
	lent     buffer
	lentSize int

	mu      sync.Mutex
	failure error // the first one
	closed  bool
	out     outgoing
	in      incoming
	window  window    // for what comes in
	streams []*stream // that are alive
	used    map[uint16]struct{}
	// The goroutines wait for these, each under mu.
	work     sync.Cond // a stream has something to send
	room     sync.Cond // what is sent has changed: it was handed to a channel, acknowledged, or ended
	readable sync.Cond
	space    sync.Cond // memory for what is received

	ackDue   bool // an acknowledgement is to be sent
	ackTimer *time.Timer
	stuck    *time.Timer // runs while something waits for memory

	readerWaits bool // the reader waits for the next byte
	unwatched   bool
	growth
}

var (
	_ pump.End      = (*Flow)(nil)
	_ pump.Waiter   = (*Flow)(nil)
	_ pump.Releaser = (*Flow)(nil)
	_ pump.Watcher  = (*Flow)(nil)
	_ pump.Bounded  = (*Flow)(nil)
)

// ErrClosed is returned by every call after Reset or Close.
var ErrClosed = errors.New("the flow was reset or closed")

// New makes a flow of its first stream, number 0. Reset or Close, and then Wait, must follow.
func New(first Channel, o Options) *Flow {
	f := &Flow{most: o.Most, open: o.Open, used: make(map[uint16]struct{})}
	f.silence, f.longPath = cmp.Or(o.Silence, pump.DefaultSilence), cmp.Or(o.LongPath, DefaultLongPath)
	f.buffer, f.budget = cmp.Or(o.Buffer, network.DefaultBuffer), o.Budget
	f.life, f.end = context.WithCancel(context.Background())
	f.window.size = firstWindow
	f.in.window, f.out.window = firstWindow, firstWindow
	f.out.kept = kept{may: firstWindow, budget: o.Budget}
	f.hungry = true
	for _, c := range []*sync.Cond{&f.work, &f.room, &f.readable, &f.space} {
		c.L = &f.mu
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.start(0, first)
	f.startLooking()
	return f
}

// start lets a stream run. f.mu is held.
func (f *Flow) start(number uint16, c Channel) *stream {
	buffer := f.buffer
	if number > 0 {
		buffer /= f.most // so that all further streams together have as much as the first
	}
	s := &stream{number: number, channel: c, window: firstWindow, room: network.NewRoom(buffer, f.budget), over: make(chan struct{})}
	f.used[number] = struct{}{}
	f.streams = append(f.streams, s)
	c.BoundReceiving(s.room, nil)
	f.boundUnsent()
	f.running.Go(func() { f.send(s) })
	f.running.Go(func() { f.receive(s) })
	return s
}

// Wait returns when no goroutine of the flow runs and its budget has all back, after Reset or Close.
func (f *Flow) Wait() {
	f.running.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.out.kept.giveBack()
}

// BoundReceiving implements [pump.Bounded]. The window grows within room; it bounds what is received over all streams.
func (f *Flow) BoundReceiving(room *network.Room, grown func(unsent int)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.window.bound(room, grown)
}

// BoundSending implements [pump.Bounded]. The streams divide what may be unsent.
func (f *Flow) BoundSending(unsent int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unsent = unsent
	f.boundUnsent()
}

// boundUnsent has no stream hold much that it cannot send: another one could. f.mu is held.
func (f *Flow) boundUnsent() {
	for _, s := range f.streams {
		f.boundUnsentOf(s)
	}
}

func (f *Flow) boundUnsentOf(s *stream) {
	if f.unsent == 0 {
		return
	}
	unsent := max(f.unsent/len(f.streams), leastUnsent)
	if s.turn > 0 && len(f.streams) > 1 {
		unsent = min(unsent, 2*s.turn)
	}
	s.channel.BoundSending(unsent)
}

// Buffer implements [pump.End].
func (f *Flow) Buffer() []byte {
	if f.lent.bytes == nil {
		f.mu.Lock()
		longest := f.out.longest()
		f.mu.Unlock()
		f.lentSize = max(f.lentSize, smallest)
		f.lent = takeBuffer(min(f.lentSize, longest))
	}
	return f.lent.bytes[offsetSize:]
}

// Buffers grow while they come back full, as those of a channel do.
const (
	smallest = 16 << 10
	growBy   = 4
)

// Commit implements [pump.End]. It returns when as few segments wait as there are streams.
func (f *Flow) Commit(n int) error {
	b := f.lent
	f.lent = buffer{}
	switch size := len(b.bytes) - offsetSize; {
	case n == size:
		f.lentSize = min(growBy*f.lentSize, largeBuffer)
	case n < size/(2*growBy):
		f.lentSize = max(f.lentSize/growBy, smallest)
	}
	if n == 0 {
		b.give()
		return f.Err()
	}
	if n <= len(b.bytes)/2 { // what is kept is no larger than twice what it holds
		small := takeBuffer(offsetSize + n)
		copy(small.bytes[offsetSize:], b.bytes[offsetSize:])
		b.give()
		b = small
	}
	b.bytes = b.bytes[:offsetSize+n]
	f.mu.Lock()
	defer f.mu.Unlock()
	f.holdUntil(func() bool { return f.out.mayCommit(n) })
	if f.failure != nil {
		b.give()
		return f.failure
	}
	f.out.commit(b)
	f.work.Signal()
	f.holdUntil(func() bool { return len(f.out.queue) <= len(f.streams) })
	return f.failure
}

// holdUntil waits until the flow may go on, or has failed. f.mu is held.
func (f *Flow) holdUntil(mayGoOn func() bool) {
	for f.failure == nil && !mayGoOn() {
		f.heldSince = time.Now()
		f.room.Wait()
		f.countHeld(time.Now())
		f.heldSince = time.Time{}
	}
}

// Release implements [pump.Releaser].
func (f *Flow) Release() { f.lent.give() }

// CloseWrite implements [pump.End]. It returns when the peer has handed on every byte.
func (f *Flow) CloseWrite() error {
	f.Release()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.out.ended = true
	f.work.Broadcast()
	for f.failure == nil && !f.out.arrived() {
		f.room.Wait()
	}
	return f.failure
}

// WaitReadable implements [pump.Waiter].
func (f *Flow) WaitReadable() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.awaitReadable()
}

// Read implements [pump.End].
func (f *Flow) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.awaitReadable(); err != nil {
		return 0, err
	}
	n := f.in.copyTo(p)
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	f.space.Broadcast()
	return n, nil
}

// awaitReadable first takes what was read for handed on: who reads again has passed it on. f.mu is held.
func (f *Flow) awaitReadable() error {
	f.handOn()
	if f.failure == nil && !f.in.readable() {
		f.window.readerWaits(time.Now())
		if f.in.handed-f.in.acked >= ackBytesWaiting {
			f.ackNow() // the window may be all that the sender waits for
		}
	}
	f.readerWaits = true
	for f.failure == nil && !f.in.readable() {
		f.readable.Wait()
	}
	f.readerWaits = false
	return f.failure
}

// handOn acknowledges what was read, soon. f.mu is held.
func (f *Flow) handOn() {
	in := &f.in
	if in.handed == in.read {
		return
	}
	f.window.handedOn(int(in.read-in.handed), time.Now(), f.roundTrip)
	in.handed = in.read
	switch waiting := in.handed - in.acked; {
	case in.complete():
		f.work.Broadcast() // over every stream, so that the loss of one does not keep it from the peer
	case waiting >= min(ackBytes, in.window/4):
		f.ackNow()
	case f.ackTimer == nil:
		f.ackTimer = time.AfterFunc(ackDelay, f.ackLater)
	}
}

func (f *Flow) ackLater() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ackTimer = nil
	if f.failure == nil && !f.closed && f.in.handed > f.in.acked {
		f.ackNow()
	}
}

// ackNow has a stream acknowledge. f.mu is held.
func (f *Flow) ackNow() {
	f.ackDue = true
	f.work.Signal()
}

// Admit takes a further stream in, at the target. accept is called where it may, and gives its channel. over is closed when the
// stream is lost or the flow is over.
func (f *Flow) Admit(number uint16, accept func() (Channel, error)) (over <-chan struct{}, err error) {
	f.mu.Lock()
	if err := f.mayAdmit(number); err != nil {
		f.mu.Unlock()
		return nil, err
	}
	f.used[number] = struct{}{}
	f.opening++
	f.mu.Unlock()
	c, err := accept()
	return f.admit(number, c, err)
}

// admit lets a stream run that was opened.
func (f *Flow) admit(number uint16, c Channel, err error) (over <-chan struct{}, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opening--
	if err != nil {
		return nil, err
	}
	if err := f.over(); err != nil {
		c.Reset()
		return nil, err
	}
	s := f.start(number, c)
	f.room.Broadcast()
	return s.over, nil
}

var (
	// ErrStreamUsed refuses a stream whose number the flow has had.
	ErrStreamUsed = errors.New("the stream's number was used before")
	// ErrManyStreams refuses a stream of a flow that has as many as it may.
	ErrManyStreams = errors.New("the connection has as many streams as it may")
)

func (f *Flow) mayAdmit(number uint16) error {
	if err := f.over(); err != nil {
		return err
	}
	if _, used := f.used[number]; used {
		return ErrStreamUsed
	}
	if len(f.streams)+f.opening >= f.most {
		return ErrManyStreams
	}
	return nil
}

// over says why no stream may join. f.mu is held.
func (f *Flow) over() error {
	switch {
	case f.failure != nil:
		return f.failure
	case f.closed || f.finished():
		return ErrClosed
	}
	return nil
}

// finished tells whether both directions have ended in order and the peer has all. f.mu is held.
func (f *Flow) finished() bool {
	return f.out.arrived() && f.in.ended && f.in.handed == f.in.length
}

// lose goes on without a stream, if another one is left. f.mu is held.
func (f *Flow) lose(s *stream, why error) {
	if s.lost || f.failure != nil || f.closed {
		return
	}
	s.lost = true
	s.channel.Reset()
	close(s.over)
	f.streams = slices.DeleteFunc(f.streams, func(other *stream) bool { return other == s })
	f.out.lose(s)
	f.ackDue = f.in.acked > 0 || f.ackDue // the last one may have been lost
	f.lostBefore++
	f.boundUnsent()
	f.wakeAll()
	if len(f.streams) == 0 && !f.finished() {
		f.fail(fmt.Errorf("the last stream was lost: %w: %w", io.ErrUnexpectedEOF, why))
	}
}

func (f *Flow) wakeAll() {
	for _, c := range []*sync.Cond{&f.work, &f.room, &f.readable, &f.space} {
		c.Broadcast()
	}
}

// fail ends the flow with its first failure. f.mu is held.
func (f *Flow) fail(why error) {
	if f.failure != nil {
		return
	}
	f.failure = why
	f.finish(Channel.Reset)
	f.out.drop()
	f.in.drop()
}

// finish ends all streams and all that runs by time. f.mu is held.
func (f *Flow) finish(end func(Channel)) {
	for _, s := range f.streams {
		end(s.channel)
		close(s.over)
	}
	f.end()
	f.timer.Stop()
	for _, timer := range []*time.Timer{f.ackTimer, f.stuck} {
		if timer != nil {
			timer.Stop()
		}
	}
	f.wakeAll()
}

// Err is the flow's failure; nil while there is none.
func (f *Flow) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failure
}

// Reset implements [pump.End].
func (f *Flow) Reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.fail(ErrClosed)
	}
}

// closeWithin is how long Close waits for what the peer still has to say and to hear.
const closeWithin = 5 * time.Second

// Close implements [pump.End]. Each stream is closed in order where both of its directions have ended, and the peer was told that all
// has arrived; else it is reset.
func (f *Flow) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.failure != nil {
		return f.failure
	}
	if !f.finished() {
		f.fail(ErrClosed)
		return channel.ErrNotEnded
	}
	late := false
	timer := time.AfterFunc(closeWithin, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		late = true
		f.room.Broadcast()
	})
	defer timer.Stop()
	for f.failure == nil && !late && slices.ContainsFunc(f.streams, func(s *stream) bool { return !s.ended() }) {
		f.room.Wait()
	}
	if f.failure != nil {
		return f.failure
	}
	f.closed = true
	f.finish(func(c Channel) { _ = c.Close() }) // which resets one whose directions have not both ended
	return nil
}

// ended tells whether nothing more comes over the stream, either way.
func (s *stream) ended() bool { return s.endReceived && s.endSent && s.lastAckSent && !s.sending }

// Watch implements [pump.Watcher].
func (f *Flow) Watch() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.failure == nil && !f.unwatched {
		f.readable.Wait()
	}
	return f.failure
}

// Unwatch implements [pump.Watcher].
func (f *Flow) Unwatch() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unwatched = true
	f.readable.Broadcast()
}
