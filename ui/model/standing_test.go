package model_test

import (
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/uitest"
)

func TestHowThingsAreIsSaidWithoutNames(t *testing.T) {
	offline := engine.ComponentStatus{Component: uitest.NewComponent(t, "fileserver", "10.0.0.1"), Problem: "it was switched off"}
	online := engine.ComponentStatus{Component: uitest.NewComponent(t, "vault", "10.0.0.2"), Online: true}
	for _, test := range []struct {
		name   string
		state  model.State
		want   model.Outlook
		words  string
		things int
	}{
		{"well", model.State{Snapshot: engine.Snapshot{When: uitest.Moment, Components: []engine.ComponentStatus{online}}}, model.AllWell, "All is well", 0},
		{"a component offline", model.State{Snapshot: engine.Snapshot{When: uitest.Moment, Components: []engine.ComponentStatus{online, offline}}}, model.NeedsAttention, "1 thing needs attention", 1},
		{"two things", model.State{Snapshot: engine.Snapshot{When: uitest.Moment, Components: []engine.ComponentStatus{offline}}, Rules: engine.RuleSet{Settings: engine.Settings{DisablePublicIPTrafficEncryption: 1}}},
			model.NeedsAttention, "2 things need attention", 2},
		{"no broker, whatever was before", model.State{Snapshot: engine.Snapshot{Components: []engine.ComponentStatus{offline}}, Problem: "dial fileserver: refused"}, model.NoBroker, "The broker cannot be reached", 1},
	} {
		got := model.StandingOf(&test.state)
		if got.Outlook != test.want || got.Words != test.words || len(got.Things) != test.things {
			t.Errorf("%s: %+v", test.name, got)
		}
		if strings.Contains(got.Words, "fileserver") {
			t.Errorf("%s names a component: %s", test.name, got.Words)
		}
	}
}

func TestAThingKeepsItsNameWhileItsWordsChange(t *testing.T) {
	c := engine.ComponentStatus{Component: uitest.NewComponent(t, "fileserver", "10.0.0.1"), Problem: "first reason"}
	before := model.StandingOf(&model.State{Snapshot: engine.Snapshot{When: uitest.Moment, Components: []engine.ComponentStatus{c}}})
	c.Problem = "second reason"
	after := model.StandingOf(&model.State{Snapshot: engine.Snapshot{When: uitest.Moment, Components: []engine.ComponentStatus{c}}})
	if !slices.Equal(before.Things, after.Things) {
		t.Errorf("%v became %v", before.Things, after.Things)
	}
}
