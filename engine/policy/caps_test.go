package policy

import (
	"net/netip"
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
		"on, then relaxed":  {work, time.Date(2027, 1, 20, 9, 30, 0, 0, berlin), engine.Cap{Rule: "x", Value: 100, Unit: engine.MegabitsPerSecond, Until: time.Date(2027, 1, 20, 18, 0, 0, 0, berlin), Then: &relaxedLimit}},
		"relaxed, then off": {work, time.Date(2027, 1, 20, 18, 0, 0, 0, berlin), engine.Cap{Rule: "x", Value: 400, Unit: engine.MegabitsPerSecond, Until: time.Date(2027, 1, 21, 0, 0, 0, 0, berlin)}},
		// In the night to 28 March 2027 the clocks in Berlin go from 2 to 3.
		"at an hour that is left out": {"11rrrrrrrrrrrrrrrrrrrrrr", time.Date(2027, 3, 28, 1, 59, 0, 0, berlin), engine.Cap{Rule: "x", Value: 100, Unit: engine.MegabitsPerSecond, Until: time.Date(2027, 3, 28, 3, 0, 0, 0, berlin), Then: &relaxedLimit}},
		// In the night to 31 October 2027 the hour from 2 to 3 comes twice.
		"at an hour that comes twice": {"111rrrrrrrrrrrrrrrrrrrrr", time.Date(2027, 10, 31, 1, 0, 0, 0, berlin), engine.Cap{Rule: "x", Value: 100, Unit: engine.MegabitsPerSecond, Until: time.Date(2027, 10, 31, 1, 0, 0, 0, berlin).Add(3 * time.Hour), Then: &relaxedLimit}},
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

func TestLimitOfARuleNowAndNext(t *testing.T) {
	work := "000000001111111111rrrrrr" // on from 8 to 18, relaxed from 18 to 24
	rules := compile(t, engine.RuleSet{Rules: []engine.Rule{internet(), newRule("x", "any", "any", throttles(100), relaxed(400), hours("UTC", work)), newRule("off", "any", "any", throttles(1), off)}})
	for hour, want := range map[int]string{3: "none until 08:00, then 100 Mbit/s", 9: "100 Mbit/s until 18:00, then 400 Mbit/s", 20: "400 Mbit/s until Thursday, 00:00, then none"} {
		at := time.Date(2027, 1, 20, hour, 30, 0, 0, time.UTC)
		now, until, then := rules.LimitOf("x", at)
		text := "none"
		if now != nil {
			text = now.String()
		}
		if text += engine.UntilInWords(until, then, at); text != want {
			t.Errorf("at %d: %q, want %q", hour, text, want)
		}
	}
	for _, name := range []string{"off", "Internet", "no such rule"} {
		if now, until, then := rules.LimitOf(name, noon); now != nil || !until.IsZero() || then != nil {
			t.Errorf("%s: %v until %v, then %v", name, now, until, then)
		}
	}
}
