package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

// watchable gives some snapshots to whoever watches, and then waits.
type watchable struct {
	engine.Administration
	snapshots []engine.Snapshot
}

func (w watchable) Watch(ctx context.Context, _ time.Duration, each func(engine.Snapshot) error) error {
	for _, snapshot := range w.snapshots {
		if err := each(snapshot); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

// draining is a snapshot in which two components drain and vault has that many connections in one session; none ends the session.
func draining(flows int) engine.Snapshot {
	drain := &engine.Drain{Since: time.Now(), By: "administrator ann"}
	s := engine.Snapshot{When: time.Now(), Components: []engine.ComponentStatus{{Component: engine.Component{ID: "v", Name: "vault", Drain: drain}}, {Component: engine.Component{ID: "f", Name: "files", Drain: drain}}}}
	if flows > 0 {
		s.Sessions = []engine.Session{{Source: "x", Target: "v", Flows: flows}}
	}
	return s
}

func TestADrainIsWaitedForAndWhatIsStillCarriedIsSaidWhenItChanges(t *testing.T) {
	var said []string
	a := watchable{snapshots: []engine.Snapshot{draining(2), draining(2), draining(1), draining(0)}}
	if err := awaitDrained(t.Context(), a, []engine.ID{"v", "f"}, func(words string) { said = append(said, words) }); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"vault: ", "files: ", "vault: ", "vault: "} {
		if len(said) != 4 || !strings.HasPrefix(said[i], want) {
			t.Fatalf("it said %q", said)
		}
	}
	for i, want := range map[int]string{0: "2 connections in 1 session", 1: "carries nothing any more", 2: "1 connection in 1 session", 3: "carries nothing any more"} {
		if !strings.Contains(said[i], want) {
			t.Errorf("%q does not say %q", said[i], want)
		}
	}
}

func TestADrainThatIsNotWaitedForSaysOnceWhatIsCarried(t *testing.T) {
	var said []string
	if err := sayDraining(t.Context(), watchable{snapshots: []engine.Snapshot{draining(2)}}, []engine.ID{"v"}, func(words string) { said = append(said, words) }); err != nil {
		t.Fatal(err)
	}
	if len(said) != 1 || !strings.Contains(said[0], "still carries 2 connections in 1 session") {
		t.Errorf("it said %q", said)
	}
}

// Interrupting the command does not undo the order, and it says so.
func TestAnInterruptedWaitLeavesThemDraining(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := awaitDrained(ctx, watchable{snapshots: []engine.Snapshot{draining(2)}}, []engine.ID{"v"}, func(string) { cancel() })
	if err == nil || !strings.Contains(err.Error(), "they go on draining") {
		t.Errorf("it ended with %v", err)
	}
}
