package main

import (
	"strings"
	"testing"

	"lockwire/engine"
)

func TestASessionsRowSaysHowManyConnectionsItHadNoPlaceFor(t *testing.T) {
	var row strings.Builder
	s := engine.Session{ID: "s", Flows: 1024, TurnedAway: 17}
	if err := table(&row, []engine.Session{s}, sessionHeader, sessionRow); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(row.String(), "1024 (17 reset)") {
		t.Errorf("it is\n%s", row.String())
	}
}
