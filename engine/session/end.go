package session

import (
	"errors"
	"fmt"
	"time"

	"lockwire/engine"
)

// EndState is where a session stands at one of its ends.
//
//	          flow             last flow closed
//	Waiting ───────> Carrying ─────────────────> Lingering
//	   │                │  ^                        │   │
//	   │                │  └──────── flow ──────────┘   │
//	   │ 30 s, cut,     │ age cap, drain                │ linger time, age cap, drain, cut
//	   │ age cap,       v                               │
//	   │ drain       Finishing ── last flow closed ──┐  │
//	   │                │ cut (Carrying too)         │  │
//	   │                v                            v  v
//	   └──────────┐  Cutting ── last flow closed ──> Erasing ── all erased ──> Reporting ── acknowledged ──> Forgotten
//	              └──────────────────────────────────^
//
// The session secret - K, and what flows join by without it - is destroyed with the step into Finishing, Cutting or Erasing and never
// comes back; only before that does a flow join. It is one thing here, "the key": which part of it is still there, the channel knows.
type EndState uint8

const (
	// Waiting: the key is here, no flow has come.
	Waiting EndState = 1
	// Carrying: at least one flow is open.
	Carrying EndState = 2
	// Lingering: no flow is open, another may come.
	Lingering EndState = 3
	// Finishing: K is destroyed, running flows go on to their end.
	Finishing EndState = 4
	// Cutting: K is destroyed, running flows are being reset.
	Cutting EndState = 5
	// Erasing: no flow is left; copies that the runtime made are being erased.
	Erasing EndState = 6
	// Reporting: nothing is left; the broker has still to acknowledge the report.
	Reporting EndState = 7
	// Forgotten: the broker knows. The End can be dropped.
	Forgotten EndState = 8
)

