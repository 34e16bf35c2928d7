package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

// young is how old a session of the try-out may be for a story to ask about it: it then lives until the answer, and beyond.
const young = 5 * time.Second

// session waits for a live session that carries bytes, is as it is wanted, and began a moment ago.
func (s *screen) session(admin engine.Administration, what string, wanted func(*engine.Session) bool) engine.Session {
	s.t.Helper()
	var found engine.Session
	s.wait(what, func() bool {
		sessions, err := admin.Sessions(context.Background())
		if err != nil {
			s.t.Fatal(err)
		}
		at := slices.IndexFunc(sessions, func(session engine.Session) bool {
			return !session.Stale && session.Traffic.ToTarget > 0 && time.Since(session.Began) < young && wanted(&session)
		})
		if at >= 0 {
			found = sessions[at]
		}
		return at >= 0
	})
	return found
}

// of wants sessions of the file server, of a mode, under exactly one rule; under none where the rule is empty.
func of(mode engine.Mode, rule string) func(*engine.Session) bool {
	return func(session *engine.Session) bool {
		rules := session.Decision.Rules
		return session.SourceName == "File server" && session.Decision.Mode == mode && (rule == "" && len(rules) == 0 || len(rules) == 1 && rules[0] == rule)
	}
}

// wasCut waits for the receipt of a session, and wants that an administrator ended it and that no key of it is left.
func (s *screen) wasCut(admin engine.Administration, id engine.ID) {
	s.t.Helper()
	var receipt engine.Receipt
	s.wait("the receipt", func() (there bool) {
		found, err := admin.Receipt(context.Background(), id)
		receipt = found
		return err == nil
	})
	key := receipt.Key
	if receipt.Decision.Mode == engine.Sealed && (key.DestroyedBroker.IsZero() || key.DestroyedSource.IsZero() || key.DestroyedTarget.IsZero()) {
		s.t.Errorf("a key may be left: %+v", key)
	}
	if !strings.Contains(receipt.Reason, "cut") {
		s.t.Errorf("it ended because %q", receipt.Reason)
	}
}

// rule gives a stored rule by its name.
func (s *screen) rule(admin engine.Administration, name string) (engine.Rule, bool) {
	s.t.Helper()
	set, err := admin.RuleSet(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	at := slices.IndexFunc(set.Rules, func(rule engine.Rule) bool { return rule.Name == name })
	if at < 0 {
		return engine.Rule{}, false
	}
	return set.Rules[at], true
}

// cutNow answers the question that a change of the rules asks about live sessions, by the button that goes on.
func (s *screen) cutNow(verb string) {
	s.t.Helper()
	s.tap("cut them now")
	s.tap(verb)
}

func TestSomebodyTriesItOutAndTheSessionsFollowTheRulesAsTheyAreClicked(t *testing.T) {
	need(t, "Xvfb", "openbox", "xdotool")
	s := display(t)
	s.run(build(t, released), "--data", filepath.Join(s.folder, "nothing"))
	s.see("Make this computer the broker")
	s.see("Attach to a broker")
	s.tap("Try it")
	admin := s.engine()
	const first, own = "Files to the vault", "Own networks"

	// The rule that the try-out made is turned off, and what runs under it is cut.
	s.tap("Traffic rules")
	s.tap(first)
	sealed := s.session(admin, "a sealed session", of(engine.Sealed, first))
	s.tap("Turn off")
	s.cutNow("Turn off")
	s.wasCut(admin, sealed.ID)
	if rule, _ := s.rule(admin, first); rule.Enabled {
		t.Error("the rule is on")
	}
	s.session(admin, "a plain session, under no rule", of(engine.Plain, ""))

	// Another rule is added, for ranges of addresses, with a limit that holds in painted hours.
	s.tap("Add…")
	s.see("Add traffic rule")
	s.fill("Name", own)
	s.fill("Source", "10.20.0.0-10.20.0.255, 10.21.0.0/16")
	s.fill("Target", "192.168.50.0/24")
	s.tap("Encrypt traffic between them")
	s.tap("Limit throughput")
	s.fill("Limit", "800")
	s.click(s.reveal("the choice of hours", saying("Only in these hours")))
	s.reveal("the week", func(all []seen) (seen, bool) { return largest(all, "*page.ScheduleGrid") })
	s.drag(s.hour("Tue", 8), s.hour("Thu", 17))
	s.see("Mon all day · Tue–Thu 00–08, 18–24 · Fri–Sun all day")
	plain := s.session(admin, "a plain session that just began", of(engine.Plain, ""))
	s.tap("Save")
	s.cutNow("Add the rule")
	s.wasCut(admin, plain.ID)
	rule, kept := s.rule(admin, own)
	if !kept || !rule.Enabled || !rule.Encrypt || len(rule.Source) != 2 || len(rule.Target) != 1 || rule.Throttle == nil || rule.Throttle.Value != 800 || rule.Schedule == nil {
		t.Fatalf("the rule was saved as %+v", rule)
	}
	for day, hours := range rule.Schedule.Days {
		for hour, cell := range hours {
			painted := time.Weekday(day) >= time.Tuesday && time.Weekday(day) <= time.Thursday && hour >= 8 && hour <= 17
			if want := map[bool]engine.Cell{true: engine.Off, false: engine.On}[painted]; cell != want {
				t.Errorf("%v %d:00 is %q, want %q", time.Weekday(day), hour, cell, want)
			}
		}
	}
	again := s.session(admin, "a sealed session under the new rule", of(engine.Sealed, own))

	// And that session is cut on its page.
	s.tap("Sessions")
	s.tap("File server")
	s.tap("Cut…")
	s.tap("Cut session")
	s.wasCut(admin, again.ID)
	s.session(admin, "the next session under the new rule", of(engine.Sealed, own))
	s.close(os.Interrupt)
}
