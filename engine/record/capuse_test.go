package record

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func TestWhatSessionsDrawOnEachLimitIsAddedUp(t *testing.T) {
	uplink := engine.Cap{Rule: "Uplink", Value: 100, Unit: engine.MegabitsPerSecond}
	restores := uplink
	restores.Restores = true
	own := engine.Cap{Rule: "component files", Component: "files", Value: 10, Unit: engine.MegabytesPerSecond}
	draws := func(from engine.SideOfSession, holds int, caps ...engine.Cap) engine.Allotment {
		a := engine.Allotment{From: from}
		for i, c := range caps {
			a.Caps = append(a.Caps, engine.CapShare{Cap: c, Holds: i == holds})
		}
		return a
	}
	rates := func(toTarget, toSource uint64) engine.Traffic {
		return engine.Traffic{RateToTarget: toTarget, RateToSource: toSource}
	}
	got := CapUses([]engine.Session{
		{Allotments: []engine.Allotment{draws(engine.SourceEnd, 0, uplink, own), draws(engine.TargetEnd, 0, restores)}, Traffic: rates(1000, 30), HeldBack: engine.HeldByLimit},
		{Allotments: []engine.Allotment{draws(engine.SourceEnd, 0, uplink)}, Traffic: rates(500, 0), HeldBack: engine.HeldByTool},
		{Traffic: rates(7, 7)}, // under no limit
	})
	want := []CapUse{
		{Cap: uplink, Sessions: 2, Rate: 1500, HeldBack: 1},
		{Cap: restores, Sessions: 1, Rate: 30, HeldBack: 1},
		{Cap: own, Sessions: 1, Rate: 1000},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(CapUses(nil)) != 0 {
		t.Error("limits without sessions")
	}
}
