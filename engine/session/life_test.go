package session

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

// played is one event at a moment after the start of the session.
type played struct {
	after time.Duration
	event Event
}

var (
	targetReady = Event{Kind: EndReady, End: Target}
	sourceReady = Event{Kind: EndReady, End: Source}
	used        = Event{Kind: Used}
	tick        = Event{Kind: Tick}
)

// toReady and toLive bring a session there within its first seconds.
var (
	toReady = []played{{time.Second, targetReady}, {2 * time.Second, sourceReady}}
	toLive  = append(toReady[:2:2], played{3 * time.Second, used})
)

func endedBy(side Side, erasure engine.Erasure, at time.Duration) Event {
	e := Event{Kind: EndEnded, End: side, Reason: ReasonIdle, Erasure: erasure}
	if erasure != "" {
		e.At = start.Add(at)
	}
	return e
}

func begin() (Life, []Command) {
	return Begin(Minted{Made: start, Wiped: start.Add(time.Millisecond)}, DefaultTimes, start)
}

// play gives the Life after all events, and what came of the last one.
func play(t *testing.T, l Life, events ...played) (Life, []Command) {
	t.Helper()
	var commands []Command
	for i, p := range events {
		var err error
		if l, commands, err = l.Step(start.Add(p.after), p.event); err != nil {
			t.Fatalf("event %d (%+v): %v", i, p.event, err)
		}
	}
	return l, commands
}

