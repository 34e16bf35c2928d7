package live

import (
	"testing"

	"lockwire/engine"
)

func TestKeptConnectionsGiveWayToFlows(t *testing.T) {
	b := NewBudget(2*80*FlowMemory, 0)
	one, other := engine.KeyID{1}, engine.KeyID{2}
	var evicted []int
	var leaves []func()
	for i := range 5 {
		leave, ok := b.Keep(one, func() { evicted = append(evicted, i) })
		if !ok {
			t.Fatalf("no room for connection %d", i)
		}
		leaves = append(leaves, leave)
	}
	if _, ok := b.Keep(one, nil); ok {
		t.Error("one peer keeps more than it leaves to the others")
	}
	leave, ok := b.Keep(other, func() { evicted = append(evicted, 5) })
	if !ok {
		t.Fatal("no room for another peer")
	}
	leaves = append(leaves, leave)
	leaves[1]()
	for _, peer := range []engine.KeyID{one, other, {3}, {4}, {5}, {6}} {
		take(t, b, peer)
	}
	if flows, _ := b.Used(); flows+b.used.kept > b.flows {
		t.Errorf("%d flows and %d kept connections of %d", flows, b.used.kept, b.flows)
	}
	if len(evicted) == 0 || evicted[0] != 0 {
		t.Errorf("%v were closed; the one that was kept longest comes first", evicted)
	}
	before := b.used.kept
	for _, leave := range leaves { // also those that were closed
		leave()
	}
	if b.used.kept != 0 || b.kept.Len() != 0 {
		t.Errorf("%d, before %d, are still counted", b.used.kept, before)
	}
}

func TestSmallBudgetKeepsNothing(t *testing.T) {
	b := NewBudget(0, 0)
	if _, ok := b.Keep(engine.KeyID{1}, nil); ok {
		t.Error("a connection is kept in place of the flows")
	}
}
