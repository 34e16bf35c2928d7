package session

import (
	"errors"
	"fmt"
	"time"

	"lockwire/engine"
)

// Side is one of the two ends of a session.
type Side uint8

const (
	// Source is the end that the backup tool connects to and that dials the other.
	Source Side = 1
	// Target is the end that dials the backend.
	Target Side = 2
)

// String gives the side's word.
func (s Side) String() string {
	switch s {
	case Source:
		return "source"
	case Target:
		return "target"
	}
	return fmt.Sprintf("side %d", uint8(s))
}

// Other is the side opposite.
func (s Side) Other() Side { return Source + Target - s }

// State is where the broker's view of a session stands.
//
//	          target ready          source ready        used
//	Offered ───────────────> Acknowledged ────────> Ready ────> Live ── age cap, drain, ──> Draining
//	   │                          │                   │           │      one end ended         │
//	   │ refused, 10 s            │ refused, 10 s     │ 30 s      │                           │ both ended,
//	   │ cut, away                │ cut, away         │ cut       │ cut, lost                 │ 2 min, cut, lost
//	   └──────────────┬───────────┴─────────┬─────────┴───────────┴───────────────────────────┘
//	                  v
//	                Ended ── each end confirmed, or 2 min ──> Closed (the receipt is written)
//
// No arrow leads back, and none leaves Closed. Once it is closed and forgotten, the broker cuts a session that an end names
// and it does not know, and acknowledges every EndEnded.
type State uint8

const (
	// Offered: the key is made and wiped here, the target has been offered it.
	Offered State = 1
	// Acknowledged: the target is ready, the source has been offered the key.
	Acknowledged State = 2
	// Ready: both ends hold the key, no flow has opened.
	Ready State = 3
	// Live: flows have opened, more may join.
	Live State = 4
	// Draining: no flow joins any more, running ones finish.
	Draining State = 5
	// Ended: over; the ends' confirmations are awaited.
	Ended State = 6
	// Closed: nothing is awaited any more.
	Closed State = 7
)

