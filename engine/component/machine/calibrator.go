package machine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/disk"
	"lockwire/engine/headroom"
	"lockwire/engine/headroom/calibrate"
)

const (
	// calibrationFile is kept in the component's folder, so that a machine is measured once and not at every start.
	calibrationFile        = "calibration.json"
	maximumCalibrationFile = 64 << 10
	// calmBefore is how long no session must have lived before the component measures of its own accord, and after how long it
	// looks again.
	calmBefore = 30 * time.Second
	// giveUpAfter is after how many failures it measures only when it is asked to.
	giveUpAfter = 3
)

// errSessionBegins ends a calibration: it is never in the way of a session.
var errSessionBegins = errors.New("a session begins")

// Calibrator measures the processor while the component carries nothing.
type Calibrator struct {
	CalibratorConfig
	ordered chan struct{} // holds a token when the broker has asked

	mu      sync.Mutex
	running context.CancelCauseFunc // of the calibration that runs; nil when none does
}

// CalibratorConfig is what a calibrator needs of its component.
type CalibratorConfig struct {
	// Folder keeps the result; nothing is kept where it is empty.
	Folder  string
	Version string
	// Enabled lets it measure; otherwise it only gives what was kept.
	Enabled  bool
	Log      *slog.Logger
	Clock    Clock
	System   System
	Reporter *Reporter
	// Busy tells whether a session lives.
	Busy func() bool
	// Measure is calibrate.Run, or a test's.
	Measure func(context.Context, calibrate.Options) (engine.Calibration, error)
}

// NewCalibrator takes what was kept of the processor, so that the first report has it.
func NewCalibrator(config CalibratorConfig) *Calibrator {
	k := &Calibrator{CalibratorConfig: config, ordered: make(chan struct{}, 1)}
	if kept := k.kept(); kept != nil {
		k.Reporter.calibration.Store(kept)
	}
	return k
}

// Order has the processor measured anew, as soon as no session is there.
func (k *Calibrator) Order() {
	select {
	case k.ordered <- struct{}{}:
	default:
	}
}

// Yield ends a calibration that runs, because a session begins.
func (k *Calibrator) Yield() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running != nil {
		k.running(errSessionBegins)
	}
}

// Run measures when all is calm, where nothing was kept, and then whenever the broker asks, until ctx ends.
func (k *Calibrator) Run(ctx context.Context) {
	wanted := k.Reporter.calibration.Load() == nil
	if !k.Enabled {
		return
	}
	failures := 0
	for {
		timer := k.Clock.NewTimer(calmBefore)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-k.ordered:
			timer.Stop()
			wanted, failures = true, 0
		case <-timer.C():
		}
		if !wanted {
			continue
		}
		switch err := k.measure(ctx); {
		case err == nil:
			wanted = false
		case ctx.Err() != nil:
			return
		case errors.Is(err, errSessionBegins):
			k.Log.Debug("the processor is measured later", "reason", err.Error())
		default:
			failures++
			wanted = failures < giveUpAfter
			k.Log.Warn("the processor was not measured", "reason", err.Error(), "tried again", wanted)
		}
	}
}

// measure measures once and keeps the result. It gives up at once where there is a session, or one begins.
func (k *Calibrator) measure(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	k.mu.Lock()
	k.running = cancel
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		k.running = nil
		k.mu.Unlock()
	}()
	if k.Busy() { // after running is set: a session that begins now ends it
		return errSessionBegins
	}
	result, err := k.Measure(ctx, calibrate.Options{
		Build: k.Version, Cipher: k.cipher(), Now: k.Clock.Now,
		Spent: func() (time.Duration, error) {
			usage, err := k.System.Usage()
			return usage.CPU, err
		},
	})
	if err != nil {
		return err
	}
	k.Reporter.calibration.Store(&result)
	if err := KeepCalibration(k.Folder, result); err != nil {
		k.Log.Warn("what was measured of the processor is not kept", "reason", err.Error())
	}
	k.Log.Info("the processor was measured", "sealed channels, bytes per second", result.All.Relay, "threads", result.All.Threads)
	return nil
}

func (k *Calibrator) cipher() engine.Cipher { return headroom.Cipher(k.Reporter.processor) }

// kept reads what was measured before; nil where there is nothing, or it is of another processor, version or cipher.
func (k *Calibrator) kept() *engine.Calibration {
	if k.Folder == "" {
		return nil
	}
	file, err := os.Open(filepath.Join(k.Folder, calibrationFile))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			k.Log.Warn("the processor is measured anew", "reason", err.Error())
		}
		return nil
	}
	defer file.Close()
	var kept engine.Calibration
	text, err := engine.ReadAtMost(file, maximumCalibrationFile)
	switch {
	case err != nil:
	case len(text) > maximumCalibrationFile:
		err = fmt.Errorf("%s is longer than %d bytes", calibrationFile, maximumCalibrationFile)
	default:
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		k.Log.Warn("the processor is measured anew", "reason", err.Error())
		return nil
	}
	processor := k.Reporter.processor
	if kept.Processor != processor.Name || kept.All.Threads != processor.Cores || kept.Build != k.Version || kept.Cipher != k.cipher() {
		return nil
	}
	return &kept
}

// KeepCalibration writes what was measured into a component's data folder, where the component finds it when it starts.
func KeepCalibration(folder string, result engine.Calibration) error {
	if folder == "" {
		return nil // a component whose attachments were given one by one has none
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return disk.WriteVolatile(filepath.Join(folder, calibrationFile), text)
}
