package stripe

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"lockwire/engine/channel"
	"lockwire/engine/network"
)

// line is one direction of a channel that only the tests have: records arrive in order, after a delay and at a rate.
type line struct {
	mu       sync.Mutex
	changed  sync.Cond
	waiting  []onLine
	bytes    int
	capacity int           // bytes on the line before a sender waits
	delay    time.Duration // of each record
	rate     int           // bytes per second; 0 is no limit
	free     time.Time     // when the last record has gone out
	broken   bool          // what is on it arrives still, and nothing after

	sent       int // records
	breakAfter int // the channel is reset when so many were sent; 0 is never
	stalled    bool
}

type onLine struct {
	kind      channel.Kind
	plaintext []byte
	at        time.Time
}

func newLine() *line {
	l := &line{capacity: 1 << 20}
	l.changed.L = &l.mu
	return l
}

var errBroken = fmt.Errorf("the test's channel was reset: %w", io.ErrUnexpectedEOF)

func (l *line) send(kind channel.Kind, plaintext []byte) (breaks bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.broken && l.bytes >= l.capacity {
		l.changed.Wait()
	}
	if l.broken {
		return false, errBroken
	}
	now := time.Now()
	if l.free.Before(now) {
		l.free = now
	}
	if l.rate > 0 {
		l.free = l.free.Add(time.Duration(float64(len(plaintext)) / float64(l.rate) * float64(time.Second)))
	}
	l.waiting = append(l.waiting, onLine{kind, bytes.Clone(plaintext), l.free.Add(l.delay)})
	l.bytes += len(plaintext)
	l.sent++
	l.changed.Broadcast()
	return l.sent == l.breakAfter, nil
}

// first waits for the first record. It stays on the line.
func (l *line) first() (onLine, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if len(l.waiting) > 0 && !l.stalled {
			r := l.waiting[0]
			if wait := time.Until(r.at); wait > 0 {
				l.mu.Unlock()
				time.Sleep(wait)
				l.mu.Lock()
				continue
			}
			return r, nil
		}
		if l.broken {
			return onLine{}, errBroken
		}
		l.changed.Wait()
	}
}

func (l *line) pop() (onLine, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		return onLine{}, errBroken
	}
	r := l.waiting[0]
	l.waiting = l.waiting[1:]
	l.bytes -= len(r.plaintext)
	l.changed.Broadcast()
	return r, nil
}

// breakUp ends the line; the last lost records on it never arrive.
func (l *line) breakUp(lost int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.broken {
		l.waiting = l.waiting[:max(0, len(l.waiting)-lost)]
	}
	l.broken, l.stalled = true, false
	l.changed.Broadcast()
}

// fakeChannel is one end of it.
type fakeChannel struct {
	out, in  *line
	lost     int           // records that a reset takes with it
	stands   chan struct{} // where it is set, records with data stand still half-way until this end is reset
	standing sync.Once
	info     func() (network.Info, bool)

	mu                   sync.Mutex
	sentEnd, receivedEnd bool
	closedInOrder        bool
}

func newFakes() (a, b *fakeChannel) {
	there, back := newLine(), newLine()
	return &fakeChannel{out: there, in: back}, &fakeChannel{out: back, in: there}
}

func (c *fakeChannel) SendRecord(kind channel.Kind, plaintext []byte) error {
	breaks, err := c.out.send(kind, plaintext)
	if err == nil && kind == channel.KindEnd {
		c.mu.Lock()
		c.sentEnd = true
		c.mu.Unlock()
	}
	if breaks {
		c.Reset()
	}
	return err
}

func (c *fakeChannel) NextRecord() (channel.Kind, int, error) {
	r, err := c.in.first()
	return r.kind, len(r.plaintext), err
}

func (c *fakeChannel) TakeRecord(into []byte) ([]byte, error) {
	if c.stands != nil {
		<-c.stands
		return nil, errBroken
	}
	r, err := c.in.pop()
	if err != nil {
		return nil, err
	}
	if len(into) < len(r.plaintext) {
		panic("no room was made for the record")
	}
	if r.kind == channel.KindEnd {
		c.mu.Lock()
		c.receivedEnd = true
		c.mu.Unlock()
	}
	return into[:copy(into, r.plaintext)], nil
}

func (c *fakeChannel) Info() (network.Info, bool) {
	if c.info == nil {
		return network.Info{}, false
	}
	return c.info()
}

func (c *fakeChannel) BoundReceiving(*network.Room, func(int)) {}

func (c *fakeChannel) BoundSending(int) {}

func (c *fakeChannel) Reset() {
	if c.stands != nil {
		c.standing.Do(func() { close(c.stands) })
	}
	c.out.breakUp(c.lost)
	c.in.breakUp(c.lost)
}

func (c *fakeChannel) Close() error {
	c.mu.Lock()
	inOrder := c.sentEnd && c.receivedEnd
	c.closedInOrder = inOrder
	c.mu.Unlock()
	if !inOrder {
		c.Reset()
		return channel.ErrNotEnded
	}
	c.out.breakUp(0)
	c.in.breakUp(0)
	return nil
}