// String gives the state's word.
func (s State) String() string {
	words := [...]string{"no state", "offered", "acknowledged", "ready", "live", "draining", "ended", "closed"}
	if int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// EventKind says what happened to a session, as the broker sees it.
type EventKind uint8

const (
	// Tick: the deadline was reached.
	Tick EventKind = 1
	// EndReady: End opened the sealed key and waits for flows.
	EndReady EventKind = 2
	// EndRefused: End refused the offer, with Reason. An end refuses before it opens the sealed key, or keeps nothing of it.
	EndRefused EventKind = 3
	// Used: an end reported that a flow opened.
	Used EventKind = 4
	// KeyDestroyed: End has no copy of the key left since At; Erasure says how certain that is.
	KeyDestroyed EventKind = 5
	// EndEnded: End holds no flow any more, for Reason. Where Erasure is set the key is destroyed there too, since At; else
	// a KeyDestroyed follows. Ends repeat it until it is acknowledged.
	EndEnded EventKind = 6
	// DrainWanted: no flow shall join from now on, for Reason: the decision changed. What is not ready yet ends at once.
	DrainWanted EventKind = 7
	// CutWanted: an administrator or a revocation ends the session now, for Reason.
	CutWanted EventKind = 8
	// EndDetached: End's control stream broke.
	EndDetached EventKind = 9
	// EndAttached: End attached again and named the session.
	EndAttached EventKind = 10
	// EndForgot: End attached again and did not name the session: it ended there and a report follows, or the agent was
	// started again and its memory is gone.
	EndForgot EventKind = 11
)

// Event is one thing that happened. Fields that its kind does not name are ignored.
type Event struct {
	Kind   EventKind
	End    Side
	Reason string
	// At is when the key was destroyed and Ended, of an EndEnded, when the last flow had closed; zero where that is not known. Both are by
	// the end's own clock, and are moved into what the broker knows to be possible.
	At, Ended time.Time
	Erasure   engine.Erasure
}

// CommandKind says what the broker has to do.
type CommandKind uint8

const (
	// Offer: send End its sealed key. For the source, this answers its request.
	Offer CommandKind = 1
	// RefuseRequest: tell the source, which has no offer yet, that its request is refused, for Reason.
	RefuseRequest CommandKind = 2
	// CancelOffer: take End's offer back, for Reason. The end answers with its EndEnded.
	CancelOffer CommandKind = 3
	// CutEnd: tell End to reset its flows and destroy its keys, for Reason.
	CutEnd CommandKind = 4
	// DrainEnd: tell End to take no new flow, for Reason.
	DrainEnd CommandKind = 5
	// Acknowledge: tell End that its EndEnded arrived, so that it stops repeating it.
	Acknowledge CommandKind = 6
	// WriteReceipt: the session is closed. Write the receipt, then forget the Life.
	WriteReceipt CommandKind = 7
)

// Command is one thing to do. A command for an end that is not attached is dropped: the end's next EndAttached repeats it.
type Command struct {
	Kind   CommandKind
	End    Side
	Reason string
}

// ErrUnexpected is returned by Step for an event that does not belong to the present state. It is either a mistake of the
// peer or late news; the state is as before.
var ErrUnexpected = errors.New("the event does not belong to the session's state")

// Words of the reasons that Life gives by itself.
const (
	ReasonAgeCap        = "the session reached its age limit; the next connection begins a new one"
	ReasonDrained       = "the session was closed to new connections"
	ReasonUnanswered    = "the offer was not answered in time"
	ReasonUnused        = "no connection used the session in time"
	ReasonLost          = "both ends have been out of reach for too long"
	ReasonAway          = "the component lost its connection to the broker before it answered the offer"
	ReasonOtherEndEnded = "the other end has ended the session"
	ReasonForgot        = "the agent was started again"
	reasonSilentEnd     = "the end did not end by itself after the other one had"
)

// endView is what the broker knows of one end.
type endView struct {
	offered  bool // a sealed key was sent to it
	ready    bool
	ended    bool // it holds no flow
	endedAt  time.Time
	settled  bool // what the receipt says of its key will not change any more
	away     bool
	awayAt   time.Time
	lastSeen time.Time // when its stream broke last; zero where the broker did not run then
	forgotAt time.Time // when it attached without naming the session
	// elsewhere: it is a component of another installation, whose broker made the key. Nothing is heard from it, and nothing expected.
	elsewhere bool
}

// done tells whether nothing more is expected of the end.
func (e endView) done() bool { return e.ended && e.settled }

// Life is the broker's view of one session. It is a value: copy it freely. The zero value is no session.
type Life struct {
	times  Times
	state  State
	stage  time.Time // when the present state began
	ready  bool      // both ends were ready once: else it counts as refused
	reason string
	ended  time.Time
	key    engine.KeyLife
	ends   [3]endView // by Side
	first  time.Time  // when the first end ended
}

// Begin makes the Life of a session whose key was just minted. The offer to the target is its first command.
func Begin(minted Minted, times Times, now time.Time) (Life, []Command) {
	l := Life{
		times: times, state: Offered, stage: now,
		key: engine.KeyLife{Made: minted.Made, DestroyedBroker: minted.Wiped},
	}
	l.ends[Target].offered = true
	return l, []Command{{Kind: Offer, End: Target}}
}

// BeginElsewhere makes the Life of a session whose key another installation's broker mints, a provider's, for a source here and a target
// there. Asked is when that broker named the session. Telling the source where to ask for its offer is the first command, as an Offer.
func BeginElsewhere(asked time.Time, times Times, now time.Time) (Life, []Command) {
	l := Life{times: times, state: Acknowledged, stage: now, key: engine.KeyLife{Made: asked}}
	l.ends[Source].offered = true
	l.ends[Target] = elsewhere
	return l, []Command{{Kind: Offer, End: Source}}
}

// elsewhere is the end of another installation: it counts as if it had ended and had nothing to confirm.
var elsewhere = endView{ended: true, settled: true, elsewhere: true}

// Resume makes the Life of a session that the store kept while the broker was down. Both ends count as away until they
// attach.
func Resume(kept engine.Session, times Times, now time.Time) (Life, []Command, error) {
	l := Life{times: times, stage: now, key: kept.Key, ready: true}
	for _, side := range []Side{Source, Target} {
		l.ends[side] = endView{offered: true, ready: true, away: true, awayAt: now}
		erasure := *l.erasure(side)
		l.ends[side].settled = erasure != ""
	}
	if kept.Provider != "" {
		l.ends[Target] = elsewhere
	}
	switch kept.State {
	case engine.SessionLive:
		l.state = Live
	case engine.SessionDraining:
		l.state, l.reason = Draining, ReasonDrained
	case engine.SessionOffered:
		// The record is written a moment behind: both ends may have taken the key and carry a backup by now. They say so when
		// they attach; an end that does not name the session never took it.
		l.state = Ready
	default:
		return Life{}, nil, fmt.Errorf("resume session %s: it is %q", kept.ID, kept.State)
	}
	return l, nil, nil
}

// State is where the session stands.
func (l Life) State() State { return l.state }

// Key is the time line of the key, as the receipt has it.
func (l Life) Key() engine.KeyLife { return l.key }

// Reason says why the session drains, ended or was refused; empty while it goes on.
func (l Life) Reason() string { return l.reason }

// Silent tells that no byte can cross any more, or yet: a flow needs both ends. An end that is out of reach may still carry flows
// after the session was cut here.
func (l Life) Silent() bool {
	return l.state == Closed || l.ends[Source].ended || l.ends[Target].ended && !l.ends[Target].elsewhere || l.state == Ended && !l.ends[Source].offered
}

// EndedAt is when the session ended; zero while it goes on.
func (l Life) EndedAt() time.Time { return l.ended }

// Shown is the state in the words of screens and receipts.
func (l Life) Shown() engine.SessionState {
	switch l.state {
	case Offered, Acknowledged:
		return engine.SessionOffered
	case Ready, Live:
		return engine.SessionLive
	case Draining:
		return engine.SessionDraining
	}
	if l.ready {
		return engine.SessionEnded
	}
	return engine.SessionRefused
}

// Deadline is when a Tick is due, and whether there is one.
func (l Life) Deadline() (time.Time, bool) {
	var due time.Time
	switch l.state {
	case Offered, Acknowledged:
		due = l.stage.Add(l.acknowledgeWithin())
	case Ready:
		// An end that is away may have used it long ago; each end lets an unused session expire by itself.
		if !l.ends[Source].away && !l.ends[Target].away {
			due = l.stage.Add(UseWithin)
		}
	case Live:
		due = l.key.Made.Add(l.times.AgeCap)
	case Draining:
		if !l.first.IsZero() {
			due = l.first.Add(EndWithin)
		}
	case Ended:
		due = l.stage.Add(ConfirmWithin)
	case Closed:
		return time.Time{}, false
	}
	if l.state == Ready || l.state == Live || l.state == Draining {
		if source, target := l.ends[Source], l.ends[Target]; source.away && target.outOfReach() {
			due = earlier(due, later(source.awayAt, target.awayAt).Add(LostAfter))
		}
	}
	for _, side := range []Side{Source, Target} {
		if end := l.ends[side]; !end.forgotAt.IsZero() && !end.done() {
			due = earlier(due, end.forgotAt.Add(ReportWithin))
		}
	}
	return due, !due.IsZero()
}

// outOfReach tells whether the broker can tell the end nothing.
func (e endView) outOfReach() bool { return e.away || e.elsewhere }

// acknowledgeWithin is how long the next end may take to answer its offer. One that asks elsewhere waits there for two ends.
func (l Life) acknowledgeWithin() time.Duration {
	if l.ends[Target].elsewhere {
		return ElsewhereWithin
	}
	return AcknowledgeWithin
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// erasure is the place in the time line that says how the key was destroyed at side.
func (l *Life) erasure(side Side) *engine.Erasure {
	if side == Source {
		return &l.key.SourceErasure
	}
	return &l.key.TargetErasure
}

func (l *Life) destroyed(side Side) *time.Time {
	if side == Source {
		return &l.key.DestroyedSource
	}
	return &l.key.DestroyedTarget
}

func (l *Life) delivered(side Side) *time.Time {
	if side == Source {
		return &l.key.DeliveredSource
	}
	return &l.key.DeliveredTarget
}
