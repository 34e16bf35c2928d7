package session

import (
	"fmt"
	"time"

	"lockwire/engine"
)

// Step takes one event at the moment now and gives the Life after it and what is to be done. A deadline that has passed is
// carried out first. With an error, which wraps [ErrUnexpected], the Life is the one before and nothing is to be done.
func (l Life) Step(now time.Time, event Event) (Life, []Command, error) {
	next := l
	commands := next.carryOutDeadlines(now)
	if event.Kind == Tick {
		return next, commands, nil
	}
	more, err := next.take(now, event)
	if err != nil {
		return l, nil, fmt.Errorf("session is %s: %w", l.state, err)
	}
	return next, append(commands, more...), nil
}

// carryOutDeadlines does everything that was due by now. Each round either moves the state or settles an end, so that it ends.
func (l *Life) carryOutDeadlines(now time.Time) []Command {
	var commands []Command
	for {
		due, any := l.Deadline()
		if !any || now.Before(due) {
			return commands
		}
		commands = append(commands, l.carryOut(now)...)
	}
}

func (l *Life) carryOut(now time.Time) []Command {
	for _, side := range []Side{Source, Target} {
		end := &l.ends[side]
		if !end.forgotAt.IsZero() && !end.done() && !now.Before(end.forgotAt.Add(ReportWithin)) {
			l.settle(side, engine.ErasureReleased, end.forgotAt, now)
			return l.endEnded(now, side, end.forgotAt, ReasonForgot)
		}
	}
	if source, target := l.ends[Source], l.ends[Target]; l.state >= Ready && l.state < Ended && source.away && target.outOfReach() &&
		!now.Before(later(source.awayAt, target.awayAt).Add(LostAfter)) {
		return l.end(now, ReasonLost)
	}
	switch l.state {
	case Offered, Acknowledged:
		return l.end(now, ReasonUnanswered)
	case Ready:
		return l.end(now, ReasonUnused)
	case Live:
		return l.drain(now, ReasonAgeCap)
	case Draining:
		return l.end(now, reasonSilentEnd)
	default: // Ended
		for _, side := range []Side{Source, Target} {
			l.settle(side, engine.ErasureUnconfirmed, time.Time{}, now)
		}
		return l.closeWhenSettled(now)
	}
}

func (l *Life) take(now time.Time, event Event) ([]Command, error) {
	switch event.Kind {
	case DrainWanted:
		switch l.state {
		case Offered, Acknowledged:
			return l.end(now, event.Reason), nil
		case Ready, Live:
			return l.drain(now, event.Reason), nil
		}
		return nil, l.unless(l.state == Draining || l.state == Ended)
	case CutWanted:
		if l.state < Ended {
			return l.end(now, event.Reason), nil
		}
		return nil, l.unless(l.state == Ended)
	case Used:
		if l.state == Ready {
			l.move(now, Live)
		}
		return nil, l.unless(l.state >= Live && l.state < Closed)
	}
	if event.End != Source && event.End != Target {
		return nil, fmt.Errorf("%w: it names no end", ErrUnexpected)
	}
	return l.takeFrom(now, event)
}

// unless gives ErrUnexpected unless the event was expected, if only as late news.
func (l *Life) unless(expected bool) error {
	if expected {
		return nil
	}
	return ErrUnexpected
}

// takeFrom takes what one end reported, or what its control stream did.
func (l *Life) takeFrom(now time.Time, event Event) ([]Command, error) {
	end := &l.ends[event.End]
	switch event.Kind {
	case EndReady:
		return l.endReady(now, event.End)
	case EndRefused:
		if !(l.state == Offered && event.End == Target || l.state == Acknowledged && event.End == Source) {
			return nil, ErrUnexpected
		}
		l.settle(event.End, engine.ErasureNotNeeded, time.Time{}, now)
		end.ended = true
		return l.end(now, event.Reason), nil
	case KeyDestroyed:
		if !end.offered || l.state == Closed || !certain(event.Erasure) {
			return nil, ErrUnexpected
		}
		l.settle(event.End, event.Erasure, event.At, now)
		return l.closeWhenSettled(now), nil
	case EndEnded:
		acknowledge := Command{Kind: Acknowledge, End: event.End}
		if !end.offered || event.Erasure != "" && !certain(event.Erasure) {
			return nil, ErrUnexpected
		}
		if l.state == Closed {
			return []Command{acknowledge}, nil // the receipt stands as it is
		}
		if event.Erasure != "" {
			l.settle(event.End, event.Erasure, event.At, now)
		}
		return append([]Command{acknowledge}, l.endEnded(now, event.End, l.endedAt(now, event), event.Reason)...), nil
	case EndDetached:
		if !end.away {
			end.away, end.awayAt, end.lastSeen = true, now, now
		}
		// Its one-time keys are dropped at the reconnect: an offer that is still open will never be answered. One that is made elsewhere
		// needs none of this control stream.
		if l.state < Ready && !l.ends[Target].elsewhere {
			return l.end(now, ReasonAway), nil
		}
		return nil, nil
	case EndAttached:
		end.away, end.forgotAt = false, time.Time{}
		l.notice(event.End, now)
		if l.state == Acknowledged && l.ends[Target].elsewhere {
			return l.endReady(now, event.End) // it got the key there while it was away here
		}
		if l.state == Ready {
			l.stage = now // its report of use is on the way
		}
		return l.remind(event.End), nil
	case EndForgot:
		end.away = false
		if l.state == Ready {
			l.stage = now
		}
		if end.offered && !end.done() && end.forgotAt.IsZero() {
			end.forgotAt = now
		}
		return nil, nil
	}
	return nil, fmt.Errorf("%w: no such event", ErrUnexpected)
}

