package ui

import (
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
)

func TestHowThingsAreIsSaidWithoutNames(t *testing.T) {
	offline := engine.ComponentStatus{Component: testComponent(t, "fileserver", "10.0.0.1"), Problem: "it was switched off"}
	online := engine.ComponentStatus{Component: testComponent(t, "vault", "10.0.0.2"), Online: true}
	for _, test := range []struct {
		name   string
		state  State
		want   Outlook
		words  string
		things int
	}{
		{"well", State{Snapshot: engine.Snapshot{When: testMoment, Components: []engine.ComponentStatus{online}}}, AllWell, "All is well", 0},
		{"a component offline", State{Snapshot: engine.Snapshot{When: testMoment, Components: []engine.ComponentStatus{online, offline}}}, NeedsAttention, "1 thing needs attention", 1},
		{"two things", State{Snapshot: engine.Snapshot{When: testMoment, Components: []engine.ComponentStatus{offline}}, Rules: engine.RuleSet{Settings: engine.Settings{DisablePublicIPTrafficEncryption: 1}}},
			NeedsAttention, "2 things need attention", 2},
		{"no broker, whatever was before", State{Snapshot: engine.Snapshot{Components: []engine.ComponentStatus{offline}}, Problem: "dial fileserver: refused"}, NoBroker, "The broker cannot be reached", 1},
	} {
		got := StandingOf(&test.state)
		if got.Outlook != test.want || got.Words != test.words || len(got.Things) != test.things {
			t.Errorf("%s: %+v", test.name, got)
		}
		if strings.Contains(got.Words, "fileserver") {
			t.Errorf("%s names a component: %s", test.name, got.Words)
		}
	}
}

func TestAThingKeepsItsNameWhileItsWordsChange(t *testing.T) {
	c := engine.ComponentStatus{Component: testComponent(t, "fileserver", "10.0.0.1"), Problem: "first reason"}
	before := StandingOf(&State{Snapshot: engine.Snapshot{When: testMoment, Components: []engine.ComponentStatus{c}}})
	c.Problem = "second reason"
	after := StandingOf(&State{Snapshot: engine.Snapshot{When: testMoment, Components: []engine.ComponentStatus{c}}})
	if !slices.Equal(before.Things, after.Things) {
		t.Errorf("%v became %v", before.Things, after.Things)
	}
}
