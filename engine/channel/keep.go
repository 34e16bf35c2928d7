package channel

import (
	"bytes"
	"container/list"
	"net"
	"net/netip"
	"time"

	"lockwire/engine"
	"lockwire/engine/network"
)

const (
	// keptBySource is how long a source keeps a connection that no flow uses. The target keeps it for much longer, so that it is the
	// source that closes it: no flight meets a connection that the target is just closing.
	keptBySource = 10 * time.Second
	keptByTarget = 30 * time.Second
	// maximumKept is how many connections of a session a source keeps. A target, which learns later what the source has closed, keeps more.
	maximumKept         = 64
	maximumKeptAtTarget = 2 * maximumKept
	// maximumOutlived is how many bytes a flow may have carried each way whose connection is kept: buffers that have grown for more would
	// be given to the next flow, which has not taken their room.
	maximumOutlived = 64 << 10
)

// mayKeep tells whether this end would keep the connection after a flow as open asks for. A stream ends with others, and in plain mode the
// end of the flow is that of the connection.
func (c *Conn) mayKeep(open Open) bool {
	return c.room != nil && c.terms.Mode == engine.Sealed && open.Streams == 1
}

// keepsFor decides at the target whether the connection is kept after the flow, and gives what opened says of it.
func (c *Conn) keepsFor(open Open) (extensions []byte) {
	if c.keeps = open.Keep && c.mayKeep(open); c.keeps {
		return keepExtension[:]
	}
	return nil
}

// mayOutlive tells whether the connection is kept if the flow ends with n more bytes sent. Both ends come to the same.
func (c *Conn) mayOutlive(n int) bool {
	return c.keeps && c.in.bytes.Load() <= maximumOutlived && c.out.bytes.Load()+uint64(n) <= maximumOutlived
}

// mayFollow tells whether something may follow the peer's end: the next flight, which the source sends once it has this end's end.
func (c *Conn) mayFollow() bool { return c.role == target && c.hasSentEnd() && c.mayOutlive(0) }

// putBack keeps a byte that was read behind the peer's end.
func (in *receiving) putBack(b byte) {
	in.end = copy(in.ahead[:len(in.ahead)-1], in.ahead[in.start:in.end])
	in.start = 0
	in.ahead[in.end] = b
	in.end++
}

// keep gives the connection of a channel that has ended, and whose keys are wiped, to the session. Where it gives false the caller closes
// the connection.
func (c *Conn) keep() bool {
	if !c.mayOutlive(0) { // else the one that reads may still do so
		return false
	}
	behind := c.in.ahead[c.in.start:c.in.end]
	if len(behind) > 0 && c.role == source || c.in.water.buffer.Grown() {
		return false
	}
	if c.in.water.restore() != nil || c.conn.SetDeadline(time.Time{}) != nil {
		return false
	}
	k := &kept{of: c.opening.of, conn: c.conn, session: c.terms.Session, behind: bytes.Clone(behind)}
	leave, ok := c.room(k.drop)
	if !ok {
		return false
	}
	k.leave = leave
	if !k.of.keep(k, c.role) {
		leave()
		return false
	}
	c.kept.Store(k)
	return true
}

// kept is a TCP connection of a session between two flows. No key belongs to it. It is taken by the next flow or dropped, once.
type kept struct {
	of      *Secret
	conn    net.Conn
	session engine.ID
	behind  []byte // the beginning of the next flight, which came with the end of the flow; at a target only
	leave   func() // gives its room back

	// Guarded by of.mu.
	place *list.Element // nil while of does not hold it
	over  bool          // it was taken or dropped
	until time.Time
}

// take gives the connection to the caller, once.
func (k *kept) take() bool {
	k.of.mu.Lock()
	took := k.of.kept.remove(k)
	k.of.mu.Unlock()
	if took {
		k.leave()
	}
	return took
}

// drop closes the connection unless a flow has taken it.
func (k *kept) drop() {
	if k.take() {
		k.close()
	}
}

// close is in order: the end record of the flow before may not have been read at the other end.
func (k *kept) close() {
	network.SetOrderly(k.conn)
	_ = k.conn.Close()
}

// closeAll closes connections that were removed.
func closeAll(removed []*kept) {
	for _, k := range removed {
		k.leave()
		k.close()
	}
}

// keptConnections are those of a session at one end. Secret.mu guards them.
type keptConnections struct {
	idle  list.List   // of *kept, the one longest without a flow first
	timer *time.Timer // runs while idle is not empty
}

// keep holds a connection until it is taken, at most for its time. It gives false where the session is over or holds enough.
func (s *Secret) keep(k *kept, r role) bool {
	var displaced []*kept
	s.mu.Lock()
	defer func() {
		s.mu.Unlock()
		closeAll(displaced)
	}()
	if s.over || k.over {
		return false
	}
	keptFor := keptBySource
	switch kept := &s.kept; {
	case r == target && kept.idle.Len() >= maximumKeptAtTarget:
		return false
	case r == target:
		keptFor = keptByTarget
	case kept.idle.Len() >= maximumKept:
		displaced = kept.takeFirst()
	}
	k.until = time.Now().Add(keptFor)
	k.place = s.kept.idle.PushBack(k)
	if s.kept.timer == nil {
		s.kept.timer = time.AfterFunc(keptFor, s.expireKept)
	}
	return true
}

// remove takes one out, and tells whether it was there. One that is not there yet does not come any more.
func (c *keptConnections) remove(k *kept) bool {
	k.over = true
	if k.place == nil {
		return false
	}
	c.idle.Remove(k.place)
	k.place = nil
	return true
}

func (c *keptConnections) takeFirst() []*kept {
	k := c.idle.Front().Value.(*kept)
	c.remove(k)
	return []*kept{k}
}

func (c *keptConnections) takeAll() (all []*kept) {
	for c.idle.Len() > 0 {
		all = append(all, c.takeFirst()...)
	}
	return all
}

// expireKept closes the connections whose time is over, and comes back for the others.
func (s *Secret) expireKept() {
	var expired []*kept
	s.mu.Lock()
	s.kept.timer = nil
	for now := time.Now(); s.kept.idle.Len() > 0; {
		if wait := s.kept.idle.Front().Value.(*kept).until.Sub(now); wait > 0 {
			s.kept.timer = time.AfterFunc(wait, s.expireKept)
			break
		}
		expired = append(expired, s.kept.takeFirst()...)
	}
	s.mu.Unlock()
	closeAll(expired)
}

// takeKept gives the connection to endpoint that was used last, or nil. It closes those that lead elsewhere, or on which anything has
// come: their end, or what no flow has asked for.
func (s *Secret) takeKept(endpoint netip.AddrPort) net.Conn {
	for {
		s.mu.Lock()
		last := s.kept.idle.Back()
		if last == nil {
			s.mu.Unlock()
			return nil
		}
		k := last.Value.(*kept)
		s.kept.remove(k)
		s.mu.Unlock()
		k.leave()
		if network.AddressOf(k.conn.RemoteAddr()) == endpoint && !network.Readable(k.conn) {
			return k.conn
		}
		k.close()
	}
}

// dropKept closes all connections that are kept.
func (s *Secret) dropKept() {
	s.mu.Lock()
	idle := s.kept.takeAll()
	s.mu.Unlock()
	closeAll(idle)
}
