package machine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
	"lockwire/engine/headroom"
	"lockwire/engine/headroom/calibrate"
)

// measuring is a calibrator whose calibrations are the test's.
type measuring struct {
	*Calibrator
	measured []calibrate.Options
	busy     atomic.Bool
	// next is what the following calibration does; nil succeeds at once.
	next func(context.Context) error
}

func newMeasuring(folder string, log *bytes.Buffer) *measuring {
	m := &measuring{}
	m.Calibrator = NewCalibrator(CalibratorConfig{
		Folder: folder, Version: "1", Enabled: true, Log: slog.New(slog.NewTextHandler(log, nil)), Clock: SystemClock{}, System: ThisMachine{},
		Reporter: &Reporter{processor: headroom.Processor()}, Busy: m.busy.Load,
		Measure: func(ctx context.Context, o calibrate.Options) (engine.Calibration, error) {
			m.measured = append(m.measured, o)
			if m.next != nil {
				if err := m.next(ctx); err != nil {
					return engine.Calibration{}, err
				}
			}
			p := headroom.Processor()
			return engine.Calibration{When: o.Now(), Processor: p.Name, Build: o.Build, Cipher: o.Cipher, All: engine.Speeds{Threads: p.Cores, Relay: 1}}, nil
		},
	})
	return m
}

// during runs the calibrator for some time.
func (m *measuring) during(t *testing.T, length time.Duration, meanwhile func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.Run(ctx)
	}()
	if meanwhile != nil {
		synctest.Wait()
		meanwhile()
	}
	time.Sleep(length) // of the bubble's clock
	cancel()
	<-ended
}

// begin lets a session begin.
func (m *measuring) begin() {
	m.busy.Store(true)
	m.Yield()
}

func TestTheProcessorIsMeasuredOnceWhenAllIsCalm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder, log := t.TempDir(), &bytes.Buffer{}
		m := newMeasuring(folder, log)
		m.during(t, calmBefore-time.Second, nil)
		if len(m.measured) != 0 {
			t.Error("it measured before it had been calm")
		}
		m.during(t, 10*calmBefore, nil)
		if len(m.measured) != 1 || m.Reporter.calibration.Load() == nil {
			t.Fatalf("it measured %d times: %s", len(m.measured), log)
		}
		again := newMeasuring(folder, log)
		if kept := again.Reporter.calibration.Load(); kept == nil || kept.All.Relay != 1 {
			t.Errorf("after a restart it knows %+v: %s", kept, log)
		}
		again.during(t, 10*calmBefore, nil)
		if len(again.measured) != 0 {
			t.Error("it measured again after a restart")
		}
	})
}

func TestWhatWasKeptHoldsForOneProcessorAndBuild(t *testing.T) {
	p := headroom.Processor()
	good := engine.Calibration{Processor: p.Name, Build: "1", Cipher: headroom.Cipher(p), All: engine.Speeds{Threads: p.Cores}}
	for _, test := range []struct {
		name   string
		change func(*engine.Calibration)
		holds  bool
	}{
		{"the same", func(*engine.Calibration) {}, true},
		{"another processor", func(c *engine.Calibration) { c.Processor += "x" }, false},
		{"other cores", func(c *engine.Calibration) { c.All.Threads++ }, false},
		{"another version", func(c *engine.Calibration) { c.Build = "2" }, false},
		{"another cipher", func(c *engine.Calibration) { c.Cipher++ }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			kept := good
			test.change(&kept)
			if err := KeepCalibration(folder, kept); err != nil {
				t.Fatal(err)
			}
			if got := newMeasuring(folder, &bytes.Buffer{}).Reporter.calibration.Load(); (got != nil) != test.holds {
				t.Errorf("it took %+v", got)
			}
		})
	}
	t.Run("without a folder nothing is kept or found", func(t *testing.T) {
		t.Chdir(t.TempDir()) // where a file of that name would be another's
		if err := os.WriteFile(calibrationFile, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		log := &bytes.Buffer{}
		m := newMeasuring("", log)
		if err := KeepCalibration("", good); err != nil || m.Reporter.calibration.Load() != nil || log.Len() > 0 {
			t.Errorf("%v, %q", err, log)
		}
	})
	for name, text := range map[string]string{"damaged": "{", "too long": strings.Repeat(" ", maximumCalibrationFile) + "{}", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			folder, log := t.TempDir(), &bytes.Buffer{}
			if err := os.WriteFile(filepath.Join(folder, calibrationFile), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := newMeasuring(folder, log).Reporter.calibration.Load(); got != nil || !strings.Contains(log.String(), "measured anew") {
				t.Errorf("it took %+v and said %q", got, log)
			}
		})
	}
}

func TestNeverDuringASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &bytes.Buffer{}
		m := newMeasuring(t.TempDir(), log)
		m.begin()
		m.during(t, 5*calmBefore, m.Order)
		if len(m.measured) != 0 {
			t.Fatal("it measured while a session lived")
		}
		m.busy.Store(false)
		var why error
		m.next = func(ctx context.Context) error {
			m.next = nil
			go m.begin()
			<-ctx.Done()
			why = context.Cause(ctx)
			return why
		}
		m.during(t, calmBefore+time.Second, nil)
		if !errors.Is(why, errSessionBegins) || m.Reporter.calibration.Load() != nil {
			t.Errorf("a session began, and the calibration ended with %v", why)
		}
	})
}

func TestTheBrokerCanAskForAnotherMeasurement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeasuring(t.TempDir(), &bytes.Buffer{})
		m.during(t, 2*calmBefore, nil)
		before := m.Reporter.calibration.Load()
		m.during(t, time.Second, m.Order)
		if after := m.Reporter.calibration.Load(); len(m.measured) != 2 || after == before {
			t.Errorf("it measured %d times", len(m.measured))
		}
	})
}

func TestAProcessorThatCannotBeMeasuredIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &bytes.Buffer{}
		m := newMeasuring(t.TempDir(), log)
		m.next = func(context.Context) error { return errors.New("no loopback") }
		m.during(t, 100*calmBefore, nil)
		if len(m.measured) != giveUpAfter || strings.Count(log.String(), "no loopback") != giveUpAfter {
			t.Errorf("it tried %d times and said %s", len(m.measured), log)
		}
		m.next = nil
		m.during(t, time.Second, m.Order)
		if m.Reporter.calibration.Load() == nil {
			t.Error("it did not try again when it was asked to")
		}
	})
}
