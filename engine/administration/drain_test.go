package administration

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

func TestSeveralComponentsDrainAsOneAndTheAuditHasEach(t *testing.T) {
	f := newFixture(t)
	both := []engine.ID{f.source.ID, f.target.ID, f.source.ID}
	if err := f.Drain(t.Context(), engine.DrainOrder{Components: both, WithinSeconds: 1800}); err != nil {
		t.Fatal(err)
	}
	want := engine.Drain{Since: moment, Until: moment.Add(30 * time.Minute), By: "uid 0 (root)"}
	for _, id := range both {
		if c := f.component(t, id); c.Drain == nil || *c.Drain != want || c.Revision != 0 {
			t.Errorf("%s drains: %+v, revision %d", c.Name, c.Drain, c.Revision)
		}
	}
	if f.broker.refreshed != 1 {
		t.Errorf("the broker was told %d times", f.broker.refreshed)
	}
	// Ordered again by somebody else, since when stays and the time is another.
	if err := f.As("administrator ann", engine.MayChange).Drain(t.Context(), engine.DrainOrder{Components: both[1:2]}); err != nil {
		t.Fatal(err)
	}
	if c := f.component(t, f.target.ID); *c.Drain != (engine.Drain{Since: moment, By: "administrator ann"}) {
		t.Errorf("%s drains: %+v", c.Name, c.Drain)
	}
	// An edit of the component leaves it draining.
	f.apply(t, engine.Change{Rename: &engine.Renaming{Component: f.target.ID, Name: "vault"}})
	if f.component(t, f.target.ID).Drain == nil {
		t.Error("renamed, it takes connections again")
	}
	for range 2 { // undone twice is undone once
		if err := f.Drain(t.Context(), engine.DrainOrder{Components: both, Undo: true}); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range both {
		if f.component(t, id).Drain != nil {
			t.Errorf("%s drains still", id)
		}
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{Upward: true})
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, e := range entries {
		seen = append(seen, string(e.Who)+" "+e.What+" "+e.Thing)
	}
	const wanted = "uid 0 (root) component.drain source, uid 0 (root) component.drain target, administrator ann component.drain target, uid 0 (root) component.rename vault, uid 0 (root) component.drain-undo source, uid 0 (root) component.drain-undo vault"
	if got := strings.Join(seen, ", "); got != wanted {
		t.Errorf("the audit has %s", got)
	}
	if !strings.Contains(string(entries[0].After), `"drain":{"since":"2026-06-03T12:00:00Z","until":"2026-06-03T12:30:00Z","by":"uid 0 (root)"}`) {
		t.Errorf("the audit says %s", entries[0].After)
	}
}

func TestAnOrderToDrainThatCannotBeCarriedOutChangesNothing(t *testing.T) {
	f := newFixture(t)
	gone := component(t, "gone", "10.0.0.7")
	gone.Revoked = moment
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(gone) }); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		order engine.DrainOrder
		want  string
	}{
		"nobody":               {engine.DrainOrder{}, "at least one component"},
		"one that is not here": {engine.DrainOrder{Components: []engine.ID{f.source.ID, engine.NewID()}}, "not found"},
		"a revoked one":        {engine.DrainOrder{Components: []engine.ID{f.source.ID, gone.ID}}, "is revoked"},
		"too long":             {engine.DrainOrder{Components: []engine.ID{f.source.ID}, WithinSeconds: engine.MaximumDrainSeconds + 1}, "168h"},
		"a negative time":      {engine.DrainOrder{Components: []engine.ID{f.source.ID}, WithinSeconds: -1}, "within"},
		"undone within a time": {engine.DrainOrder{Components: []engine.ID{f.source.ID}, WithinSeconds: 1, Undo: true}, "within"},
	} {
		if err := f.Drain(t.Context(), test.order); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
		if f.component(t, f.source.ID).Drain != nil {
			t.Fatalf("%s: it drains", name)
		}
	}
}

// What was ordered on the machine itself is undone there, and whoever tries it elsewhere is told so.
func TestADrainOfTheMachinesOwnIsNotUndoneFromElsewhere(t *testing.T) {
	f := newFixture(t)
	own := f.target
	own.Report.Drain = &engine.Drain{Since: moment, By: "lockwire-agent drain, on that machine"}
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(own) }); err != nil {
		t.Fatal(err)
	}
	client := newClient(t, f.Local, engine.MayChange)
	err := client.Drain(t.Context(), engine.DrainOrder{Components: []engine.ID{own.ID}, Undo: true})
	if err == nil || !strings.Contains(err.Error(), "lockwire-agent drain --undo") {
		t.Errorf("undone: %v", err)
	}
	if err := client.Drain(t.Context(), engine.DrainOrder{Components: []engine.ID{own.ID}}); err != nil {
		t.Error(err)
	}
	if err := client.Drain(t.Context(), engine.DrainOrder{Components: []engine.ID{own.ID}, Undo: true}); err != nil {
		t.Errorf("an administrator's order is one's own to undo, whatever the machine says: %v", err)
	}
	if err := client.Drain(t.Context(), engine.DrainOrder{Components: []engine.ID{engine.NewID()}}); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
}
