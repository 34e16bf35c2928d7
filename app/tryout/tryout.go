package tryout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"time"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/component"
	"lockwire/engine/component/control"
	"lockwire/engine/component/machine"
	"lockwire/engine/headroom"
	"lockwire/engine/headroom/calibrate"
)

// What the two components stand for.
const (
	sourceName, sourceAddress = "File server", "10.20.0.10"
	targetName, targetAddress = "Backup vault", "192.168.50.5"

	routeName = "Nightly files"
	ruleName  = "Files to the vault"
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
	backend, err := t.startBackend(ctx, filepath.Join(folder, "received"))
	if err != nil {
		return nil, err
	}
	// Both components run in this process, and soon carry sessions without a pause: the processor is measured before they do.
	calibration, err := calibrate.Run(ctx, calibrate.Options{Build: version, Cipher: headroom.Cipher(headroom.Processor()), Now: time.Now, Spent: spent})
	if err != nil {
		log.Warn("the processor was not measured: there is no forecast", "reason", err.Error())
	} else {
		t.calibration = &calibration
	}
	source, err := t.startComponent(ctx, local, folder, sourceName, engine.Server, sourceAddress, nil, log)
	if err != nil {
		return nil, err
	}
	target, err := t.startComponent(ctx, local, folder, targetName, engine.Repository, targetAddress, []string{backend}, log)
	if err != nil {
		return nil, err
	}
	if err := t.online(ctx, local, source, target); err != nil {
		return nil, err
	}
	listen, err := t.configure(ctx, local, source, target, backend)
	if err != nil {
		return nil, err
	}
	return t, t.startTool(ctx, folder, listen, log)
}

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

// startComponent joins a component with a real token and runs it.
func (t *Tryout) startComponent(ctx context.Context, admin engine.Administration, folder, name string, role engine.Role, address string, backends []string, log *slog.Logger) (engine.ID, error) {
	token, err := admin.NewToken(ctx, engine.TokenRequest{Kind: engine.JoinComponent, Name: name, Role: role})
	if err != nil {
		return "", err
	}
	data := filepath.Join(folder, name)
	joined, err := control.Join(ctx, control.JoinOptions{Token: token.Secret, Folder: data, AllowBackends: backends})
	if err != nil {
		return "", fmt.Errorf("join %s: %w", name, err)
	}
	if t.calibration != nil {
		if err := machine.KeepCalibration(data, *t.calibration); err != nil {
			return "", err
		}
	}
	listen, err := host.FreeAddress()
	if err != nil {
		return "", err
	}
	running, err := component.New(ctx, component.Config{
		Folder: data, Listen: listen, Machine: name, Interfaces: []netip.Addr{netip.MustParseAddr(address)},
		Advertise: []netip.AddrPort{netip.MustParseAddrPort(listen)}, Version: t.version, Log: log.With("component", name),
		ProcessShared: true,
	})
	if err != nil {
		return "", fmt.Errorf("start %s: %w", name, err)
	}
	t.run(name, func() error { return running.Run(ctx) })
	return joined.ID, nil
}

// online waits until both components are attached.
func (t *Tryout) online(ctx context.Context, admin engine.Administration, ids ...engine.ID) error {
	return host.Await(ctx, startWithin, "the components", func() (bool, error) {
		components, err := admin.Components(ctx)
		online := 0
		for i := range components {
			for _, id := range ids {
				if components[i].ID == id && components[i].Online {
					online++
				}
			}
		}
		return online == len(ids), err
	})
}

// configure makes the rule, the service and the route, and gives where the route listens.
func (t *Tryout) configure(ctx context.Context, admin engine.Administration, source, target engine.ID, backend string) (string, error) {
	from, to := engine.Selector{Kind: engine.SelectComponent, Name: sourceName}, engine.Selector{Kind: engine.SelectComponent, Name: targetName}
	rule := engine.Rule{Name: ruleName, Enabled: true, Encrypt: true, Source: []engine.Selector{from}, Target: []engine.Selector{to},
		Comment: "Made by the try-out. Turn it off, and the next session is plain."}
	if _, err := admin.Apply(ctx, engine.Change{AddRule: &rule}, engine.Confirmation{}); err != nil {
		return "", err
	}
	return t.putRoute(ctx, admin, &engine.RouteEdit{
		Route: engine.Route{Name: routeName, Sources: []engine.ID{source}, Direction: engine.Push, Enabled: true, LingerSeconds: linger},
		Own:   &engine.OwnService{Target: target, Backend: backend},
	})
}

// putRoute makes a route and gives where it listens, once it does.
func (t *Tryout) putRoute(ctx context.Context, admin engine.Administration, edit *engine.RouteEdit) (string, error) {
	listen, err := host.FreeAddress()
	if err != nil {
		return "", err
	}
	edit.Route.Listen = listen
	effect, err := admin.Apply(ctx, engine.Change{PutRoute: edit}, engine.Confirmation{})
	if err != nil {
		return "", err
	}
	route := effect.Route
	return listen, host.Await(ctx, startWithin, "the route", func() (bool, error) {
		routes, err := admin.Routes(ctx)
		for i := range routes {
			if routes[i].ID == route.ID && len(routes[i].Listeners) == 1 && routes[i].Listeners[0].State == engine.ListenerUp {
				return true, err
			}
		}
		return false, err
	})
}