func TestLifeTransitions(t *testing.T) {
	cut := func(reason string) Event { return Event{Kind: CutWanted, Reason: reason} }
	for name, c := range map[string]struct {
		before   []played
		last     played
		state    State
		shown    engine.SessionState
		reason   string
		commands []Command
	}{
		"the target's answer offers the key to the source": {
			nil, played{time.Second, targetReady},
			Acknowledged, engine.SessionOffered, "", []Command{{Kind: Offer, End: Source}}},
		"the source's answer makes it ready": {
			toReady[:1], toReady[1], Ready, engine.SessionLive, "", nil},
		"the first use makes it live": {
			toReady, toLive[2], Live, engine.SessionLive, "", nil},
		"later uses change nothing": {
			toLive, played{time.Minute, used}, Live, engine.SessionLive, "", nil},
		"a target that does not answer is given up after 10 s, and the source's request refused": {
			nil, played{AcknowledgeWithin, tick}, Ended, engine.SessionRefused, ReasonUnanswered,
			[]Command{{RefuseRequest, Source, ReasonUnanswered}, {CancelOffer, Target, ReasonUnanswered}}},
		"a source that does not answer is given up after 10 s, and the target's key taken back": {
			toReady[:1], played{time.Second + AcknowledgeWithin, tick}, Ended, engine.SessionRefused, ReasonUnanswered,
			[]Command{{CancelOffer, Source, ReasonUnanswered}, {CutEnd, Target, ReasonUnanswered}}},
		"a target that refuses closes the session with its reason": {
			nil, played{time.Second, Event{Kind: EndRefused, End: Target, Reason: "not allowed"}},
			Closed, engine.SessionRefused, "not allowed",
			[]Command{{RefuseRequest, Source, "not allowed"}, {WriteReceipt, 0, "not allowed"}}},
		"a source that refuses ends it at the target": {
			toReady[:1], played{2 * time.Second, Event{Kind: EndRefused, End: Source, Reason: "gone"}},
			Ended, engine.SessionRefused, "gone", []Command{{CutEnd, Target, "gone"}}},
		"a target that leaves before it answers ends it": {
			nil, played{time.Second, Event{Kind: EndDetached, End: Target}}, Ended, engine.SessionRefused, ReasonAway,
			[]Command{{RefuseRequest, Source, ReasonAway}, {CancelOffer, Target, ReasonAway}}},
		"a source that leaves before it is offered the key ends it": {
			nil, played{time.Second, Event{Kind: EndDetached, End: Source}}, Ended, engine.SessionRefused, ReasonAway,
			[]Command{{RefuseRequest, Source, ReasonAway}, {CancelOffer, Target, ReasonAway}}},
		"what is not used for 30 s expires": {
			toReady, played{2*time.Second + UseWithin, tick}, Ended, engine.SessionEnded, ReasonUnused,
			[]Command{{CutEnd, Source, ReasonUnused}, {CutEnd, Target, ReasonUnused}}},
		"what may be used by an end that is away does not expire": {
			append(toReady[:2:2], played{3 * time.Second, Event{Kind: EndDetached, End: Source}}),
			played{time.Hour, tick}, Ready, engine.SessionLive, "", nil},
		"after 24 h no flow joins any more": {
			toLive, played{DefaultTimes.AgeCap, tick}, Draining, engine.SessionDraining, ReasonAgeCap,
			[]Command{{DrainEnd, Source, ReasonAgeCap}, {DrainEnd, Target, ReasonAgeCap}}},
		"a changed decision drains": {
			toLive, played{time.Minute, Event{Kind: DrainWanted, Reason: "rule"}}, Draining, engine.SessionDraining, "rule",
			[]Command{{DrainEnd, Source, "rule"}, {DrainEnd, Target, "rule"}}},
		"a changed decision takes back an offer": {
			toReady[:1], played{2 * time.Second, Event{Kind: DrainWanted, Reason: "rule"}}, Ended, engine.SessionRefused, "rule",
			[]Command{{CancelOffer, Source, "rule"}, {CutEnd, Target, "rule"}}},
		"a cut reaches both ends": {
			toLive, played{time.Minute, cut("by hand")}, Ended, engine.SessionEnded, "by hand",
			[]Command{{CutEnd, Source, "by hand"}, {CutEnd, Target, "by hand"}}},
		"a cut of what drains reaches both ends": {
			append(toLive[:3:3], played{time.Minute, Event{Kind: DrainWanted, Reason: "rule"}}), played{time.Hour, cut("by hand")},
			Ended, engine.SessionEnded, "by hand", []Command{{CutEnd, Source, "by hand"}, {CutEnd, Target, "by hand"}}},
		"the first end that ends drains the other": {
			toLive, played{time.Minute, endedBy(Source, engine.ErasureProven, time.Minute)}, Draining, engine.SessionDraining, ReasonIdle,
			[]Command{{Kind: Acknowledge, End: Source}, {DrainEnd, Target, ReasonOtherEndEnded}}},
		"the second one closes the session": {
			append(toLive[:3:3], played{time.Minute, endedBy(Source, engine.ErasureProven, time.Minute)}),
			played{2 * time.Minute, endedBy(Target, engine.ErasureReleased, 2*time.Minute)},
			Closed, engine.SessionEnded, ReasonIdle, []Command{{Kind: Acknowledge, End: Target}, {Kind: WriteReceipt, Reason: ReasonIdle}}},
		"a second end that does not end is cut": {
			append(toLive[:3:3], played{time.Minute, endedBy(Source, engine.ErasureProven, time.Minute)}),
			played{time.Minute + EndWithin, tick}, Ended, engine.SessionEnded, reasonSilentEnd,
			[]Command{{CutEnd, Target, reasonSilentEnd}}},
		"an end that comes back is told again to let go": {
			append(toLive[:3:3], played{time.Minute, Event{Kind: EndDetached, End: Target}}, played{time.Minute, cut("by hand")}),
			played{time.Minute + time.Second, Event{Kind: EndAttached, End: Target}}, Ended, engine.SessionEnded, "by hand",
			[]Command{{CutEnd, Target, "by hand"}}},
		"an end that comes back is told again to drain": {
			append(toLive[:3:3], played{time.Minute, Event{Kind: EndDetached, End: Target}}, played{time.Minute, Event{Kind: DrainWanted, Reason: "rule"}}),
			played{time.Hour, Event{Kind: EndAttached, End: Target}}, Draining, engine.SessionDraining, "rule",
			[]Command{{DrainEnd, Target, "rule"}}},
		"an end that comes back to a live session goes on": {
			append(toLive[:3:3], played{time.Minute, Event{Kind: EndDetached, End: Target}}),
			played{time.Hour, Event{Kind: EndAttached, End: Target}}, Live, engine.SessionLive, "", nil},
		"one end away for weeks keeps the session": {
			append(toLive[:3:3], played{time.Minute, Event{Kind: DrainWanted, Reason: "rule"}}, played{time.Minute, Event{Kind: EndDetached, End: Target}}),
			played{3 * LostAfter, tick}, Draining, engine.SessionDraining, "rule", nil},
		"both ends away for seven days lose it": {
			append(toLive[:3:3], played{time.Minute, Event{Kind: DrainWanted, Reason: "rule"}},
				played{time.Minute, Event{Kind: EndDetached, End: Target}}, played{time.Hour, Event{Kind: EndDetached, End: Source}}),
			played{time.Hour + LostAfter, tick}, Ended, engine.SessionEnded, ReasonLost,
			[]Command{{CutEnd, Source, ReasonLost}, {CutEnd, Target, ReasonLost}}},
		"an agent that was started again counts as ended after 5 s": {
			append(toLive[:3:3], played{time.Minute, Event{Kind: EndForgot, End: Source}}),
			played{time.Minute + ReportWithin, tick}, Draining, engine.SessionDraining, ReasonForgot,
			[]Command{{DrainEnd, Target, ReasonOtherEndEnded}}},
		"an agent that was started again after K was destroyed counts as ended too": {
			append(toLive[:3:3], played{time.Minute, Event{Kind: DrainWanted, Reason: "rule"}},
				played{time.Minute, Event{Kind: KeyDestroyed, End: Source, Erasure: engine.ErasureProven}},
				played{time.Hour, Event{Kind: EndForgot, End: Source}}),
			played{time.Hour + ReportWithin, tick}, Draining, engine.SessionDraining, "rule",
			[]Command{{DrainEnd, Target, ReasonOtherEndEnded}}},
		"a late answer to a cancelled offer is noted": {
			[]played{{AcknowledgeWithin, tick}}, played{AcknowledgeWithin + time.Second, targetReady},
			Ended, engine.SessionRefused, ReasonUnanswered, nil},
		"late deadlines are carried out one after another": {
			append(toLive[:3:3], played{time.Minute, endedBy(Source, engine.ErasureProven, time.Minute)}),
			played{time.Minute + EndWithin + time.Hour, tick}, Ended, engine.SessionEnded, reasonSilentEnd,
			[]Command{{CutEnd, Target, reasonSilentEnd}}},
		"without confirmation it is closed after 2 min": {
			append(toLive[:3:3], played{time.Minute, cut("by hand")}),
			played{time.Minute + ConfirmWithin, tick}, Closed, engine.SessionEnded, "by hand",
			[]Command{{Kind: WriteReceipt, Reason: "by hand"}}},
		"a report after the receipt is acknowledged and changes nothing": {
			append(toLive[:3:3], played{time.Minute, cut("by hand")}, played{time.Minute + ConfirmWithin, tick}),
			played{time.Hour, endedBy(Source, engine.ErasureProven, time.Hour)}, Closed, engine.SessionEnded, "by hand",
			[]Command{{Kind: Acknowledge, End: Source}}},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := begin()
			l, _ = play(t, l, c.before...)
			l, commands := play(t, l, c.last)
			if l.State() != c.state || l.Shown() != c.shown || l.Reason() != c.reason {
				t.Errorf("state %s, shown %s, reason %q; want %s, %s, %q", l.State(), l.Shown(), l.Reason(), c.state, c.shown, c.reason)
			}
			if diff := cmp.Diff(c.commands, commands); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
			due, any := l.Deadline()
			if any && !due.After(start.Add(c.last.after)) {
				t.Errorf("the next deadline %v has passed already", due)
			}
			if c.state == Closed && any {
				t.Error("a closed session has a deadline")
			}
		})
	}
}