// notice completes the time line of a key that was delivered in the moments before the broker was killed, of which the record
// does not have the times: by now at the latest. The target always gets it before the source.
func (l *Life) notice(side Side, now time.Time) {
	for _, took := range []Side{Target, side} {
		if l.ends[took].ready && l.delivered(took).IsZero() {
			*l.delivered(took) = now
		}
	}
}

// certain tells whether an end may report this of itself.
func certain(erasure engine.Erasure) bool {
	return erasure == engine.ErasureProven || erasure == engine.ErasureReleased
}

func (l *Life) endReady(now time.Time, side Side) ([]Command, error) {
	switch {
	case l.state == Offered && side == Target:
		l.ends[Target].ready, *l.delivered(Target) = true, now
		l.ends[Source].offered = true
		l.move(now, Acknowledged)
		return []Command{{Kind: Offer, End: Source}}, nil
	case l.state == Acknowledged && side == Source:
		l.ends[Source].ready, *l.delivered(Source) = true, now
		l.ready = true
		l.move(now, Ready)
		return nil, nil
	case l.state == Ended && l.ends[side].offered && !l.ends[side].ready:
		// The answer crossed the cancellation: the key did arrive, and its destruction is awaited.
		l.ends[side].ready, *l.delivered(side) = true, now
		return nil, nil
	}
	return nil, ErrUnexpected
}

// endedAt is when an end that says so held no flow any more. One that is attached says it at once; what ended while it was away it says
// when it is back.
func (l *Life) endedAt(now time.Time, event Event) time.Time {
	end := l.ends[event.End]
	switch {
	case end.forgotAt.IsZero():
		return now
	case event.Ended.IsZero():
		return end.forgotAt
	}
	return possible(event.Ended, later(l.key.Made, end.lastSeen), end.forgotAt)
}

// endEnded notes that an end has held no flow any more since at. The first word stands.
func (l *Life) endEnded(now time.Time, side Side, at time.Time, reason string) []Command {
	if end := &l.ends[side]; !end.ended {
		end.ended, end.endedAt = true, at
	}
	if l.state == Ended {
		return l.closeWhenSettled(now)
	}
	if l.state < Ready {
		return l.end(now, reason)
	}
	if l.first.IsZero() {
		l.first = now
	}
	if l.ends[side.Other()].ended {
		if l.reason != "" {
			reason = l.reason
		}
		commands := l.end(now, reason)
		l.ended = later(l.ends[Source].endedAt, l.ends[Target].endedAt)
		return commands
	}
	var commands []Command
	if l.state != Draining {
		l.reason = reason
		l.move(now, Draining)
	}
	// The other one has no flow to wait for: it need not linger.
	return append(commands, Command{Kind: DrainEnd, End: side.Other(), Reason: ReasonOtherEndEnded})
}

func (l *Life) drain(now time.Time, reason string) []Command {
	l.reason = reason
	l.move(now, Draining)
	var commands []Command
	for _, side := range []Side{Source, Target} {
		if !l.ends[side].ended {
			commands = append(commands, Command{Kind: DrainEnd, End: side, Reason: reason})
		}
	}
	return commands
}

// end ends the session from the broker's side: whoever still holds something is told to let go.
func (l *Life) end(now time.Time, reason string) []Command {
	l.reason, l.ended = reason, now
	l.move(now, Ended)
	var commands []Command
	if !l.ends[Source].offered {
		commands = append(commands, Command{Kind: RefuseRequest, End: Source, Reason: reason})
	}
	for _, side := range []Side{Source, Target} {
		if !l.ends[side].offered {
			l.settle(side, engine.ErasureNotNeeded, time.Time{}, now)
			l.ends[side].ended = true
		}
		commands = append(commands, l.remind(side)...)
	}
	return append(commands, l.closeWhenSettled(now)...)
}

// remind gives what an end that may have missed it has to be told.
func (l *Life) remind(side Side) []Command {
	end := l.ends[side]
	switch {
	case !end.offered || end.ended:
		return nil
	case l.state == Draining:
		return []Command{{Kind: DrainEnd, End: side, Reason: l.reason}}
	case l.state == Ended && end.ready:
		return []Command{{Kind: CutEnd, End: side, Reason: l.reason}}
	case l.state == Ended:
		return []Command{{Kind: CancelOffer, End: side, Reason: l.reason}}
	}
	return nil
}

// settle writes into the time line what became of the key at an end. The first word stands.
func (l *Life) settle(side Side, erasure engine.Erasure, at, now time.Time) {
	end := &l.ends[side]
	if end.settled {
		return
	}
	end.settled = true
	*l.erasure(side) = erasure
	if certain(erasure) {
		*l.destroyed(side) = possible(at, l.key.Made, now)
	}
}

// possible moves a moment by another machine's clock between the first and the last at which it can have been.
func possible(at, first, last time.Time) time.Time {
	switch {
	case at.After(last):
		return last
	case at.Before(first):
		return first
	}
	return at
}

func (l *Life) closeWhenSettled(now time.Time) []Command {
	if l.state != Ended || !l.ends[Source].settled || !l.ends[Target].settled {
		return nil
	}
	l.move(now, Closed)
	return []Command{{Kind: WriteReceipt, Reason: l.reason}}
}

func (l *Life) move(now time.Time, to State) { l.state, l.stage = to, now }
