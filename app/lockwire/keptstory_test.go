package main

import (
	"encoding/json"
	"errors"
	"os/exec"
	"reflect"
	"slices"
	"testing"

	"lockwire/app/host"
	"lockwire/engine"
)

// told is what the command line says about a data folder, in JSON.
func told[T any](s *screen, lockwired, folder string, arguments ...string) T {
	s.t.Helper()
	var answer T
	out, err := s.command(lockwired, append(arguments, "--json", "--data", folder)...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		s.t.Fatalf("lockwired %v: %v\n%s", arguments, err, failed.Stderr)
	}
	if err := errors.Join(err, json.Unmarshal(out, &answer)); err != nil {
		s.t.Fatalf("lockwired %v: %v\n%s", arguments, err, out)
	}
	return answer
}

// ruleNames are the names of rules but the predefined one.
func ruleNames(rules []engine.Rule) []string {
	var names []string
	for _, rule := range rules {
		if !rule.IsInternet() {
			names = append(names, rule.Name)
		}
	}
	slices.Sort(names)
	return names
}

func TestRulesThatWereClickedAreThereWhenTheWindowIsOpenedAgain(t *testing.T) {
	need(t, "Xvfb", "openbox", "xdotool")
	s := display(t)
	program, lockwired := build(t, released), buildProgram(t, "lockwired", released)
	folder := newInstallation(t)
	listen, err := host.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	s.run(program, "--data", folder, "--listen", listen)
	admin := s.attach(folder)
	set := func() []engine.Rule {
		rules, err := admin.RuleSet(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return rules.Rules
	}
	rules := func() []engine.Rule { return told[[]engine.Rule](s, lockwired, folder, "rules", "list") }

	s.tap("Traffic rules")
	add := func(name, source, target string) {
		s.tap("Add…")
		s.see("Add traffic rule")
		s.tap("Encrypt traffic between them")
		s.fill("Name", name)
		s.fill("Source", source)
		s.fill("Target", target)
	}
	add("Branch uplink", "10.1.0.0/16", "172.16.0.31")
	s.tap("Save")
	add("Old office", "192.168.0.1-192.168.0.255", "any")
	s.do("key", "Return") // in a field, saves
	// One is edited, copied and turned off; the other is removed, brought back and removed again.
	s.tap("Branch uplink")
	s.tap("Edit…")
	s.fill("Comment", "until the line is renewed")
	s.tap("Save")
	s.wait("the comment", func() bool {
		return slices.ContainsFunc(set(), func(rule engine.Rule) bool { return rule.Comment == "until the line is renewed" })
	})
	s.tap("Duplicate…")
	s.see("Branch uplink (2)")
	s.tap("Save")
	s.wait("the copy in the table", func() bool { return s.shows("Add…") && s.shows("Branch uplink (2)") })
	s.tap("Turn off")
	s.see("off")
	s.tap("Old office")
	s.tap("Remove…")
	s.tap("Remove rule")
	s.wait("the rule is removed", func() bool { return !s.shows("Old office") && len(ruleNames(set())) == 2 })
	s.do("key", "ctrl+z")
	s.tap("Old office")
	s.tap("Remove…")
	s.tap("Remove rule")
	s.wait("the rule is removed again", func() bool { return len(ruleNames(set())) == 2 })
	live, changes := rules(), told[[]engine.AuditEntry](s, lockwired, folder, "audit")
	if names := ruleNames(live); !slices.Equal(names, []string{"Branch uplink", "Branch uplink (2)"}) {
		t.Fatalf("the rules are %v", names)
	}

	s.do("key", "alt+F4")
	s.tap("Stop the broker and close")
	s.ended()
	if kept := rules(); !reflect.DeepEqual(kept, live) { // no broker runs: this is what the database holds
		t.Errorf("kept were %+v, live %+v", kept, live)
	}

	s.run(program, "--data", folder, "--listen", listen)
	for _, name := range ruleNames(live) { // on the page that was shown last
		s.see(name)
	}
	if s.shows("Old office") {
		t.Error("the rule that was removed is shown")
	}
	if again := rules(); !reflect.DeepEqual(again, live) {
		t.Errorf("it began again with %+v, live were %+v", again, live)
	}
	after := told[[]engine.AuditEntry](s, lockwired, folder, "audit")
	if len(after) < len(changes) || !reflect.DeepEqual(after[len(after)-len(changes):], changes) {
		t.Errorf("the audit was %+v and is %+v", changes, after)
	}
	s.tap("Activity")
	s.see("Branch uplink (2)")
	s.do("key", "alt+F4")
	s.tap("Stop the broker and close")
	s.ended()
}
