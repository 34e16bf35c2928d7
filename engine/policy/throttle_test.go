package policy

import (
	"net/netip"
	"testing"
	"time"

	"lockwire/engine"
)

// "Throttle" of the rules' contract, a row for each sentence.
func TestThrottle(t *testing.T) {
	a, b := party("a", "10.0.0.1"), party("b", "10.0.0.2")
	public := party("b", "203.0.113.2")
	all := func(name string, does ...func(*engine.Rule)) engine.Rule { return newRule(name, "any", "any", does...) }
	rules := func(list ...engine.Rule) []engine.Rule { return list }
	run(t, []question{
		{name: "none without a rule that throttles", rules: rules(all("x", encrypts)), source: a, target: b, throttle: "none"},
		{name: "a matching rule throttles", rules: rules(all("x", throttles(10))), source: a, target: b, throttle: "x 10 Mbit/s", share: 1_250_000},
		{name: "a rule that does not match does not", rules: rules(newRule("x", "10.9.9.9", "any", throttles(10))), source: a, target: b, throttle: "none"},
		{name: "a disabled rule does not", rules: rules(all("x", throttles(10), off)), source: a, target: b, throttle: "none"},
		{name: "the lowest in bytes per second applies", rules: rules(all("x", throttles(9), unit(engine.MegabitsPerSecond)), all("y", throttles(1), unit(engine.MegabytesPerSecond)), all("z", throttles(1001), unit(engine.KilobytesPerSecond))),
			source: a, target: b, throttle: "y 1 MB/s", share: 1_000_000},
		{name: "kilobytes are 1,000 bytes", rules: rules(all("x", throttles(3), unit(engine.KilobytesPerSecond))), source: a, target: b, throttle: "x 3 KB/s", share: 3000},
		{name: "equal limits: the first by name", rules: rules(all("beta", throttles(8)), all("alpha", throttles(1), unit(engine.MegabytesPerSecond)), all("gamma", throttles(1000), unit(engine.KilobytesPerSecond))),
			source: a, target: b, throttle: "alpha 1 MB/s", says: []string{"equal, first by name"}},
		{name: "a rule that is sealed by another still throttles", rules: rules(all("limit", throttles(10)), all("seal", encrypts)), source: a, target: b, mode: engine.Sealed, by: engine.ByRule, named: []string{"seal"}, throttle: "limit 10 Mbit/s"},
		{name: "a provider gateway is throttled too", rules: rules(all("x", throttles(10))), source: a, target: with(b, gateway), throttle: "x 10 Mbit/s"},
		{name: "a rule with an exemption throttles even when that has ended", rules: rules(all("x", exemptsUntil("2020-01-01"), throttles(10))), source: a, target: b, throttle: "x 10 Mbit/s"},

		{name: "Internet throttles when the pair has a public interface", rules: rules(internet(throttles(5))), source: a, target: public, throttle: "Internet 5 Mbit/s"},
		{name: "Internet does not throttle a private pair", rules: rules(internet(throttles(5))), source: a, target: b, throttle: "none"},
		{name: "Internet off does not throttle", rules: rules(internet(throttles(5), off)), source: a, target: public, throttle: "none"},
		{name: "Internet throttles without encrypting", rules: rules(internet(throttles(5), silent)), source: a, target: public, mode: engine.Plain, by: engine.ByNone, throttle: "Internet 5 Mbit/s"},
		{name: "the override does not touch Internet's throttle", settings: override, rules: rules(internet(throttles(5))), source: a, target: public, mode: engine.Plain, by: engine.ByNone, throttle: "Internet 5 Mbit/s"},
		{name: "an exemption does not touch Internet's throttle", rules: rules(internet(throttles(5)), all("line", exempts)), source: a, target: public, mode: engine.Plain, by: engine.ByExempt, named: []string{"line"}, throttle: "Internet 5 Mbit/s"},
		{name: "Internet's limit is one among others", rules: rules(internet(throttles(5)), all("x", throttles(4))), source: a, target: public, throttle: "x 4 Mbit/s"},

		{name: "the sender's own limit is a candidate", source: with(a, limited(3)), target: b, throttle: "component a 3 Mbit/s"},
		{name: "the receiver's own limit is not", source: a, target: with(b, limited(3)), throttle: "none"},
		{name: "a restore is sent by the target", source: with(a, limited(2)), target: with(b, limited(3)), operation: engine.Restore, throttle: "component b 3 Mbit/s"},
		{name: "a lower rule wins over the sender's own limit", rules: rules(all("x", throttles(2))), source: with(a, limited(3)), target: b, throttle: "x 2 Mbit/s", says: []string{"throttles data to b to 2 Mbit/s"}},
		{name: "equal to the sender's own limit: the first by name", rules: rules(all("d", throttles(3))), source: with(a, limited(3)), target: b, throttle: "component a 3 Mbit/s"},
		{name: "an equal rule with an earlier name wins over it", rules: rules(all("b", throttles(3))), source: with(a, limited(3)), target: b, throttle: "b 3 Mbit/s"},

		{name: "none on the same machine", rules: rules(all("x", throttles(10))), source: with(a, limited(1)), target: a, same: true, throttle: "none"},
		{name: "never throttle restores is on by default", rules: rules(all("x", throttles(10))), source: a, target: b, operation: engine.Restore, throttle: "none", says: []string{"never throttles restores"}},
		{name: "it lifts this rule's limit only", rules: rules(all("x", throttles(10)), all("y", throttles(20), throttlesRestores)), source: a, target: b, operation: engine.Restore, throttle: "y 20 Mbit/s"},
		{name: "a restore can be throttled", rules: rules(all("x", throttles(10), throttlesRestores)), source: a, target: b, operation: engine.Restore, throttle: "x 10 Mbit/s"},

		{name: "each session has its part, rounded down", rules: rules(all("x", throttles(10), unit(engine.KilobytesPerSecond))), source: a, target: b, live: 3, throttle: "x 10 KB/s", share: 3333},
		{name: "no live session counts as this one", rules: rules(all("x", throttles(10), unit(engine.KilobytesPerSecond))), source: a, target: b, live: 0, throttle: "x 10 KB/s", share: 10_000},
	})
}

