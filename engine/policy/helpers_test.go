package policy

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

// rule makes an enabled rule of two comma-separated lists, changed by what it does.
func newRule(name, source, target string, does ...func(*engine.Rule)) engine.Rule {
	list := func(text string) (selectors []engine.Selector) {
		for entry := range strings.SplitSeq(text, ",") {
			selectors = append(selectors, mustSelector(strings.TrimSpace(entry)))
		}
		return selectors
	}
	r := engine.Rule{Name: name, Enabled: true, Source: list(source), Target: list(target)}
	for _, do := range does {
		do(&r)
	}
	return r
}

func internet(does ...func(*engine.Rule)) engine.Rule {
	r := engine.InternetRule()
	for _, do := range does {
		do(&r)
	}
	return r
}

func encrypts(r *engine.Rule) { r.Encrypt = true }
func silent(r *engine.Rule)   { r.Encrypt = false }
func off(r *engine.Rule)      { r.Enabled = false }

func exempts(r *engine.Rule) { r.Exempt = &engine.Exemption{Reason: "leased line"} }

func exemptsUntil(day string) func(*engine.Rule) {
	return func(r *engine.Rule) {
		until, err := engine.ParseDate(day)
		if err != nil {
			panic(err)
		}
		r.Exempt = &engine.Exemption{Reason: "leased line", Until: &until}
	}
}

// throttles limits to Mbit/s and never throttles restores, as a new rule does.
func throttles(value uint64) func(*engine.Rule) {
	return func(r *engine.Rule) {
		r.Throttle = &engine.Throttle{Limit: engine.Limit{Value: value, Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true}
	}
}

func throttlesRestores(r *engine.Rule) { r.Throttle.NeverThrottleRestores = false }

func unit(u engine.Unit) func(*engine.Rule) { return func(r *engine.Rule) { r.Throttle.Unit = u } }

func relaxed(value uint64) func(*engine.Rule) {
	return func(r *engine.Rule) {
		r.Throttle.Relaxed = &engine.Limit{Value: value, Unit: engine.MegabitsPerSecond}
	}
}

// hours gives every day the same cells.
func hours(zone, cells string) func(*engine.Rule) {
	return func(r *engine.Rule) {
		schedule := engine.Schedule{TimeZone: zone}
		for day := range schedule.Days {
			parsed, err := engine.ParseDay(cells)
			if err != nil {
				panic(err)
			}
			schedule.Days[day] = parsed
		}
		r.Schedule = &schedule
	}
}

func inZone(zone string) func(*engine.Rule) { return hours(zone, strings.Repeat("1", 24)) }

func override(s *engine.Settings) { s.DisablePublicIPTrafficEncryption = 1 }

func addresses(list ...string) (all []netip.Addr) {
	for _, text := range list {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

func with(p engine.Party, change func(*engine.Party)) engine.Party {
	change(&p)
	return p
}

func gateway(p *engine.Party) { p.Role = engine.ProviderGateway }

func limited(megabits uint64) func(*engine.Party) {
	return func(p *engine.Party) {
		p.LocalLimit = &engine.Limit{Value: megabits, Unit: engine.MegabitsPerSecond}
	}
}

// noon is a Wednesday's, in the zone of the installation too.
var noon = time.Date(2027, time.January, 20, 12, 0, 0, 0, time.UTC)

// question is one row of a table: what is asked, and what the answer must be.
type question struct {
	name           string
	rules          []engine.Rule // Internet is added where it is missing
	settings       func(*engine.Settings)
	prescribed     engine.Prescription
	source, target engine.Party
	same           bool
	operation      engine.Operation
	at             time.Time // noon where it is zero
	live           int
	names          engine.Names

	mode     engine.Mode // not asked where it is zero
	by       engine.By
	named    []string
	throttle string // "none", or rule and limit; not asked where it is empty
	share    uint64
	says     []string // words that must be in the text
}

func (q *question) ask(t *testing.T) engine.Decision {
	t.Helper()
	set := engine.RuleSet{Rules: slices.Clone(q.rules)}
	if !slices.ContainsFunc(set.Rules, func(r engine.Rule) bool { return r.IsInternet() }) {
		set.Rules = append(set.Rules, internet())
	}
	set.Prescribed = q.prescribed
	if q.settings != nil {
		q.settings(&set.Settings)
	}
	rules, err := Compile(set, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	at := q.at
	if at.IsZero() {
		at = noon
	}
	return rules.Decide(engine.Pair{Source: q.source, Target: q.target, SameMachine: q.same, Operation: q.operation, LiveSessions: q.live}, at, q.names)
}

func (q *question) check(t *testing.T) {
	t.Helper()
	decision := q.ask(t)
	if q.mode != 0 {
		got := []any{decision.Mode, decision.By, decision.Rules}
		want := []any{q.mode, q.by, append([]string{}, q.named...)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", diff, Text(decision))
		}
	}
	if q.throttle != "" {
		throttle, share := "none", uint64(0)
		if decision.Throttle != nil {
			throttle, share = decision.Throttle.Rule+" "+decision.Throttle.Limit().String(), decision.Throttle.PerSessionBytesPerSecond
		}
		if throttle != q.throttle {
			t.Errorf("throttle %s, not %s\n%s", throttle, q.throttle, Text(decision))
		}
		if q.share != 0 && share != q.share {
			t.Errorf("%d bytes per second for each session, not %d", share, q.share)
		}
	}
	for _, words := range q.says {
		if text := Text(decision); !strings.Contains(text, words) {
			t.Errorf("nothing says %q:\n%s", words, text)
		}
	}
}

func run(t *testing.T, questions []question) {
	t.Helper()
	for i := range questions {
		t.Run(questions[i].name, questions[i].check)
	}
}
