package administration

import (
	"errors"
	"slices"
	"testing"

	"lockwire/engine"
)

// measured lets both components of a fixture know what sealed traffic costs them.
func (f *fixture) measured(t *testing.T) {
	t.Helper()
	cost := func(side engine.SideOfSession, perGB float64) engine.EndCost {
		return engine.EndCost{Side: side, Mode: engine.Sealed, Cost: engine.Cost{PerGB: perGB, Error: perGB / 10}}
	}
	f.source.Report.Calibration = &engine.Calibration{Costs: []engine.EndCost{cost(engine.SourceEnd, 0.5), cost(engine.TargetEnd, 0.5)}}
	f.target.Report.Calibration = &engine.Calibration{Costs: []engine.EndCost{cost(engine.SourceEnd, 0.4), cost(engine.TargetEnd, 0.4)}}
	f.source.Report.Boot, f.target.Report.Boot = "one", "another"
	err := f.Store.Write(t.Context(), func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(f.source), tx.PutComponent(f.target))
	})
	if err != nil {
		t.Fatal(err)
	}
	f.broker.load = engine.Load{Cores: []float64{0.5, 0, 0, 0.5}}
}

func TestAForecastIsMadeUnderThePresentRules(t *testing.T) {
	f := newFixture(t)
	f.measured(t)
	rule := engine.Rule{Name: "seal", Enabled: true, Encrypt: true, Source: []engine.Selector{{Kind: engine.SelectAny}}, Target: []engine.Selector{{Kind: engine.SelectAny}}}
	if _, err := f.Apply(t.Context(), engine.Change{AddRule: &rule}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	f.broker.sessions = []engine.Session{{Source: f.source.ID, Target: f.target.ID, Traffic: engine.Traffic{RateToTarget: 1e9}}}
	got, err := f.Forecast(t.Context(), engine.ForecastQuestion{Source: "source", Target: string(f.target.ID), BytesPerSecond: 1e9})
	if err != nil {
		t.Fatal(err)
	}
	if got.Mode != engine.Sealed || got.By != engine.ByRule || got.Possible != 6e9 || got.BytesPerSecond != 1e9 || got.At != "source" {
		t.Errorf("got %+v", got)
	}
	if got.Source.Added != 0.5 || got.Source.Busy != 1 || got.Source.Carried != 1e9 || got.Target.Added != 0.4 {
		t.Errorf("source %+v, target %+v", got.Source, got.Target)
	}
}

// A forecast leaves to others what they draw on a limit.
func TestAForecastCountsWhatOthersDrawOnALimit(t *testing.T) {
	f := newFixture(t)
	f.measured(t)
	rule := engine.Rule{Name: "Branch", Enabled: true, Source: []engine.Selector{{Kind: engine.SelectAny}}, Target: []engine.Selector{{Kind: engine.SelectAny}},
		Encrypt: true, Throttle: &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabytesPerSecond}, NeverThrottleRestores: true}}
	if _, err := f.Apply(t.Context(), engine.Change{AddRule: &rule}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	branch := engine.CapShare{Cap: engine.Cap{Rule: "Branch", Value: 100, Unit: engine.MegabytesPerSecond}}
	elsewhere := engine.CapShare{Cap: engine.Cap{Rule: "Elsewhere", Value: 1, Unit: engine.MegabytesPerSecond}}
	drawing := func(rate uint64, caps ...engine.CapShare) engine.Session {
		return engine.Session{Allotments: []engine.Allotment{{From: engine.SourceEnd, Caps: caps}}, Traffic: engine.Traffic{RateToTarget: rate}}
	}
	f.broker.sessions = []engine.Session{drawing(40e6, branch), drawing(25e6, branch, elsewhere), drawing(7e6, elsewhere)}
	got, err := f.Forecast(t.Context(), engine.ForecastQuestion{Source: "source", Target: "target"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Possible != 35e6 || got.LimitedBy != engine.LimitedByCap || got.Cap == nil || got.Cap.Drawn != 65e6 {
		t.Errorf("got %+v, limited by %+v", got, got.Cap)
	}
	restore, err := f.Forecast(t.Context(), engine.ForecastQuestion{Source: "source", Target: "target", Operation: engine.Restore})
	if err != nil || restore.Cap != nil || restore.LimitedBy == engine.LimitedByCap {
		t.Errorf("a restore, which no limit holds for: %+v, %v", restore, err)
	}
}

func TestAForecastThatCannotBeMadeSaysWhy(t *testing.T) {
	f := newFixture(t)
	for field, question := range map[string]engine.ForecastQuestion{
		"source": {Target: "target"},
		"target": {Source: "source", Target: "nobody"},
		"flows":  {Source: "source", Target: "target", Flows: -1},
	} {
		_, err := f.Forecast(t.Context(), question)
		var wrong *engine.FieldError
		if !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	f.Broker = nil
	if _, err := f.Forecast(t.Context(), engine.ForecastQuestion{Source: "source", Target: "target"}); !errors.Is(err, engine.ErrNoBroker) {
		t.Errorf("without a broker: %v", err)
	}
	if err := f.Calibrate(t.Context(), f.source.ID); !errors.Is(err, engine.ErrNoBroker) {
		t.Errorf("without a broker: %v", err)
	}
}

func TestComponentsAreShownWithTheirHeadroom(t *testing.T) {
	f := newFixture(t)
	f.measured(t)
	statuses, err := f.Components(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(statuses, func(c engine.ComponentStatus) bool { return c.ID == f.source.ID })
	if h := statuses[at].Headroom; h.BytesPerSecond != 6e9 || h.LimitedBy != engine.LimitedByProcessor {
		t.Errorf("got %+v", h)
	}
	if err := f.Calibrate(t.Context(), f.source.ID); err != nil || !slices.Equal(f.broker.measured, []engine.ID{f.source.ID}) {
		t.Errorf("%v, %v", err, f.broker.measured)
	}
}