func TestSchedule(t *testing.T) {
	a, b := party("a", "10.0.0.1"), party("b", "10.0.0.2")
	work := "000000001111111111rrrrrr" // on from 8 to 18, relaxed from 18 to 24
	rules := func(zone string) []engine.Rule {
		return []engine.Rule{newRule("x", "any", "any", throttles(10), relaxed(40), hours(zone, work), encrypts)}
	}
	utc := func(hour, minute, second, ms int) time.Time {
		return time.Date(2027, 1, 20, hour, minute, second, ms*1_000_000, time.UTC)
	}
	run(t, []question{
		{name: "off", rules: rules(""), source: a, target: b, at: utc(7, 59, 59, 999), throttle: "none", says: []string{"does not throttle at Wednesday 07:59"}},
		{name: "on from the first moment of the hour", rules: rules(""), source: a, target: b, at: utc(8, 0, 0, 0), throttle: "x 10 Mbit/s"},
		{name: "on to the last millisecond", rules: rules(""), source: a, target: b, at: utc(17, 59, 59, 999), throttle: "x 10 Mbit/s"},
		{name: "relaxed has the second limit", rules: rules(""), source: a, target: b, at: utc(18, 0, 0, 0), throttle: "x 40 Mbit/s", says: []string{"relaxed limit of rule"}},
		{name: "encryption has no hours", rules: rules(""), source: a, target: b, at: utc(3, 0, 0, 0), mode: engine.Sealed, by: engine.ByRule, named: []string{"x"}, throttle: "none"},
		{name: "in the rule's time zone", rules: rules("Europe/Berlin"), source: a, target: b, at: utc(7, 0, 0, 0), throttle: "x 10 Mbit/s"},
		{name: "in a zone whose hours do not begin with the broker's", rules: rules("Asia/Kathmandu"), source: a, target: b, at: utc(2, 14, 59, 999), throttle: "none"},
		{name: "in a zone whose hours do not begin with the broker's, a moment later", rules: rules("Asia/Kathmandu"), source: a, target: b, at: utc(2, 15, 0, 0), throttle: "x 10 Mbit/s"},
		{name: "a relaxed limit competes as what it is", rules: append(rules(""), newRule("y", "any", "any", throttles(20))), source: a, target: b, at: utc(20, 0, 0, 0), throttle: "y 20 Mbit/s"},
	})

	t.Run("each day of the week has its own cells", func(t *testing.T) {
		rule := newRule("x", "any", "any", throttles(10), inZone("UTC"))
		off, err := engine.ParseDay("000000000000000000000000")
		if err != nil {
			t.Fatal(err)
		}
		rule.Schedule.Days[time.Sunday] = off
		for day := range 7 {
			at := time.Date(2027, 1, 17+day, 12, 0, 0, 0, time.UTC) // the 17th is a Sunday
			want := "x 10 Mbit/s"
			if at.Weekday() == time.Sunday {
				want = "none"
			}
			q := question{rules: []engine.Rule{rule}, source: a, target: b, at: at, throttle: want}
			q.check(t)
		}
	})
}

