package policy

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func mbit(value uint64) engine.Limit {
	return engine.Limit{Value: value, Unit: engine.MegabitsPerSecond}
}

func TestSessionDrawsOnEveryLimitOfItsDirection(t *testing.T) {
	a, b := with(party("a", "10.0.0.1"), limited(30)), with(party("b", "203.0.113.2"), limited(5))
	a.ID, b.ID = "id-a", "id-b"
	rules := compile(t, engine.RuleSet{Rules: []engine.Rule{
		newRule("wide", "any", "any", throttles(100), throttlesRestores), newRule("narrow", "any", "any", throttles(20)),
		newRule("elsewhere", "10.9.0.0/16", "any", throttles(1)), newRule("off", "any", "any", throttles(1), off), internet(throttles(50)),
	}})
	d := rules.DecideSession(a, b, engine.Push, false, netip.Addr{}, noon, engine.Names{}, nil)
	want := []engine.Cap{
		{Rule: "narrow", Value: 20, Unit: engine.MegabitsPerSecond}, {Rule: "component a", Component: "id-a", Value: 30, Unit: engine.MegabitsPerSecond}, {Rule: "Internet", Value: 50, Unit: engine.MegabitsPerSecond}, {Rule: "wide", Value: 100, Unit: engine.MegabitsPerSecond},
	}
	if diff := gocmp.Diff(want, d.CapsToTarget); diff != "" {
		t.Error("to the target:", diff)
	}
	want = []engine.Cap{{Rule: "component b", Component: "id-b", Value: 5, Unit: engine.MegabitsPerSecond}, {Rule: "wide", Restores: true, Value: 100, Unit: engine.MegabitsPerSecond}}
	if diff := gocmp.Diff(want, d.CapsToSource); diff != "" {
		t.Error("to the source, which is a restore:", diff)
	}
	if d.ToTarget.Rule != "narrow" || d.ToSource.Rule != "component b" {
		t.Errorf("named are %v and %v, not the lowest", d.ToTarget, d.ToSource)
	}
	pulled := rules.DecideSession(a, b, engine.Pull, false, netip.Addr{}, noon, engine.Names{}, nil)
	if pulled.CapsToTarget[1].Rule != "wide" || !pulled.CapsToTarget[1].Restores || pulled.CapsToSource[1].Rule != "narrow" {
		t.Errorf("pulled: %v and %v", pulled.CapsToTarget, pulled.CapsToSource)
	}
	if same := rules.DecideSession(a, a, engine.Push, true, netip.Addr{}, noon, engine.Names{}, nil); same.CapsToTarget != nil || same.CapsToSource != nil {
		t.Errorf("within one machine: %v and %v", same.CapsToTarget, same.CapsToSource)
	}
}

func TestCapSaysUntilWhenItHoldsAndWhatComesThen(t *testing.T) {
	a, b := party("a", "10.0.0.1"), party("b", "10.0.0.2")
	work := "000000001111111111rrrrrr" // on from 8 to 18, relaxed from 18 to 24
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	relaxedLimit := mbit(400)
	for name, c := range map[string]struct {
		cells string
		at    time.Time
		want  engine.Cap
	}{
		"on, then relaxed":  {work, time.Date(2027, 1, 20, 9, 30, 0, 0, berlin), engine.Cap{Rule: "x", Value: 100, Unit: engine.MegabitsPerSecond, Until: time.Date(2027, 1, 20, 18, 0, 0, 0, berlin), Then: &relaxedLimit, TimeZone: "Europe/Berlin"}},
		"relaxed, then off": {work, time.Date(2027, 1, 20, 18, 0, 0, 0, berlin), engine.Cap{Rule: "x", Value: 400, Unit: engine.MegabitsPerSecond, Until: time.Date(2027, 1, 21, 0, 0, 0, 0, berlin), TimeZone: "Europe/Berlin"}},
		// In the night to 28 March 2027 the clocks in Berlin go from 2 to 3.
		"at an hour that is left out": {"11rrrrrrrrrrrrrrrrrrrrrr", time.Date(2027, 3, 28, 1, 59, 0, 0, berlin), engine.Cap{Rule: "x", Value: 100, Unit: engine.MegabitsPerSecond, Until: time.Date(2027, 3, 28, 3, 0, 0, 0, berlin), Then: &relaxedLimit, TimeZone: "Europe/Berlin"}},
		// In the night to 31 October 2027 the hour from 2 to 3 comes twice.
		"at an hour that comes twice": {"111rrrrrrrrrrrrrrrrrrrrr", time.Date(2027, 10, 31, 1, 0, 0, 0, berlin), engine.Cap{Rule: "x", Value: 100, Unit: engine.MegabitsPerSecond, Until: time.Date(2027, 10, 31, 1, 0, 0, 0, berlin).Add(3 * time.Hour), Then: &relaxedLimit, TimeZone: "Europe/Berlin"}},
		"always":                      {"111111111111111111111111", noon, engine.Cap{Rule: "x", Value: 100, Unit: engine.MegabitsPerSecond}},
	} {
		t.Run(name, func(t *testing.T) {
			rules := compile(t, engine.RuleSet{Rules: []engine.Rule{internet(), newRule("x", "any", "any", throttles(100), relaxed(400), hours("Europe/Berlin", c.cells))}})
			for range 2 { // found out, and known
				d := rules.DecideSession(a, b, engine.Push, false, netip.Addr{}, c.at, engine.Names{}, nil)
				if diff := gocmp.Diff([]engine.Cap{c.want}, d.CapsToTarget); diff != "" {
					t.Error(diff)
				}
			}
			// A clock that is set back asks for a moment before the one that is known.
			before := c.at.Add(-8 * 24 * time.Hour)
			d := rules.DecideSession(a, b, engine.Push, false, netip.Addr{}, before, engine.Names{}, nil)
			fresh := compile(t, engine.RuleSet{Rules: []engine.Rule{internet(), newRule("x", "any", "any", throttles(100), relaxed(400), hours("Europe/Berlin", c.cells))}})
			if diff := gocmp.Diff(fresh.DecideSession(a, b, engine.Push, false, netip.Addr{}, before, engine.Names{}, nil).CapsToTarget, d.CapsToTarget); diff != "" {
				t.Error("set back:", diff)
			}
		})
	}
}

// What holds next is a matter of the clock on the wall: a moment that also says how long the machine has run must not hide that the
// clock was set since.
func TestNextLimitIsOneOfTheClockOnTheWall(t *testing.T) {
	rules := compile(t, engine.RuleSet{Rules: []engine.Rule{internet(), newRule("x", "any", "any", throttles(100), relaxed(400), hours("UTC", "1r1r1r1r1r1r1r1r1r1r1r1r"))}})
	d := rules.DecideSession(party("a", "10.0.0.1"), party("b", "10.0.0.2"), engine.Push, false, netip.Addr{}, time.Now(), engine.Names{}, nil)
	if until := d.CapsToTarget[0].Until; until.IsZero() || until != until.Round(0) {
		t.Errorf("it is compared with the time that the machine has run: %v", until)
	}
	if _, from, _ := strings.Cut(d.Steps[len(d.Steps)-2].Text, "is the lowest, until "); !strings.Contains(from, ":00, then ") {
		t.Errorf("the steps say %q, not until when the limit holds", d.Steps[len(d.Steps)-2].Text)
	}
}
