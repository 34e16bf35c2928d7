package headroom

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

func TestForecastNamesWhatLimits(t *testing.T) {
	now := time.Date(2027, 1, 20, 9, 0, 0, 0, time.UTC)
	branch := &engine.AppliedThrottle{Rule: "Branch", Value: 100, Unit: engine.MegabytesPerSecond}
	// a has 4 cores, 1 busy, and takes 0.5 of one for each GB/s: 6 GB/s; b has 2, idle, and takes 0.4: 5 GB/s.
	for _, test := range []struct {
		name     string
		question engine.ForecastQuestion
		change   func(source, target *End, decision *engine.Decision)
		possible uint64
		fits     uint64
		by       engine.Bottleneck
		at, text string
	}{
		{"as much as fits", engine.ForecastQuestion{}, nil, 5e9, 5e9, engine.LimitedByProcessor, "b", "40.0 Gbit/s more fit, between"},
		{"some of it", engine.ForecastQuestion{BytesPerSecond: 1e9}, nil, 5e9, 1e9, engine.LimitedByProcessor, "b", "8.0 Gbit/s more fit; 40.0 Gbit/s would, at the most"},
		{"more than fits", engine.ForecastQuestion{BytesPerSecond: 9e9}, nil, 5e9, 5e9, engine.LimitedByProcessor, "b", "Of 72.0 Gbit/s only 40.0 Gbit/s fit"},
		{"nothing more", engine.ForecastQuestion{}, func(_, target *End, _ *engine.Decision) {
			target.Status = machine("b", costs(0.4, 0.4), 1, 1)
		}, 0, 0, engine.LimitedByProcessor, "b", "Nothing more fits: all cores of b are busy."},
		{"one flow", engine.ForecastQuestion{Flows: 1}, nil, 2e9, 2e9, engine.LimitedByOneCore, "a", "a flow uses one core at a"},
		{"plain costs less", engine.ForecastQuestion{}, func(_, _ *End, d *engine.Decision) { d.Mode = engine.Plain }, 10e9, 10e9, engine.LimitedByProcessor, "b", ""},
		{"a network", engine.ForecastQuestion{}, func(source, _ *End, _ *engine.Decision) {
			source.Status.Report.LinkSpeed, source.Carried = 1.25e9, 0.25e9
		}, 1e9, 1e9, engine.LimitedByNetwork, "a", "interface of a is full"},
		{"a rule's limit", engine.ForecastQuestion{BytesPerSecond: 1e9}, func(_, _ *End, d *engine.Decision) { d.Throttle = branch },
			70e6, 70e6, engine.LimitedByCap, "", "Of 8.0 Gbit/s only 560.0 Mbit/s fit: Branch: 100 MB/s until 18:00, then no limit; others draw 240.0 Mbit/s of it, and would share it."},
		{"one machine", engine.ForecastQuestion{}, func(source, target *End, _ *engine.Decision) {
			target.Status.Report, target.Status.Load = source.Status.Report, source.Status.Load
			source.Status.Report.LinkSpeed = 1e6 // which nothing crosses; both ends together take one core for each GB/s
		}, 3e9, 3e9, engine.LimitedByProcessor, "a", "share its cores"},
		{"nothing was measured", engine.ForecastQuestion{BytesPerSecond: 1e9}, func(_, target *End, _ *engine.Decision) {
			target.Status.Report.Calibration = nil
		}, 0, 1e9, engine.LimitedUnknown, "b", "Nothing is known of what traffic costs b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := End{Status: machine("a", costs(0.5, 0.5), 1, 0, 0, 0)}
			target := End{Status: machine("b", costs(0.4, 0.4), 0, 0)}
			decision := engine.Decision{Mode: engine.Sealed, By: engine.ByRule, Rules: []string{"Backup network"}}
			if test.change != nil {
				test.change(&source, &target, &decision)
			}
			var caps []engine.CapLeft
			if decision.Throttle != nil { // a higher limit of which more is drawn leaves more all the same
				caps = []engine.CapLeft{
					{Cap: engine.Cap{Rule: "Branch", Value: 100, Unit: engine.MegabytesPerSecond, Until: now.Add(9 * time.Hour)}, Drawn: 30e6},
					{Cap: engine.Cap{Rule: "Wide", Value: 900, Unit: engine.MegabytesPerSecond}, Drawn: 820e6},
				}
			}
			got := Forecast(test.question, decision, caps, source, target, now)
			if got.Possible != test.possible || got.BytesPerSecond != test.fits || got.LimitedBy != test.by || got.At != test.at {
				t.Errorf("possible %d, fits %d, by %q at %q", got.Possible, got.BytesPerSecond, got.LimitedBy, got.At)
			}
			if !strings.Contains(got.Text, test.text) {
				t.Errorf("it says %q", got.Text)
			}
			if got.By != engine.ByRule || !slices.Equal(got.Rules, decision.Rules) {
				t.Errorf("decided by %q, rules %q", got.By, got.Rules)
			}
			if got.Low > got.Possible || got.High < got.Possible {
				t.Errorf("%d does not lie between %d and %d", got.Possible, got.Low, got.High)
			}
			if want := got.Source.Cost.PerGB * float64(got.BytesPerSecond) / 1e9; math.Abs(got.Source.Added-want) > 1e-9 || got.Source.Busy != 1 || got.Source.Cores != 4 {
				t.Errorf("source %+v", got.Source)
			}
		})
	}
}

func TestAForecastsQuestionIsChecked(t *testing.T) {
	good := engine.ForecastQuestion{Source: "a", Target: "b"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for field, change := range map[string]func(*engine.ForecastQuestion){
		"source":    func(q *engine.ForecastQuestion) { q.Source = "" },
		"target":    func(q *engine.ForecastQuestion) { q.Target = "" },
		"rate":      func(q *engine.ForecastQuestion) { q.BytesPerSecond = math.MaxUint64 },
		"flows":     func(q *engine.ForecastQuestion) { q.Flows = -1 },
		"operation": func(q *engine.ForecastQuestion) { q.Operation = "sideways" },
	} {
		q := good
		change(&q)
		if err := q.Check(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