// joined are both ends of a flow.
type joined struct {
	source, target *Flow
	rooms          []*network.Room
	mu             sync.Mutex
	opened         [][2]*fakeChannel
}

// newJoined makes a flow whose source opens streams by make, which gives their channels, for the source and for the target.
func newJoined(most int, make func(number int) (*fakeChannel, *fakeChannel)) *joined {
	j := &joined{}
	j.join(Options{Most: most}, func(number int) (Channel, Channel) {
		a, b := make(number)
		j.mu.Lock()
		defer j.mu.Unlock()
		j.opened = append(j.opened, [2]*fakeChannel{a, b})
		return a, b
	})
	return j
}

// join makes both ends.
func (j *joined) join(o Options, make func(number int) (atSource, atTarget Channel)) {
	a, b := make(0)
	j.target = New(b, o)
	o.Open = func(_ context.Context, number uint16) (Channel, error) {
		a, b := make(int(number))
		if _, err := j.target.Admit(number, func() (Channel, error) { return b, nil }); err != nil {
			return nil, err
		}
		return a, nil
	}
	j.source = New(a, o)
	for _, f := range []*Flow{j.source, j.target} {
		room := network.NewRoom(cmp.Or(o.Buffer, network.DefaultBuffer), o.Budget)
		f.BoundReceiving(room, func(int) {})
		j.rooms = append(j.rooms, room)
	}
}

func (j *joined) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.opened)
}

// add opens streams at once, which a flow would do by itself only later.
func (j *joined) add(t *testing.T, count int) {
	t.Helper()
	for range count {
		j.source.mu.Lock()
		j.source.number++
		number := uint16(j.source.number)
		j.source.opening++
		j.source.mu.Unlock()
		c, err := j.source.open(t.Context(), number)
		if _, err := j.source.admit(number, c, err); err != nil {
			t.Fatal(err)
		}
	}
}

// stop ends both ends and waits for what runs.
func (j *joined) stop() {
	j.source.Reset()
	j.target.Reset()
	j.source.Wait()
	j.target.Wait()
	for _, room := range j.rooms {
		room.Close()
	}
}

// passage is what became of one direction.
type passage struct {
	got     []byte
	readErr error // io.EOF where the reader saw the end
	sendErr error // nil where the sender knows that all was handed on
}

// pass sends data from one end to the other, in parts of random sizes, and ends the direction.
func pass(from, to *Flow, data []byte, random *rand.Rand) *passage {
	p := &passage{}
	var both sync.WaitGroup
	sizes := rand.New(rand.NewPCG(random.Uint64(), 1))
	both.Go(func() {
		for rest := data; len(rest) > 0; {
			n := copy(from.Buffer()[:min(len(from.Buffer()), 1+sizes.IntN(300_000))], rest)
			if p.sendErr = from.Commit(n); p.sendErr != nil {
				return
			}
			rest = rest[n:]
		}
		p.sendErr = from.CloseWrite()
	})
	reads := rand.New(rand.NewPCG(random.Uint64(), 2))
	both.Go(func() {
		buffer := make([]byte, 300_000)
		for {
			var n int
			if p.readErr = to.WaitReadable(); p.readErr != nil {
				return
			}
			n, p.readErr = to.Read(buffer[:1+reads.IntN(len(buffer))])
			p.got = append(p.got, buffer[:n]...)
			if p.readErr != nil {
				return
			}
		}
	})
	both.Wait()
	return p
}

// check fails where the passage is wrong, and tells whether it was whole.
func (p *passage) check(t *testing.T, name string, data []byte) (whole bool) {
	t.Helper()
	if !bytes.HasPrefix(data, p.got) {
		t.Errorf("%s: %d bytes arrived that were not sent so", name, len(p.got))
	}
	if p.readErr == io.EOF && len(p.got) != len(data) {
		t.Errorf("%s: an end in order after %d of %d bytes", name, len(p.got), len(data))
	}
	if p.sendErr == nil && len(p.got) != len(data) {
		t.Errorf("%s: the sender believes that all has arrived, and %d of %d bytes have", name, len(p.got), len(data))
	}
	return p.readErr == io.EOF && p.sendErr == nil
}

func randomBytes(random *rand.Rand, n int) []byte {
	data := make([]byte, 0, n+8)
	for len(data) < n {
		data = binary.NativeEndian.AppendUint64(data, random.Uint64())
	}
	return data[:n]
}

// sendZeros sends so many bytes and ends the direction.
func sendZeros(f *Flow, size int) error {
	for left := size; left > 0; {
		n := min(left, len(f.Buffer()))
		if err := f.Commit(n); err != nil {
			return err
		}
		left -= n
	}
	return f.CloseWrite()
}

// discardAll reads to the end, so many bytes a second, or as fast as it goes.
func discardAll(f *Flow, bytesPerSecond int) (total int, err error) {
	for p := make([]byte, 256<<10); ; {
		n, err := f.Read(p)
		if total += n; err == io.EOF {
			return total, nil
		} else if err != nil {
			return total, err
		}
		if bytesPerSecond > 0 {
			time.Sleep(time.Duration(float64(n) / float64(bytesPerSecond) * float64(time.Second)))
		}
	}
}
