package alarm

import (
	"fmt"
	"testing"
	"time"

	"lockwire/engine"
)

var noon = time.Date(2027, 1, 30, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// found makes a finding as the engine ranks it.
func found(kind engine.FindingKind, name string) engine.Finding {
	return engine.Finding{Kind: kind, Severity: kind.Severity(), Name: name, Text: name + " is wrong."}
}

func TestOnlyWhatIsNewIsNews(t *testing.T) {
	n := newNews()
	plain, ending := found(engine.PlainOnPublic, "session a"), found(engine.ExemptionEnding, "rule b")
	for _, step := range []struct {
		at       int
		findings []engine.Finding
		want     int
	}{
		{0, []engine.Finding{plain, ending}, 2},
		{5, []engine.Finding{plain, ending}, 0},
		{10, []engine.Finding{ending}, 0},
		{15, []engine.Finding{plain, ending}, 0},                                     // it was gone for a moment
		{20, []engine.Finding{ending}, 0},                                            // and is gone for good:
		{85, []engine.Finding{ending}, 0},                                            //
		{90, []engine.Finding{plain, ending}, 1},                                     // it is new again
		{95, []engine.Finding{plain, ending, found(engine.PlainOnPublic, "new")}, 1}, // another one of the kind
	} {
		if got := n.picture(step.findings, at(step.at)); len(got) != step.want {
			t.Errorf("at %d s: %d are new: %+v", step.at, len(got), got)
		}
	}
}

func TestWhatIsToldByItselfIsNotToldAgainByThePicture(t *testing.T) {
	n := newNews()
	plain := found(engine.PlainOnPublic, "session a")
	if !n.isNew(&plain, at(0)) || n.isNew(&plain, at(0)) {
		t.Error("an event is told never, or twice")
	}
	// A picture that is older than the event does not have it yet.
	for _, step := range [][]engine.Finding{nil, {plain}, {plain}} {
		if got := n.picture(step, at(3)); len(got) != 0 {
			t.Errorf("told again: %+v", got)
		}
	}
}

func TestWhatHappenedAgainIsNewsWhileItStillStands(t *testing.T) {
	n := newNews()
	refused := found(engine.SessionsRefused, "refused nightly files")
	refused.When = at(0)
	if got := n.picture([]engine.Finding{refused}, at(1)); len(got) != 1 {
		t.Errorf("the first: %+v", got)
	}
	if got := n.picture([]engine.Finding{refused}, at(6)); len(got) != 0 {
		t.Errorf("the same: %+v", got)
	}
	refused.When = at(86400)
	if got := n.picture([]engine.Finding{refused}, at(86401)); len(got) != 1 {
		t.Errorf("the next night: %+v", got)
	}
}

// After a start of the broker every component is away until its agent has attached.
func TestWhatComesAndGoesByItselfIsToldOnceItHasSettled(t *testing.T) {
	n := newNews()
	lost := []engine.Finding{found(engine.ComponentLost, "component a")}
	for second := range 60 {
		if got := n.picture(lost, at(second)); len(got) != 0 {
			t.Fatalf("told after %d s", second)
		}
	}
	if got := n.picture(lost, at(60)); len(got) != 1 {
		t.Error("it is never told")
	}
	n = newNews()
	n.picture(lost, at(0))
	n.picture(nil, at(5))
	if got := n.picture(lost, at(61)); len(got) != 0 {
		t.Error("the time before it was back counts")
	}
}

func TestTheNumberOfRememberedFindingsIsBounded(t *testing.T) {
	n := newNews()
	for i := range maximumKnown + 10 {
		f := found(engine.PlainOnPublic, fmt.Sprint(i))
		if !n.isNew(&f, at(0)) {
			t.Fatal("one is not told")
		}
	}
	if len(n.known) != maximumKnown {
		t.Errorf("%d are remembered", len(n.known))
	}
	n.picture(nil, at(61))
	if len(n.known) != 0 {
		t.Errorf("%d are never forgotten", len(n.known))
	}
}
