package session

import "time"

// The times that a session's life is held to. Those that an offer carries are in [Times]; these are the same everywhere.
const (
	// AcknowledgeWithin is how long an end may take to answer an offer. It has only to open the sealed key; an end that
	// cannot do that within ten seconds would keep a backup tool waiting for nothing.
	AcknowledgeWithin = 10 * time.Second
	// ElsewhereWithin is how long the source of a session that another installation's broker makes may take until it holds the key: there
	// the target has to answer first, and one-time keys may have to be made.
	ElsewhereWithin = 40 * time.Second
	// UseWithin is how long both ends hold a key that no flow uses. The tool's connection waits at the source when the key
	// is delivered, so that thirty seconds cover every endpoint that the source may try.
	UseWithin = 30 * time.Second
	// TargetExtraLinger is how much longer than the source the target holds a session without flows: while the source would
	// still open one, the target must still take it.
	TargetExtraLinger = 10 * time.Second
	// EndWithin is how long the second end may take to end by itself once the first has, before it is cut. By then the
	// channel is closed and the second end's linger time is over several times.
	EndWithin = 2 * time.Minute
	// ConfirmWithin is how long the broker waits for the ends to confirm that the key is destroyed before the receipt says
	// "unconfirmed". An attached end needs seconds; one that attaches again comes back within ten.
	ConfirmWithin = 2 * time.Minute
	// ReportWithin is how long an end that attached without naming the session may take to report its end, before it counts
	// as an agent that was started again and knows nothing more of it.
	ReportWithin = 5 * time.Second
	// LostAfter is how long a session whose two ends are both out of reach is kept open. It must be longer than any
	// outage of a broker, for a session that the broker gave up is cut when its ends come back: a running backup would
	// be lost. After seven days no end could attach with the certificate that it had.
	LostAfter = 7 * 24 * time.Hour
)

// Times are the times that the offer of a session carries to its ends.
type Times struct {
	// Linger is how long the source holds a session after its last flow.
	Linger time.Duration
	// AgeCap is how long after the offer flows may join.
	AgeCap time.Duration
}

// DefaultTimes hold where a route says nothing else. A tool that opens one connection after another stays within one session,
// and a tool that never closes one still gets a new key each day.
var DefaultTimes = Times{Linger: 15 * time.Second, AgeCap: 24 * time.Hour}

// lingerOf is how long an end holds a session without flows.
func (t Times) lingerOf(side Side) time.Duration {
	if side == Target {
		return t.Linger + TargetExtraLinger
	}
	return t.Linger
}

// earlier gives the earlier of two deadlines; a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