func TestLifeRefusesEventsThatDoNotFit(t *testing.T) {
	closed := append(toLive[:3:3], played{time.Minute, Event{Kind: CutWanted}}, played{time.Minute + ConfirmWithin, tick})
	for name, c := range map[string]struct {
		before []played
		event  Event
	}{
		"source ready before the target":        {nil, sourceReady},
		"target ready twice":                    {toReady[:1], targetReady},
		"ready after live":                      {toLive, sourceReady},
		"used before ready":                     {toReady[:1], used},
		"used after close":                      {closed, used},
		"refusal by the source before an offer": {nil, Event{Kind: EndRefused, End: Source}},
		"refusal after ready":                   {toReady, Event{Kind: EndRefused, End: Target}},
		"destruction by an end without an offer": {nil,
			Event{Kind: KeyDestroyed, End: Source, Erasure: engine.ErasureProven}},
		"end of an end without an offer":            {nil, endedBy(Source, engine.ErasureProven, 0)},
		"a destruction that is not certain":         {toLive, Event{Kind: KeyDestroyed, End: Source, Erasure: engine.ErasureUnconfirmed}},
		"a destruction without a word":              {toLive, Event{Kind: KeyDestroyed, End: Source}},
		"an end with a word that no end can say":    {toLive, endedBy(Source, engine.ErasureNotNeeded, 0)},
		"a cut after close":                         {closed, Event{Kind: CutWanted}},
		"a drain after close":                       {closed, Event{Kind: DrainWanted}},
		"no end named":                              {toLive, Event{Kind: EndEnded}},
		"a third end":                               {toLive, Event{Kind: EndEnded, End: 3}},
		"no such event":                             {toLive, Event{Kind: 99, End: Source}},
		"no event":                                  {toLive, Event{End: Source}},
		"a destruction report after the receipt is": {closed, Event{Kind: KeyDestroyed, End: Source, Erasure: engine.ErasureProven}},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := begin()
			l, _ = play(t, l, c.before...)
			now := start.Add(10 * time.Minute)
			if len(c.before) < 3 {
				now = start.Add(3 * time.Second)
			}
			after, commands, err := l.Step(now, c.event)
			if !errors.Is(err, ErrUnexpected) || commands != nil {
				t.Errorf("error %v, commands %v", err, commands)
			}
			if after != l {
				t.Error("the session changed")
			}
		})
	}
}

