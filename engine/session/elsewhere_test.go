package session

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func beginElsewhere() (Life, []Command) { return BeginElsewhere(start, DefaultTimes, start) }

func TestASessionThatAnotherInstallationMakesLivesByItsSourceAlone(t *testing.T) {
	toReady := []played{{time.Second, sourceReady}}
	toLive := append(toReady[:1:1], played{2 * time.Second, used})
	detached, attached, forgot := Event{Kind: EndDetached, End: Source}, Event{Kind: EndAttached, End: Source}, Event{Kind: EndForgot, End: Source}
	for name, c := range map[string]struct {
		before   []played
		last     played
		state    State
		shown    engine.SessionState
		reason   string
		commands []Command
	}{
		"the source has the key": {nil, toReady[0], Ready, engine.SessionLive, "", nil},
		"a flow opens":           {toReady, toLive[1], Live, engine.SessionLive, "", nil},
		"the source is refused there": {nil, played{time.Second, Event{Kind: EndRefused, End: Source, Reason: "no"}}, Closed, engine.SessionRefused, "no",
			[]Command{{Kind: WriteReceipt, Reason: "no"}}},
		"the source gets no offer in time": {nil, played{ElsewhereWithin, tick}, Ended, engine.SessionRefused, ReasonUnanswered,
			[]Command{{CancelOffer, Source, ReasonUnanswered}}},
		"there it takes longer than one offer":              {nil, played{AcknowledgeWithin, tick}, Acknowledged, engine.SessionOffered, "", nil},
		"the source loses its stream before it has the key": {nil, played{time.Second, detached}, Acknowledged, engine.SessionOffered, "", nil},
		"and is back with it":                               {[]played{{time.Second, detached}}, played{2 * time.Second, attached}, Ready, engine.SessionLive, "", nil},
		"it is cut":                                         {toLive, played{3 * time.Second, Event{Kind: CutWanted, Reason: "cut"}}, Ended, engine.SessionEnded, "cut", []Command{{CutEnd, Source, "cut"}}},
		"it takes no new flow": {toLive, played{3 * time.Second, Event{Kind: DrainWanted, Reason: "rules"}}, Draining, engine.SessionDraining, "rules",
			[]Command{{DrainEnd, Source, "rules"}}},
		"it ends": {toLive, played{4 * time.Second, endedBy(Source, engine.ErasureProven, 4*time.Second)}, Closed, engine.SessionEnded, ReasonIdle,
			[]Command{{Kind: Acknowledge, End: Source}, {Kind: WriteReceipt, Reason: ReasonIdle}}},
		"its agent was started again": {append(toLive[:2:2], played{3 * time.Second, detached}, played{4 * time.Second, forgot}), played{4*time.Second + ReportWithin, tick},
			Closed, engine.SessionEnded, ReasonForgot, []Command{{Kind: WriteReceipt, Reason: ReasonForgot}}},
		"it is away for too long": {append(toLive[:2:2], played{3 * time.Second, detached}), played{3*time.Second + LostAfter, tick}, Ended, engine.SessionEnded, ReasonLost,
			nil},
	} {
		l, commands := beginElsewhere()
		if d := cmp.Diff([]Command{{Kind: Offer, End: Source}}, commands); d != "" {
			t.Fatal(d)
		}
		l, _ = play(t, l, c.before...)
		l, commands = play(t, l, c.last)
		if l.State() != c.state || l.Shown() != c.shown || l.Reason() != c.reason {
			t.Errorf("%s: it is %s (%s) for %q, want %s (%s) for %q", name, l.State(), l.Shown(), l.Reason(), c.state, c.shown, c.reason)
		}
		if name == "it is away for too long" {
			continue // the age cap was passed on the way, and the commands are of several steps
		}
		if d := cmp.Diff(c.commands, commands); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestASessionElsewhereCarriesBytesUntilItsSourceHasEnded(t *testing.T) {
	l, _ := beginElsewhere()
	l, _ = play(t, l, played{time.Second, sourceReady}, played{2 * time.Second, used})
	if l.Silent() {
		t.Error("a live one counts as silent")
	}
	l, _ = play(t, l, played{3 * time.Second, endedBy(Source, engine.ErasureProven, 3*time.Second)})
	if !l.Silent() {
		t.Error("an ended one does not count as silent")
	}
	if key := l.Key(); key.TargetErasure != "" || !key.DeliveredTarget.IsZero() || !key.DestroyedBroker.IsZero() {
		t.Errorf("its time line tells of what only the other installation knows: %+v", key)
	}
}

func TestASessionElsewhereIsTakenUpAgain(t *testing.T) {
	l, commands, err := Resume(engine.Session{ID: engine.NewID(), Provider: engine.NewID(), State: engine.SessionLive, Key: engine.KeyLife{Made: start}}, DefaultTimes, start)
	if err != nil || commands != nil || l.State() != Live {
		t.Fatalf("%s, %v, %v", l.State(), commands, err)
	}
	l, commands = play(t, l, played{time.Second, Event{Kind: EndAttached, End: Source}}, played{2 * time.Second, endedBy(Source, engine.ErasureProven, 2*time.Second)})
	if l.State() != Closed || len(commands) != 2 {
		t.Errorf("it is %s after its source has ended: %v", l.State(), commands)
	}
}
