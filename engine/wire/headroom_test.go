package wire

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

func calibration() *engine.Calibration {
	return &engine.Calibration{
		When: time.UnixMilli(1_700_000_000_000).UTC(), Processor: "A processor", Build: "1.2.3", Cipher: engine.AES256GCM,
		One: engine.Speeds{Threads: 1, Seal: 1, Open: 2, Relay: 3}, All: engine.Speeds{Threads: 4, Seal: 5, Open: 6, Relay: 7},
		Costs: []engine.EndCost{{Side: engine.TargetEnd, Mode: engine.Plain, Cost: engine.Cost{PerGB: 0.5, Fixed: 0.25, Error: 0.1, Bytes: 9, Origin: engine.MeasuredByCalibration}}},
	}
}

func TestACalibrationCrossesTheWire(t *testing.T) {
	report := engine.Report{Version: "1.2.3", LinkSpeed: 1.25e9, Calibration: calibration()}
	got, err := FromReport(report).Engine()
	if err != nil {
		t.Fatal(err)
	}
	got.Calibration.When = got.Calibration.When.UTC()
	if !reflect.DeepEqual(got, report) {
		t.Errorf("got %+v\nwant %+v", got, report)
	}
	report.Calibration = nil
	if got, err := FromReport(report).Engine(); err != nil || got.Calibration != nil {
		t.Errorf("none became %+v, %v", got.Calibration, err)
	}
}

func TestWhatAComponentSaysOfCostsIsBounded(t *testing.T) {
	for name, change := range map[string]func(*Calibration){
		"a long text":                    func(c *Calibration) { c.Processor = strings.Repeat("x", maximumText+1) },
		"after the last year":            func(c *Calibration) { c.When = maximumMoment + 1 },
		"before the first":               func(c *Calibration) { c.When = math.MinInt64 },
		"no cipher":                      func(c *Calibration) { c.Cipher = 0 },
		"too many costs":                 func(c *Calibration) { c.Costs = make([]*EndCost, maximumCosts+1) },
		"a cost of nobody":               func(c *Calibration) { c.Costs[0].Side = 0 },
		"no mode":                        func(c *Calibration) { c.Costs[0].Mode = 9 },
		"no number":                      func(c *Calibration) { c.Costs[0].PerGb = math.NaN() },
		"a fixed cost that is no number": func(c *Calibration) { c.Costs[0].Fixed = math.NaN() },
		"a negative cost":                func(c *Calibration) { c.Costs[0].PerGb = -1 },
		"endless":                        func(c *Calibration) { c.Costs[0].Error = math.Inf(1) },
	} {
		t.Run(name, func(t *testing.T) {
			message := FromCalibration(calibration())
			change(message)
			if got, err := message.Engine(); !errors.Is(err, ErrMalformed) {
				t.Errorf("it became %+v, %v", got, err)
			}
		})
	}
	message := FromCalibration(calibration())
	message.When = maximumMoment
	last, err := message.Engine()
	if err == nil {
		_, err = json.Marshal(last)
	}
	if err != nil {
		t.Errorf("a report at the last moment cannot be kept: %v", err)
	}
	message.One, message.All.Relay, message.All.Threads = nil, math.MaxUint64, math.MaxUint32
	if got, err := message.Engine(); err != nil || got.All.Relay != maximumSpeed || got.All.Threads != maximumThreads || got.One != (engine.Speeds{}) {
		t.Errorf("it became %+v, %v", got, err)
	}
}
