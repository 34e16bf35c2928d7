package headroom

import (
	"math"
	"testing"
	"time"

	"lockwire/engine"
)

// seconds feeds a meter: each entry is a second's bytes and what they took.
func seconds(m *Meter, count int, bytes uint64, perGB float64) {
	for range count {
		m.Second(bytes, time.Duration(perGB*float64(bytes)))
	}
}

func TestTheMeterGivesWhatASecondTook(t *testing.T) {
	for _, test := range []struct {
		name      string
		feed      func(*Meter)
		known     bool
		perGB     float64
		errorOver float64
	}{
		{"nothing", func(*Meter) {}, false, 0, 0},
		{"too little in each second", func(m *Meter) { seconds(m, 1000, leastInSecond-1, 0.5) }, false, 0, 0},
		{"too little in all", func(m *Meter) { seconds(m, 3, 10e6, 0.5) }, false, 0, 0},
		{"steady", func(m *Meter) { seconds(m, 20, 500e6, 0.5) }, true, 0.5, 0.5 * leastError},
		{"no processor time is known", func(m *Meter) { seconds(m, 20, 500e6, 0) }, false, 0, 0},
		{"it weighs by bytes", func(m *Meter) {
			seconds(m, 1, 600e6, 0.4)
			seconds(m, 1, 400e6, 0.65)
		}, true, 0.5, 0.05},
		{"it forgets", func(m *Meter) { seconds(m, 100, 100e6, 2); seconds(m, 20*halfLife, 100e6, 0.4) }, true, 0.4, 0.4 * leastError},
		{"what is not renewed becomes unknown", func(m *Meter) { seconds(m, 10, 1e9, 0.5); seconds(m, 30*halfLife, 0, 0) }, false, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var m Meter
			test.feed(&m)
			got := m.Cost()
			if got.Known() != test.known {
				t.Fatalf("%+v", got)
			}
			if !test.known {
				return
			}
			if math.Abs(got.PerGB-test.perGB) > 0.01*test.perGB || got.Error < 0.99*test.errorOver || got.Origin != engine.MeasuredLive || got.Bytes == 0 {
				t.Errorf("%+v, want %v ± at least %v", got, test.perGB, test.errorOver)
			}
		})
	}
}

func TestWhatASessionTakesAnywayIsToldFromWhatItsBytesTake(t *testing.T) {
	const fixed, perGB = 0.07, 0.9
	at := func(m *Meter, rate uint64) {
		for range 20 {
			m.Second(rate, time.Duration((fixed+perGB*float64(rate)/1e9)*float64(time.Second)))
		}
	}
	var m Meter
	at(&m, 100e6)
	if got := m.Cost(); got.Fixed != 0 || math.Abs(got.PerGB-1.6) > 0.01 {
		t.Errorf("while the pace does not vary it gives %+v", got)
	}
	at(&m, 300e6)
	at(&m, 1200e6)
	if got := m.Cost(); math.Abs(got.PerGB-perGB) > 0.01 || math.Abs(got.Fixed-fixed) > 0.01 {
		t.Errorf("got %+v, want %v and %v a GB", got, fixed, perGB)
	}
}

func TestACostIsNeverNegative(t *testing.T) {
	var m Meter
	for range 20 { // the more is moved, the less it takes: other work disturbed it
		m.Second(100e6, 900*time.Millisecond)
		m.Second(500e6, 100*time.Millisecond)
	}
	if got := m.Cost(); got.PerGB <= 0 || got.Fixed < 0 || math.IsNaN(got.Error) {
		t.Errorf("got %+v", got)
	}
}
