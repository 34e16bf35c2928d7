package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lockwire/engine"
)

func TestWhyNotSaysOfEveryRuleThatDidNotDecideWhy(t *testing.T) {
	list := "10.0.0.11, 10.0.0.12, 10.0.0.13, 10.0.0.14, 10.0.0.15, 10.0.0.16"
	rules := compile(t, engine.RuleSet{Rules: []engine.Rule{
		internet(), newRule("both", "10.0.0.0/24", "10.0.0.0/24"), newRule("half", "10.0.0.1", "10.9.9.9"), newRule("guard", "10.9.9.9", "host:never.example", encrypts), newRule("host", "host:never.example", "10.0.0.2", throttles(1)),
		newRule("off", "any", "any", encrypts, off), newRule("same side", "10.0.0.0/24", "10.9.9.9, tag:empty"), newRule("target", "10.9.9.9", "10.0.0.2"), newRule("win", "any", "any", encrypts),
		newRule("off by name", "component:nobody", "host:nowhere.example", encrypts, off), newRule("neither", list, "10.9.9.9"), newRule("alone", "10.0.0.1", "10.0.0.1"),
		newRule("link", "any", "any", exempts), newRule("fast", "any", "any", throttles(9)), newRule("slow", "any", "any", throttles(7)), newRule("weekend", "any", "any", throttles(1), func(r *engine.Rule) {
			schedule := engine.AlwaysOn()
			for day := range 5 {
				for hour := range 24 {
					schedule.Days[day+1][hour] = engine.Off
				}
			}
			r.Schedule = &schedule
		}),
	}})
	pair := engine.Pair{Source: party("a", "10.0.0.1"), Target: party("b", "10.0.0.2")}
	const matches = "matches as written: 10.0.0.1 on eth0 of a lies in its source, 10.0.0.2 on eth0 of b lies in its target; "
	want := []engine.Verdict{
		{Rule: "Internet", Lost: engine.NoPublicAddress, Text: "does not match: neither of the two has a public address"},
		{Rule: "alone", Lost: engine.OnlyOneInside, Text: "does not match: a lies in its source and in its target, but b (10.0.0.2) in neither"},
		{Rule: "both", Lost: engine.SaysNothing, Text: matches + "says nothing about encryption"},
		{Rule: "fast", Lost: engine.StricterLimit, Text: matches + "says nothing about encryption; would throttle data to b to 9 Mbit/s, but slow (7 Mbit/s) is lower"},
		{Rule: "guard", Lost: engine.OutsideSource, Text: "does not match: its source (10.9.9.9) contains no address of a (10.0.0.1) or b (10.0.0.2)"},
		{Rule: "half", Lost: engine.OutsideTarget, Text: "does not match: its target (10.9.9.9) contains no address of a (10.0.0.1) or b (10.0.0.2)"},
		{Rule: "host", Lost: engine.OutsideSource, Text: "does not match: its source (host:never.example without any address) contains no address of a (10.0.0.1) or b (10.0.0.2); host:never.example has never resolved, which counts as not matching because the rule does not encrypt"},
		{Rule: "link", Lost: engine.RuleEncrypts, Text: matches + `trusted link, which never beats a rule with encrypt: "win"`},
		{Rule: "neither", Lost: engine.OutsideBoth, Text: "does not match: neither its source (10.0.0.11, 10.0.0.12, 10.0.0.13, 10.0.0.14, 2 more) nor its target (10.9.9.9) contains an address of a (10.0.0.1) or b (10.0.0.2)"},
		{Rule: "same side", Lost: engine.OutsideTarget, Text: "does not match: its target (10.9.9.9, tag:empty without any address) contains no address of a (10.0.0.1) or b (10.0.0.2)"},
		{Rule: "target", Lost: engine.OutsideSource, Text: "does not match: its source (10.9.9.9) contains no address of a (10.0.0.1) or b (10.0.0.2)"},
		{Rule: "weekend", Lost: engine.OutsideHours, Text: matches + "says nothing about encryption; does not throttle at Wednesday 13:00 CET, next on Saturday, 23 January, 00:00 CET"},
	}
	decision := rules.Explain(pair, noon, engine.Names{})
	for i := range decision.WhyNot.Rules { // how a rule matched is what the tests of explanations are about
		v := &decision.WhyNot.Rules[i]
		v.Matched, v.SourceAddress, v.TargetAddress = false, "", ""
	}
	if diff := cmp.Diff(&engine.WhyNot{Rules: want, Off: 2}, decision.WhyNot); diff != "" {
		t.Error(diff)
	}
	text := Text(decision)
	for _, words := range []string{"Rules that decide:\n    slow: ", "    win: ", "Rules that do not, and why not (2 more are off):\n    Internet: does not match"} {
		if !strings.Contains(text, words) {
			t.Errorf("%q is not in\n%s", words, text)
		}
	}
	pair.Target = party("b")
	if verdict := rules.Explain(pair, noon, engine.Names{}).WhyNot.Rules[1]; verdict.Lost != engine.NoAddress || !strings.Contains(verdict.Text, "b has no address that the rules see") {
		t.Errorf("%+v", verdict)
	}
}

