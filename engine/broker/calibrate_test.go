package broker

import (
	"errors"
	"testing"

	"lockwire/engine"
	"lockwire/engine/wire"
)

func TestAComponentIsAskedToMeasureItselfOnlyWhileItIsFree(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		offline := i.component("offline", "10.0.0.5")
		for name, test := range map[string]struct {
			id   engine.ID
			want error
		}{
			"nobody":  {engine.NewID(), engine.ErrNotFound},
			"offline": {offline.id, engine.ErrOffline},
		} {
			if err := i.broker.Calibrate(t.Context(), test.id); !errors.Is(err, test.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := i.broker.Calibrate(t.Context(), p.source.id); err != nil {
			t.Fatal(err)
		}
		one(p.source, (*wire.Down).GetCalibrate)
		p.live()
		if err := i.broker.Calibrate(t.Context(), p.source.id); !errors.Is(err, engine.ErrInUse) {
			t.Errorf("with a session: %v", err)
		}
	})
}

func TestLiveCostsReachTheComponentsStatus(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		cost := engine.EndCost{Side: engine.SourceEnd, Mode: engine.Sealed, Cost: engine.Cost{PerGB: 0.5, Error: 0.1, Bytes: 1e9}}
		p.source.send(&wire.Up{Message: &wire.Up_Stats{Stats: &wire.Stats{Cores: []float64{0.5}, Costs: wire.FromCosts([]engine.EndCost{cost})}}})
		cost.Origin = engine.MeasuredLive
		for _, status := range i.broker.Components() {
			if status.ID == p.source.id && (len(status.Load.Costs) != 1 || status.Load.Costs[0] != cost) {
				t.Errorf("got %+v", status.Load.Costs)
			}
		}
	})
}
