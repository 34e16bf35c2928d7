package tryout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"lockwire/app/server"
	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/component/machine"
	"lockwire/engine/headroom"
	"lockwire/engine/headroom/calibrate"
)

const (
	// linger is short, so that a session ends within sight.
	linger = 1
	// startWithin is how long each part may take to come up.
	startWithin = 30 * time.Second
)

// Tryout is an installation that runs in this process.
type Tryout struct {
	// Administration is the broker's.
	Administration engine.Administration

	version     string
	calibration *engine.Calibration // nil where the processor could not be measured
	stop        context.CancelFunc
	running     sync.WaitGroup
	mu          sync.Mutex
	failed      error
}

// spent is the processor time of this process so far.
func spent() (time.Duration, error) {
	usage, err := machine.ThisMachine{}.Usage()
	return usage.CPU, err
}

// Start brings everything up in an empty folder. What runs ends with ctx or Close.
func Start(ctx context.Context, folder, version string, log *slog.Logger) (_ *Tryout, err error) {
	ctx, stop := context.WithCancel(ctx)
	t := &Tryout{version: version, stop: stop}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	local, err := t.startBroker(ctx, folder, log)
	if err != nil {
		return nil, err
	}
	t.Administration = local
	traffic := jobs()
	backends := make([]string, len(traffic))
	for i := range traffic {
		if backends[i], err = t.startBackend(ctx, jobFolder(folder, &traffic[i]), &traffic[i]); err != nil {
			return nil, err
		}
	}
	// All components run in this process, and soon carry sessions without a pause: the processor is measured before they do.
	calibration, err := calibrate.Run(ctx, calibrate.Options{Build: version, Cipher: headroom.Cipher(headroom.Processor()), Now: time.Now, Spent: spent})
	if err != nil {
		log.Warn("the processor was not measured: there is no forecast", "reason", err.Error())
	} else {
		t.calibration = &calibration
	}
	ids, err := t.startComponents(ctx, local, folder, func(name string) []string { return backendsOf(name, traffic, backends) }, log)
	if err != nil {
		return nil, err
	}
	listens, err := t.configure(ctx, local, ids, traffic, backends)
	if err != nil {
		return nil, err
	}
	for i := range traffic {
		t.startTool(ctx, jobFolder(folder, &traffic[i]), listens[i], &traffic[i], log)
	}
	return t, nil
}

func jobFolder(folder string, j *job) string { return filepath.Join(folder, "traffic", j.route) }

// Close ends everything and waits until it has ended. Its error is the first of what failed by itself.
func (t *Tryout) Close() error {
	t.stop()
	t.running.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// run runs one part until it ends. One that fails ends all others.
func (t *Tryout) run(what string, part func() error) {
	t.running.Go(func() {
		if err := part(); err != nil && !errors.Is(err, context.Canceled) {
			t.mu.Lock()
			t.failed = errors.Join(t.failed, fmt.Errorf("%s: %w", what, err))
			t.mu.Unlock()
			t.stop()
		}
	})
}

func (t *Tryout) startBroker(ctx context.Context, folder string, log *slog.Logger) (*administration.Local, error) {
	ready := make(chan *administration.Local, 1)
	ended := make(chan struct{})
	t.run("broker", func() error {
		defer close(ended)
		return server.Serve(ctx, server.ServeOptions{
			Options: server.Options{Path: filepath.Join(folder, "broker"), Program: "try-out", Logger: log}, Listen: "127.0.0.1:0", Version: t.version,
			Ready: func(r *server.Running) { ready <- r.Administration },
		})
	})
	select {
	case local := <-ready:
		return local, nil
	case <-ended:
		return nil, errors.New("the broker did not start")
	case <-time.After(startWithin):
		return nil, errors.New("the broker did not start in time")
	}
}