func TestWhyNotNamesWhatCameFirst(t *testing.T) {
	link, ended := newRule("link", "any", "any", exempts), newRule("ended", "any", "any", exemptsUntil("2027-01-01"))
	small := newRule("small", "10.0.0.1", "203.0.113.9", exempts)
	private, public := party("a", "10.0.0.1"), party("b", "203.0.113.9", "203.0.113.10")
	for _, test := range []struct {
		question
		rule string
		lost engine.Loss
	}{
		{question{rules: []engine.Rule{newRule("r", "any", "any", encrypts)}, source: private, target: with(public, gateway)}, "r", engine.BeforeRules},
		{question{rules: []engine.Rule{newRule("r", "any", "any", throttles(1))}, source: private, target: public, same: true}, "r", engine.BeforeRules},
		{question{rules: []engine.Rule{newRule("r", "any", "any", encrypts)}, source: private, target: public}, "Internet", engine.RuleEncrypts},
		{question{rules: []engine.Rule{link}, source: private, target: public}, "Internet", engine.TrustedLink},
		{question{settings: override, source: private, target: public}, "Internet", engine.OverrideSet},
		{question{rules: []engine.Rule{internet(silent)}, source: private, target: public}, "Internet", engine.SaysNothing},
		{question{rules: []engine.Rule{ended}, source: private, target: public}, "ended", engine.LinkEnded},
		{question{rules: []engine.Rule{small}, source: private, target: public}, "small", engine.LinkTooSmall},
		{question{rules: []engine.Rule{link}, source: private, target: party("b", "10.0.0.2")}, "link", engine.NothingToExempt},
		{question{rules: []engine.Rule{newRule("r", "any", "any", throttles(1))}, source: private, target: public, operation: engine.Restore}, "r", engine.SparesRestores},
		{question{rules: []engine.Rule{newRule("r", "any", "any", throttles(5))}, source: with(private, limited(1)), target: public}, "r", engine.StricterLimit},
	} {
		t.Run(string(test.lost), func(t *testing.T) {
			set := engine.RuleSet{Rules: test.rules}
			if !slices.ContainsFunc(set.Rules, func(r engine.Rule) bool { return r.IsInternet() }) {
				set.Rules = append(set.Rules, internet())
			}
			if test.settings != nil {
				test.settings(&set.Settings)
			}
			decision := compile(t, set).Explain(engine.Pair{Source: test.source, Target: test.target, SameMachine: test.same, Operation: test.operation}, noon, engine.Names{})
			i := slices.IndexFunc(decision.WhyNot.Rules, func(v engine.Verdict) bool { return v.Rule == test.rule })
			if i < 0 || decision.WhyNot.Rules[i].Lost != test.lost {
				t.Errorf("%q is not why not:\n%s", test.lost, Text(decision))
			}
		})
	}
}

// TestEveryRuleDecidesOrHasItsReason also takes each rule away that did not decide, and sees that it was not needed.
func TestEveryRuleDecidesOrHasItsReason(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, pair, moment, names := drawRules(t), drawPair(t), drawMoment(t), drawNames(t)
		decision := compile(t, set).Explain(pair, moment, names)
		plain := compile(t, set).Decide(pair, moment, names)
		if diff := cmp.Diff(answerOf(plain), answerOf(decision)); diff != "" {
			t.Fatal(diff)
		}
		if !slices.IsSortedFunc(decision.WhyNot.Rules, func(a, b engine.Verdict) int { return strings.Compare(a.Rule, b.Rule) }) {
			t.Fatalf("not sorted:\n%s", Text(decision))
		}
		ref := reference{set: set, pair: pair, moment: moment, names: names, zone: berlin}
		off := 0
		for i := range set.Rules {
			rule := &set.Rules[i]
			decides := slices.Contains(decision.Rules, rule.Name) || decision.Throttle != nil && decision.Throttle.Rule == rule.Name
			var reasons []engine.Verdict
			for _, verdict := range decision.WhyNot.Rules {
				if verdict.Rule == rule.Name {
					reasons = append(reasons, verdict)
				}
			}
			if !rule.Enabled {
				off++
			}
			if wanted := rule.Enabled && !decides; wanted != (len(reasons) == 1) || len(reasons) > 1 {
				t.Fatalf("%s: on %v, decides %v, reasons %v\n%s", rule.Name, rule.Enabled, decides, reasons, Text(decision))
			}
			if len(reasons) == 0 {
				continue
			}
			reason := reasons[0]
			if reason.Lost == "" || reason.Text == "" || reason.Matched != ref.matches(rule) {
				t.Fatalf("%s: matches %v, but its reason is %+v", rule.Name, ref.matches(rule), reason)
			}
			if !reason.Matched {
				checkUnmatched(t, &ref, rule, reason)
			}
			without := engine.RuleSet{Rules: slices.Clone(set.Rules), Settings: set.Settings}
			if without.Rules[i].Enabled = false; !rule.IsInternet() {
				without.Rules = slices.Delete(without.Rules, i, i+1)
			}
			now := answerOf(compile(t, without).Decide(pair, moment, names))
			was := answerOf(decision)
			if reason.Lost == engine.TrustedLink { // without Internet there is nothing to exempt, and plain it is all the same
				now.By, now.Rules, was.By, was.Rules = "", nil, "", nil
			}
			if diff := cmp.Diff(was, now); diff != "" {
				t.Fatalf("without %s, which lost by %q:\n%s", rule.Name, reason.Lost, diff)
			}
		}
		if decision.WhyNot.Off != off {
			t.Fatalf("%d off, not %d", decision.WhyNot.Off, off)
		}
	})
}