// The cell is that of the local clock: on the day of 23 hours one cell is skipped, on the day of 25 one holds twice.
func TestDaysOf23And25Hours(t *testing.T) {
	for _, day := range []struct {
		name  string
		begin time.Time
		cells string // as they follow one another, hour by hour
	}{
		{"23 hours: there is no hour 2", time.Date(2027, 3, 28, 0, 0, 0, 0, berlin), "01345678901234567890123"},
		{"24 hours", time.Date(2027, 3, 29, 0, 0, 0, 0, berlin), "012345678901234567890123"},
		{"25 hours: hour 2 holds twice", time.Date(2027, 10, 31, 0, 0, 0, 0, berlin), "0122345678901234567890123"},
	} {
		t.Run(day.name, func(t *testing.T) {
			for i := range len(day.cells) {
				moment := day.begin.UTC().Add(time.Duration(i)*time.Hour + 30*time.Minute)
				hour := moment.In(berlin).Hour()
				if byte('0'+hour%10) != day.cells[i] {
					t.Fatalf("hour %d after the day's begin is %d", i, hour)
				}
				// A rule that throttles in this hour alone must throttle now, and one that does so in all others must not.
				for _, only := range []bool{true, false} {
					cells := make([]byte, 24)
					for h := range cells {
						cells[h] = '0'
						if (h == hour) == only {
							cells[h] = '1'
						}
					}
					want := "none"
					if only {
						want = "x 10 Mbit/s"
					}
					q := question{rules: []engine.Rule{newRule("x", "any", "any", throttles(10), hours("Europe/Berlin", string(cells)))},
						source: party("a", "10.0.0.1"), target: party("b", "10.0.0.2"), at: moment, throttle: want}
					q.check(t)
				}
			}
			if next := day.begin.UTC().Add(time.Duration(len(day.cells)) * time.Hour).In(berlin); next.Hour() != 0 || next.Day() == day.begin.Day() {
				t.Errorf("the day does not end after %d hours", len(day.cells))
			}
		})
	}
}

func TestEachDirectionOfASessionIsCappedByItself(t *testing.T) {
	rules := compile(t, engine.RuleSet{Rules: []engine.Rule{internet(), newRule("x", "any", "any", throttles(10), encrypts)}})
	a, b := with(party("a", "10.0.0.1"), limited(50)), with(party("b", "10.0.0.2"), limited(60))
	live := func(rule string) int { return map[string]int{"x": 4, "component a": 2, "component b": 3}[rule] }
	for _, test := range []struct {
		direction          engine.Direction
		toTarget, toSource string
		shares             [2]uint64
	}{
		{engine.Push, "x", "component b", [2]uint64{1_250_000 / 4, 7_500_000 / 3}},
		{engine.Pull, "component a", "x", [2]uint64{6_250_000 / 2, 1_250_000 / 4}},
	} {
		t.Run(string(test.direction), func(t *testing.T) {
			d := rules.DecideSession(a, b, test.direction, false, netip.Addr{}, noon, engine.Names{}, live)
			if d.ToTarget == nil || d.ToSource == nil || d.ToTarget.Rule != test.toTarget || d.ToSource.Rule != test.toSource {
				t.Fatalf("to target %+v, to source %+v", d.ToTarget, d.ToSource)
			}
			if shares := [2]uint64{d.ToTarget.PerSessionBytesPerSecond, d.ToSource.PerSessionBytesPerSecond}; shares != test.shares {
				t.Errorf("shares %v, not %v", shares, test.shares)
			}
			if d.Throttle == nil || d.Throttle.Rule != "x" {
				t.Errorf("the decision's own limit is that on the backup, not %+v", d.Throttle)
			}
		})
	}
	t.Run("same machine", func(t *testing.T) {
		d := rules.DecideSession(a, b, engine.Push, true, netip.Addr{}, noon, engine.Names{}, nil)
		if d.Mode != engine.Plain || d.ToTarget != nil || d.ToSource != nil || d.Throttle != nil {
			t.Errorf("%+v", d)
		}
	})
}