// String gives the state's word.
func (s EndState) String() string {
	words := [...]string{"no state", "waiting", "carrying", "lingering", "finishing", "cutting", "erasing", "reporting", "forgotten"}
	if int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// EndEventKind says what happened at an end.
type EndEventKind uint8

const (
	// EndTick: the deadline was reached.
	EndTick EndEventKind = 1
	// FlowBegins: a flow wants to join. At the source that is the tool's connection, at the target an opening that has been
	// proven. With an error it must not; without one FlowCloses follows, whatever becomes of it.
	FlowBegins EndEventKind = 2
	// FlowCloses: a flow that began is closed and has dropped its channel keys.
	FlowCloses EndEventKind = 3
	// DrainOrdered: the broker wants no flow to join any more, for Reason.
	DrainOrdered EndEventKind = 4
	// CutOrdered: the broker ends the session (Cut or OfferCancelled), or does not adopt it, for Reason.
	CutOrdered EndEventKind = 5
	// KeyErased: the erasure that DestroyKey asked for is complete since At; Erasure says how certain that is.
	KeyErased EndEventKind = 6
	// AllErased: likewise for EraseAll.
	AllErased EndEventKind = 7
	// Acknowledged by the broker: the report of the end has arrived.
	ReportAcknowledged EndEventKind = 8
	// Reattached: the control stream is up again.
	Reattached EndEventKind = 9
)

// EndEvent is one thing that happened at an end. Fields that its kind does not name are ignored.
type EndEvent struct {
	Kind    EndEventKind
	Reason  string
	At      time.Time
	Erasure engine.Erasure
}

// EndCommand says what the component has to do.
type EndCommand uint8

const (
	// DestroyKey: destroy the session secret now, before anything else. Where it comes without EraseAll, flows still run: begin an erasure
	// ([secret.Erase]) and tell its end as KeyErased.
	DestroyKey EndCommand = 1
	// ResetFlows: reset all flows of the session. Each tells FlowCloses.
	ResetFlows EndCommand = 2
	// EraseAll: all flows are closed; begin an erasure and tell its end as AllErased.
	EraseAll EndCommand = 3
	// ReportKey: tell the broker that K is destroyed, as Report has it. Lost where the component is not attached; the report
	// of the end says it again.
	ReportKey EndCommand = 4
	// ReportEnd: tell the broker that the session has ended here, as Report has it.
	ReportEnd EndCommand = 5
	// Forget: drop the End.
	Forget EndCommand = 6
)

// Errors of [End.Step] and [End.Admits].
var (
	// ErrNoNewFlow: the session takes no flow any more. The source asks for a new session.
	ErrNoNewFlow = errors.New("the session takes no new connection")
)

// Reasons that End gives by itself.
const (
	ReasonIdle  = "no connection was open for the linger time"
	ReasonNever = "no connection came"
)

// End is one end's view of a session whose key it opened. It is a value: copy it freely. The zero value is no session.
type End struct {
	side    Side
	times   Times
	state   EndState
	stage   time.Time // when the present state began
	offered time.Time
	flows   int
	report  Report
}

// Report is what an end tells the broker of the session's end.
type Report struct {
	Reason string
	// Ended is when the last flow had closed; zero while the session goes on.
	Ended time.Time
	// Destroyed is when K had no copy left, and Erasure how certain that is; both zero before.
	Destroyed time.Time
	Erasure   engine.Erasure
}

// NewEnd makes the End of a session whose sealed key was opened just now. The caller answers the offer with "ready".
func NewEnd(side Side, times Times, now time.Time) End {
	return End{side: side, times: times, state: Waiting, stage: now, offered: now}
}

// State is where the session stands at this end.
func (e End) State() EndState { return e.state }

// Flows is how many flows are open.
func (e End) Flows() int { return e.flows }

// Report is what is to be told to the broker, as far as it has happened.
func (e End) Report() Report { return e.report }

// HasKey tells whether K may still exist here. It never becomes true again.
func (e End) HasKey() bool { return e.state >= Waiting && e.state <= Lingering }

// Admits tells whether a flow could begin now, without beginning it: the target asks before it spends a handshake.
// It returns [ErrNoNewFlow].
func (e End) Admits(now time.Time) error {
	if _, _, err := e.Step(now, EndEvent{Kind: FlowBegins}); err != nil {
		return err
	}
	return nil
}

// Deadline is when an EndTick is due, and whether there is one.
func (e End) Deadline() (time.Time, bool) {
	if !e.HasKey() {
		return time.Time{}, false
	}
	due := e.offered.Add(e.times.AgeCap)
	switch e.state {
	case Waiting:
		due = earlier(due, e.stage.Add(UseWithin))
	case Lingering:
		due = earlier(due, e.stage.Add(e.times.lingerOf(e.side)))
	}
	return due, true
}

// Step takes one event at the moment now and gives the End after it and what is to be done, in order. A deadline that has
// passed is carried out first. With an error, which wraps [ErrNoNewFlow] or [ErrUnexpected], the End is the one before and
// nothing is to be done.
func (e End) Step(now time.Time, event EndEvent) (End, []EndCommand, error) {
	next := e
	var commands []EndCommand
	if due, any := next.Deadline(); any && !now.Before(due) {
		commands = next.carryOut(now)
	}
	more, err := next.take(now, event)
	if err != nil {
		return e, nil, fmt.Errorf("session is %s: %w", next.state, err)
	}
	return next, append(commands, more...), nil
}

// carryOut does what a deadline asks for. There is never a second one at once, as none of its states has a deadline.
func (e *End) carryOut(now time.Time) []EndCommand {
	switch {
	case !now.Before(e.offered.Add(e.times.AgeCap)):
		return e.close(now, ReasonAgeCap)
	case e.state == Waiting:
		return e.close(now, ReasonNever)
	default: // Lingering
		return e.close(now, ReasonIdle)
	}
}

func (e *End) take(now time.Time, event EndEvent) ([]EndCommand, error) {
	switch event.Kind {
	case EndTick:
		return nil, nil
	case FlowBegins:
		if !e.HasKey() {
			return nil, ErrNoNewFlow
		}
		e.flows++
		e.move(now, Carrying)
		return nil, nil
	case FlowCloses:
		return e.flowCloses(now)
	case DrainOrdered:
		if e.HasKey() {
			return e.close(now, event.Reason), nil
		}
		return nil, nil
	case CutOrdered:
		return e.cut(now, event.Reason), nil
	case KeyErased:
		if e.HasKey() || e.state == Forgotten || !certain(event.Erasure) {
			return nil, ErrUnexpected
		}
		e.destroyed(event)
		if e.state == Finishing || e.state == Cutting {
			return []EndCommand{ReportKey}, nil
		}
		return nil, nil
	case AllErased:
		if e.state != Erasing || !certain(event.Erasure) {
			return nil, ErrUnexpected
		}
		e.destroyed(event)
		e.move(now, Reporting)
		return []EndCommand{ReportEnd}, nil
	case ReportAcknowledged:
		if e.state != Reporting {
			return nil, ErrUnexpected
		}
		e.move(now, Forgotten)
		return []EndCommand{Forget}, nil
	case Reattached:
		return e.remind(), nil
	}
	return nil, fmt.Errorf("%w: no such event", ErrUnexpected)
}

func (e *End) flowCloses(now time.Time) ([]EndCommand, error) {
	if e.flows == 0 {
		return nil, ErrUnexpected
	}
	e.flows--
	switch {
	case e.flows > 0:
		return nil, nil
	case e.state == Carrying:
		e.move(now, Lingering)
		return nil, nil
	default: // Finishing or Cutting
		return e.erase(now), nil
	}
}

// close takes no flow any more and destroys K. Running flows finish.
func (e *End) close(now time.Time, reason string) []EndCommand {
	e.report.Reason = reason
	if e.flows == 0 {
		return append([]EndCommand{DestroyKey}, e.erase(now)...)
	}
	e.move(now, Finishing)
	return []EndCommand{DestroyKey}
}

func (e *End) cut(now time.Time, reason string) []EndCommand {
	switch {
	case e.HasKey() && e.flows == 0:
		return e.close(now, reason)
	case e.HasKey():
		e.report.Reason = reason
		e.move(now, Cutting)
		return []EndCommand{DestroyKey, ResetFlows}
	case e.state == Finishing:
		e.report.Reason = reason
		e.move(now, Cutting)
		return []EndCommand{ResetFlows}
	}
	return nil
}

func (e *End) erase(now time.Time) []EndCommand {
	e.report.Ended = now
	e.move(now, Erasing)
	return []EndCommand{EraseAll}
}

// destroyed notes when K was gone; the first word stands.
func (e *End) destroyed(event EndEvent) {
	if e.report.Erasure == "" {
		e.report.Destroyed, e.report.Erasure = event.At, event.Erasure
	}
}

// remind gives the reports that the broker may have missed.
func (e *End) remind() []EndCommand {
	switch {
	case e.state == Reporting:
		return []EndCommand{ReportEnd}
	case (e.state == Finishing || e.state == Cutting) && e.report.Erasure != "":
		return []EndCommand{ReportKey}
	}
	return nil
}

func (e *End) move(now time.Time, to EndState) { e.state, e.stage = to, now }