func TestTheTimeLineOfTheKey(t *testing.T) {
	at := start.Add
	for name, c := range map[string]struct {
		events []played
		want   engine.KeyLife
	}{
		"a session in good order": {
			append(toLive[:3:3], played{time.Minute, endedBy(Source, engine.ErasureProven, 59*time.Second)},
				played{2 * time.Minute, endedBy(Target, engine.ErasureReleased, 119*time.Second)}),
			engine.KeyLife{DeliveredTarget: at(time.Second), DeliveredSource: at(2 * time.Second),
				DestroyedSource: at(59 * time.Second), SourceErasure: engine.ErasureProven,
				DestroyedTarget: at(119 * time.Second), TargetErasure: engine.ErasureReleased}},
		"the key's destruction is told before the end": {
			append(toLive[:3:3], played{time.Minute, Event{Kind: DrainWanted}},
				played{2 * time.Minute, Event{Kind: KeyDestroyed, End: Source, At: at(time.Minute), Erasure: engine.ErasureProven}},
				played{3 * time.Minute, endedBy(Source, engine.ErasureReleased, 3*time.Minute)},
				played{3 * time.Minute, endedBy(Target, "", 0)},
				played{4 * time.Minute, Event{Kind: KeyDestroyed, End: Target, At: at(4 * time.Minute), Erasure: engine.ErasureProven}}),
			engine.KeyLife{DeliveredTarget: at(time.Second), DeliveredSource: at(2 * time.Second),
				DestroyedSource: at(time.Minute), SourceErasure: engine.ErasureProven,
				DestroyedTarget: at(4 * time.Minute), TargetErasure: engine.ErasureProven}},
		"clocks that are off are moved into what is possible": {
			append(toLive[:3:3], played{time.Minute, endedBy(Source, engine.ErasureProven, -time.Hour)},
				played{2 * time.Minute, endedBy(Target, engine.ErasureProven, 240*time.Hour)}),
			engine.KeyLife{DeliveredTarget: at(time.Second), DeliveredSource: at(2 * time.Second),
				DestroyedSource: start, SourceErasure: engine.ErasureProven,
				DestroyedTarget: at(2 * time.Minute), TargetErasure: engine.ErasureProven}},
		"an end that is silent stays unconfirmed": {
			append(toLive[:3:3], played{time.Minute, Event{Kind: CutWanted}}, played{61 * time.Second, endedBy(Target, engine.ErasureProven, time.Minute)},
				played{time.Minute + ConfirmWithin, tick}),
			engine.KeyLife{DeliveredTarget: at(time.Second), DeliveredSource: at(2 * time.Second),
				SourceErasure:   engine.ErasureUnconfirmed,
				DestroyedTarget: at(time.Minute), TargetErasure: engine.ErasureProven}},
		"an agent that was started again has released it": {
			append(toLive[:3:3], played{time.Minute, Event{Kind: EndForgot, End: Source}}, played{time.Minute + ReportWithin, tick},
				played{2 * time.Minute, endedBy(Target, engine.ErasureProven, 2*time.Minute)}),
			engine.KeyLife{DeliveredTarget: at(time.Second), DeliveredSource: at(2 * time.Second),
				DestroyedSource: at(time.Minute), SourceErasure: engine.ErasureReleased,
				DestroyedTarget: at(2 * time.Minute), TargetErasure: engine.ErasureProven}},
		"an agent that only had ended says so within the 5 s": {
			append(toLive[:3:3], played{time.Minute, Event{Kind: EndForgot, End: Source}},
				played{time.Minute + time.Second, endedBy(Source, engine.ErasureProven, 30*time.Second)},
				played{2 * time.Minute, endedBy(Target, engine.ErasureProven, 2*time.Minute)}),
			engine.KeyLife{DeliveredTarget: at(time.Second), DeliveredSource: at(2 * time.Second),
				DestroyedSource: at(30 * time.Second), SourceErasure: engine.ErasureProven,
				DestroyedTarget: at(2 * time.Minute), TargetErasure: engine.ErasureProven}},
		"a refusing target never had it, nor had the source": {
			[]played{{time.Second, Event{Kind: EndRefused, End: Target}}},
			engine.KeyLife{SourceErasure: engine.ErasureNotNeeded, TargetErasure: engine.ErasureNotNeeded}},
		"an unanswered offer may have been opened": {
			[]played{{AcknowledgeWithin, tick}, {AcknowledgeWithin + ConfirmWithin, tick}},
			engine.KeyLife{SourceErasure: engine.ErasureNotNeeded, TargetErasure: engine.ErasureUnconfirmed}},
		"an answer that crossed the cancellation counts as delivered": {
			[]played{{AcknowledgeWithin, tick}, {11 * time.Second, targetReady}, {12 * time.Second, endedBy(Target, engine.ErasureProven, 12*time.Second)}},
			engine.KeyLife{SourceErasure: engine.ErasureNotNeeded, DeliveredTarget: at(11 * time.Second),
				DestroyedTarget: at(12 * time.Second), TargetErasure: engine.ErasureProven}},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := begin()
			l, commands := play(t, l, c.events...)
			c.want.Made, c.want.DestroyedBroker = start, start.Add(time.Millisecond)
			if diff := cmp.Diff(c.want, l.Key()); diff != "" {
				t.Errorf("time line (-want +got):\n%s", diff)
			}
			if l.State() != Closed || commands[len(commands)-1].Kind != WriteReceipt {
				t.Errorf("state %s, commands %v: the receipt is not written", l.State(), commands)
			}
		})
	}
}