// checkUnmatched compares why a rule does not match with what the reference sees on each of its sides.
func checkUnmatched(t *rapid.T, ref *reference, rule *engine.Rule, reason engine.Verdict) {
	t.Helper()
	inSource := [2]bool{ref.anyIn(rule, rule.Source, ref.pair.Source), ref.anyIn(rule, rule.Source, ref.pair.Target)}
	inTarget := [2]bool{ref.anyIn(rule, rule.Target, ref.pair.Source), ref.anyIn(rule, rule.Target, ref.pair.Target)}
	source, target := inSource[0] || inSource[1], inTarget[0] || inTarget[1]
	var want engine.Loss
	switch {
	case rule.IsInternet():
		want = engine.NoPublicAddress
	case len(refAddresses(ref.pair.Source)) == 0 || len(refAddresses(ref.pair.Target)) == 0:
		want = engine.NoAddress
	case !source && !target:
		want = engine.OutsideBoth
	case !source:
		want = engine.OutsideSource
	case !target:
		want = engine.OutsideTarget
	default:
		want = engine.OnlyOneInside
	}
	if reason.Lost != want {
		t.Fatalf("%s: %q, wanted %q", rule.Name, reason.Lost, want)
	}
}

func TestTheNextLimitIsThatOfTheFirstMinuteThatHasOne(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York"}
	rapid.Check(t, func(t *rapid.T) {
		r := newRule("r", "any", "any", throttles(1), inZone(rapid.SampledFrom(zones).Draw(t, "zone")))
		for day := range r.Schedule.Days {
			for hour := range r.Schedule.Days[day] {
				r.Schedule.Days[day][hour] = engine.Off
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "hours on") {
			r.Schedule.Days[rapid.IntRange(0, 6).Draw(t, "day")][rapid.IntRange(0, 23).Draw(t, "hour")] = engine.On
		}
		compiled := compile(t, engine.RuleSet{Rules: []engine.Rule{internet(), r}})
		rule := compiled.find("r")
		// Weeks in which the clocks of these zones change.
		begin := rapid.SampledFrom([]string{"2027-03-12", "2027-03-26", "2027-04-02", "2027-10-01", "2027-10-29", "2027-11-05"}).Draw(t, "week")
		moment, _ := time.Parse(time.DateOnly, begin)
		moment = moment.Add(time.Duration(rapid.IntRange(0, 3*24*60).Draw(t, "minutes")) * time.Minute)
		if rule.limitAt(moment).cell != engine.Off {
			t.Skip("it throttles now")
		}
		next, found := rule.nextLimit(moment)
		for at := moment.Add(time.Minute); at.Before(moment.Add(8 * 24 * time.Hour)); at = at.Add(time.Minute) {
			if rule.limitAt(at).cell != engine.Off {
				if !found || !next.Equal(at) {
					t.Fatalf("next %v (%v), wanted %v", next, found, at)
				}
				return
			}
		}
		if found {
			t.Fatalf("next %v, but there is none", next)
		}
	})
}

func TestHostsOfRulesThatDoNotMatchAreNamedToo(t *testing.T) {
	rules := compile(t, engine.RuleSet{Rules: []engine.Rule{internet(), newRule("far", "host:nas.example", "10.9.9.9", throttles(1)), newRule("off", "host:other.example", "any", off)}})
	names := engine.Names{Hosts: map[string]engine.HostAnswer{"nas.example": {Now: addresses("10.7.7.7"), Since: noon}}}
	pair := engine.Pair{Source: party("a", "10.0.0.1"), Target: party("b", "10.0.0.2")}
	if stood := rules.Decide(pair, noon, names).Names; len(stood) != 0 {
		t.Errorf("without the question why not: %+v", stood)
	}
	stood := rules.Explain(pair, noon, names).Names
	if meaning := stood["host:nas.example"]; len(stood) != 1 || len(meaning.Addresses) != 1 || !meaning.Since.Equal(noon) {
		t.Errorf("%+v", stood)
	}
}
