package network

import (
	"net"
	"time"
)

// Info is what the system knows of a TCP connection that says whether its peer still answers.
type Info struct {
	// Closed: the connection was reset, or given up by the system.
	Closed bool
	// Unacknowledged: something was sent that the peer's system has not acknowledged. What waits for a slow receiver's window to
	// open was not sent; a probe of that window was.
	Unacknowledged bool
	// Acknowledged changes with each acknowledgement of something new.
	Acknowledged uint64
	// SinceAcknowledged is the time since the peer's last acknowledgement of any kind, which a slow receiver's system sends, too;
	// negative where the system does not say.
	SinceAcknowledged time.Duration
	// RoundTrip is the shortest round trip of the last minutes; 0 where there was none yet.
	RoundTrip time.Duration
	// Waiting: something that was written waits here because the path, or the receiver's window, takes no more at present.
	Waiting bool
	// InFlight is how many bytes may be in flight at present: of the congestion window and the receiver's the smaller; 0 where the system
	// does not say.
	InFlight int
}

// ReadInfo asks the system; ok is false where it does not say, or conn is not TCP. Of a connection in TLS it tells what is known of the one below.
func ReadInfo(conn net.Conn) (info Info, ok bool) {
	if known, ok := conn.(interface{ Info() (Info, bool) }); ok { // no socket of the system's
		return known.Info()
	}
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = wrapped.NetConn()
	}
	raw := RawConn(conn)
	if raw == nil {
		return Info{}, false
	}
	if err := raw.Control(func(fd uintptr) { info, ok = readInfo(fd) }); err != nil {
		return Info{}, false
	}
	return info, ok
}

// Silence measures for how long a peer has acknowledged nothing although something was sent to it. The zero value has seen
// nothing.
type Silence struct {
	since        time.Time // zero while nothing is unacknowledged
	acknowledged uint64
}

// Observe takes what the system says at present and gives how long the peer has been silent.
//
// The last acknowledgement alone would not do: on a connection that was quiet for an hour it is an hour old when something is
// sent at last. So the time begins with the first observation of something unacknowledged.
func (s *Silence) Observe(now time.Time, info Info) time.Duration {
	switch {
	case !info.Unacknowledged:
		*s = Silence{}
		return 0
	case s.since.IsZero() || info.Acknowledged != s.acknowledged:
		s.since, s.acknowledged = now, info.Acknowledged
	}
	if info.SinceAcknowledged >= 0 {
		if last := now.Add(-info.SinceAcknowledged); last.After(s.since) {
			s.since = last
		}
	}
	return now.Sub(s.since)
}