// A receipt says when the session ended, not when the broker heard of it.
func TestEndThatCameWhileAnEndWasAwayIsThatOfItsLastFlow(t *testing.T) {
	at := func(d time.Duration) time.Time { return start.Add(d) }
	ended := func(side Side, when time.Duration) Event {
		e := endedBy(side, engine.ErasureProven, when)
		e.Ended = at(when)
		return e
	}
	detached := func(side Side) Event { return Event{Kind: EndDetached, End: side} }
	forgot := func(side Side) Event { return Event{Kind: EndForgot, End: side} }
	bothAway := append(toLive[:3:3], played{time.Minute, detached(Source)}, played{time.Minute, detached(Target)})
	back := append(bothAway[:5:5], played{time.Hour, forgot(Source)}, played{time.Hour, forgot(Target)})
	resumed := func() Life {
		l, _, err := Resume(engine.Session{State: engine.SessionLive, Key: engine.KeyLife{Made: start}}, DefaultTimes, at(50*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	begun, _ := begin()
	for name, c := range map[string]struct {
		life   Life
		events []played
		want   time.Duration
	}{
		"both were away": {begun, append(back[:7:7], played{time.Hour, ended(Source, 10*time.Minute)}, played{time.Hour, ended(Target, 11*time.Minute)}), 11 * time.Minute},
		"the broker was": {resumed(), append(back[5:7:7], played{time.Hour, ended(Source, 10*time.Minute)}, played{time.Hour, ended(Target, 11*time.Minute)}), 11 * time.Minute},
		"none was":       {begun, append(toLive[:3:3], played{time.Hour, ended(Source, 10*time.Minute)}, played{time.Hour + time.Second, ended(Target, 11*time.Minute)}), time.Hour + time.Second},
		"one was, and the other ended later": {begun, append(toLive[:3:3], played{time.Minute, detached(Source)}, played{time.Hour, forgot(Source)},
			played{time.Hour, ended(Source, 10*time.Minute)}, played{time.Hour + time.Second, ended(Target, time.Hour)}), time.Hour + time.Second},
		"their clocks are behind": {begun, append(back[:7:7], played{time.Hour, ended(Source, -time.Hour)}, played{time.Hour, ended(Target, -time.Hour)}), time.Minute},
		"their clocks are ahead":  {begun, append(back[:7:7], played{time.Hour + time.Second, ended(Source, 9*time.Hour)}, played{time.Hour + time.Second, ended(Target, 9*time.Hour)}), time.Hour},
		"they don't know":         {begun, append(back[:7:7], played{time.Hour + time.Second, endedBy(Source, engine.ErasureProven, 0)}, played{time.Hour + time.Second, endedBy(Target, engine.ErasureProven, 0)}), time.Hour},
		"they say nothing":        {begun, append(back[:7:7], played{time.Hour + ReportWithin, tick}), time.Hour},
		"it was cut meanwhile": {begun, append(bothAway[:5:5], played{30 * time.Minute, Event{Kind: CutWanted}}, played{time.Hour, ended(Source, 10*time.Minute)},
			played{time.Hour, ended(Target, 10*time.Minute)}), 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := play(t, c.life, c.events...)
			if l.State() != Closed || !l.EndedAt().Equal(at(c.want)) {
				t.Errorf("%s, ended after %v, want %v", l.State(), l.EndedAt().Sub(start), c.want)
			}
		})
	}
}

func TestResume(t *testing.T) {
	key := engine.KeyLife{Made: start, DestroyedBroker: start, DeliveredTarget: start, DeliveredSource: start}
	later := start.Add(time.Hour)

	t.Run("a live session goes on when its ends come back", func(t *testing.T) {
		l, commands, err := Resume(engine.Session{State: engine.SessionLive, Key: key}, DefaultTimes, later)
		if err != nil || len(commands) != 0 || l.State() != Live {
			t.Fatalf("state %s, commands %v, error %v", l.State(), commands, err)
		}
		for _, side := range []Side{Source, Target} {
			if l, commands, err = l.Step(later, Event{Kind: EndAttached, End: side}); err != nil || len(commands) != 0 {
				t.Fatalf("commands %v, error %v", commands, err)
			}
		}
		if due, _ := l.Deadline(); !due.Equal(start.Add(DefaultTimes.AgeCap)) {
			t.Errorf("the age cap is at %v", due)
		}
	})
	t.Run("a live session beyond its age cap drains", func(t *testing.T) {
		l, _, err := Resume(engine.Session{State: engine.SessionLive, Key: key}, DefaultTimes, start.Add(25*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if l, _, _ = l.Step(start.Add(25*time.Hour), tick); l.State() != Draining {
			t.Errorf("state %s", l.State())
		}
	})
	t.Run("a draining session waits for its ends", func(t *testing.T) {
		l, _, err := Resume(engine.Session{State: engine.SessionDraining, Key: key}, DefaultTimes, later)
		if err != nil || l.State() != Draining {
			t.Fatalf("state %s, error %v", l.State(), err)
		}
		if due, _ := l.Deadline(); !due.Equal(later.Add(LostAfter)) {
			t.Errorf("lost at %v", due)
		}
	})
	t.Run("what an end confirmed before stands", func(t *testing.T) {
		key := key
		key.DestroyedSource, key.SourceErasure = start.Add(time.Minute), engine.ErasureProven
		l, _, err := Resume(engine.Session{State: engine.SessionDraining, Key: key}, DefaultTimes, later)
		if err != nil {
			t.Fatal(err)
		}
		l, _, err = l.Step(later, endedBy(Source, engine.ErasureReleased, time.Hour))
		if err != nil || l.Key() != key {
			t.Errorf("time line %+v, error %v", l.Key(), err)
		}
	})
	t.Run("an offer that was open is taken up by the ends that took it", func(t *testing.T) {
		l, commands, err := Resume(engine.Session{State: engine.SessionOffered, Key: engine.KeyLife{Made: start}}, DefaultTimes, later)
		if err != nil || l.State() != Ready || len(commands) != 0 {
			t.Fatalf("state %s, commands %v, error %v", l.State(), commands, err)
		}
		for _, side := range []Side{Source, Target} {
			if l, _, err = l.Step(later, Event{Kind: EndAttached, End: side}); err != nil {
				t.Fatal(err)
			}
		}
		if l, _, err = l.Step(later, Event{Kind: Used}); err != nil || l.Shown() != engine.SessionLive {
			t.Errorf("shown as %s, error %v", l.Shown(), err)
		}
		if l.Key().DeliveredSource != later || l.Key().DeliveredTarget != later {
			t.Errorf("delivered: %+v", l.Key())
		}
	})
	t.Run("an offer that no end took is over once both say so", func(t *testing.T) {
		l, _, err := Resume(engine.Session{State: engine.SessionOffered, Key: engine.KeyLife{Made: start}}, DefaultTimes, later)
		for _, side := range []Side{Source, Target} {
			if err == nil {
				l, _, err = l.Step(later, Event{Kind: EndForgot, End: side})
			}
		}
		if err == nil {
			l, _, err = l.Step(later.Add(ReportWithin), Event{Kind: Tick})
		}
		if err != nil || l.State() != Closed {
			t.Errorf("state %s, error %v", l.State(), err)
		}
	})
	t.Run("a session that had ended is refused", func(t *testing.T) {
		if _, _, err := Resume(engine.Session{State: engine.SessionEnded}, DefaultTimes, later); err == nil {
			t.Error("resumed")
		}
	})
}
