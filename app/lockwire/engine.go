package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/app/tryout"
	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/component"
	"lockwire/engine/component/control"
	"lockwire/engine/component/machine"
	"lockwire/engine/network"
	"lockwire/ui/page"
)

// running is the engine behind the window.
type running struct {
	admin engine.Administration
	// about says in a few words what it is, for the window's title.
	about string
	// elsewhere tells that the broker is on another machine.
	elsewhere bool
	// embedded tells that the broker ends with the window.
	embedded bool
	folder   string // where its data is
	banner   *page.Banner
	close    func() error
}

// errNothingThere: no broker runs here and there is no installation.
var errNothingThere = errors.New("there is no installation yet")

// startEngine brings up the engine that the command line asks for: the try-out, a broker elsewhere, or what is on this machine.
func startEngine(ctx context.Context, o options, log *slog.Logger) (*running, error) {
	switch {
	case o.tryOut:
		return tryOut(ctx, log)
	case o.broker != "":
		return elsewhere(ctx, o.broker)
	}
	return findEngine(ctx, o, log)
}

// findEngine attaches to the broker of this machine, or embeds one in a folder that has an installation.
func findEngine(ctx context.Context, o options, log *slog.Logger) (*running, error) {
	systemFolder := host.SystemFolder(host.Broker)
	folders := []string{o.dataFolder()}
	if o.data == "" && folders[0] != systemFolder {
		folders = append([]string{systemFolder}, folders...)
	}
	for _, folder := range folders {
		admin, closing, err := server.Attach(ctx, folder)
		switch {
		case err == nil:
			return onThisMachine(admin, closing, folder), nil
		case errors.Is(err, fs.ErrPermission) && folder == systemFolder:
			if admin, closing, err := server.OnThisMachine(ctx, server.EnrolmentsFolder()); err == nil {
				return onThisMachine(admin, closing, folder), nil
			}
			return nil, fmt.Errorf("a broker runs on this machine and does not let this user in; %s", server.HowToBeLetIn)
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, network.ConnectionRefused) && !errors.Is(err, fs.ErrPermission):
			return nil, err
		}
	}
	if _, err := os.Stat(filepath.Join(o.dataFolder(), "lockwire.db")); err != nil {
		return nil, errNothingThere
	}
	return embed(ctx, o, log)
}

// onThisMachine is a broker that runs here without the console.
func onThisMachine(admin engine.Administration, closing func() error, folder string) *running {
	return &running{admin: admin, about: "broker on this machine", folder: folder, close: closing}
}

// elsewhere reaches the broker of an installation in which this user is enrolled as an administrator.
func elsewhere(ctx context.Context, which string) (*running, error) {
	admin, closing, err := server.Elsewhere(ctx, server.EnrolmentsFolder(), which)
	if err != nil {
		return nil, err
	}
	known, _ := knownBrokers() // one that cannot be named is reached all the same
	return &running{admin: admin, about: elsewhereWords(which, known), elsewhere: true, close: closing}, nil
}

// elsewhereWords name a broker elsewhere, by the address that was given or, for an installation's id, the one that its enrolment has.
func elsewhereWords(which string, known []page.OtherBroker) string {
	if strings.Contains(which, ":") {
		return "broker at " + which
	}
	for _, broker := range known {
		if string(broker.Installation) == which {
			return "broker at " + broker.Address
		}
	}
	return "broker elsewhere"
}

// enrol makes this user an administrator with a token, and reaches its broker.
func enrol(ctx context.Context, token string) (*running, error) {
	attachment, err := server.Enrol(ctx, token, server.EnrolmentsFolder())
	if err != nil {
		return nil, err
	}
	return elsewhere(ctx, string(attachment.Installation))
}

// embed runs a broker on the data folder in this process, and this computer as a component of it.
func embed(ctx context.Context, o options, log *slog.Logger) (*running, error) {
	folder := o.dataFolder()
	ctx, stop := context.WithCancel(ctx)
	var parts sync.WaitGroup
	ready, failed := make(chan *administration.Local, 1), make(chan error, 2)
	parts.Go(func() {
		err := server.Serve(ctx, server.ServeOptions{
			Options: server.Options{Path: folder, Program: "the Lockwire console", Logger: quiet(log, "broker")}, Listen: o.listen, Version: host.Version(),
			Ready: func(r *server.Running) { ready <- r.Administration },
		})
		failed <- err
	})
	end := func() error {
		stop()
		parts.Wait()
		select {
		case err := <-failed:
			if err != nil && !errors.Is(err, context.Canceled) {
				return err
			}
		default:
		}
		return nil
	}
	select {
	case local := <-ready:
		if err := startThisComputer(ctx, local, folder, &parts, quiet(log, "agent")); err != nil {
			log.Warn("this computer could not be made a component", "error", err)
		}
		return &running{admin: local, about: "broker in this window", embedded: true, folder: folder, banner: embeddedBanner(folder, o.listen), close: end}, nil
	case err := <-failed:
		stop()
		parts.Wait()
		return nil, err
	case <-time.After(30 * time.Second):
		return nil, errors.Join(errors.New("the broker did not start in time"), end())
	}
}

// embeddedBanner says that the broker ends with the window, and how it would not.
func embeddedBanner(folder, listen string) *page.Banner {
	here := thisSystem()
	return &page.Banner{Warns: true, Short: "The broker ends with this window.", Command: here.terminalCommand(folder, listen),
		Text: "The broker runs in this window: while it is closed, backups over its routes are refused. " + here.lasting()}
}

// thisComputer is the name of the component that the console runs beside its broker: that of the machine, which is as true in a console
// elsewhere. A name that no component may have is not taken.
func thisComputer(host string, err error) string {
	name, _, _ := strings.Cut(host, ".")
	if err != nil || engine.CheckComponentName(name) != nil {
		return "broker-machine"
	}
	return name
}

// startThisComputer joins this computer to its own broker, once, and runs its agent.
func startThisComputer(ctx context.Context, admin engine.Administration, folder string, parts *sync.WaitGroup, log *slog.Logger) error {
	data := filepath.Join(folder, "this-computer")
	if kept, err := machine.Attachments(data); err != nil || len(kept) == 0 {
		token, err := admin.NewToken(ctx, engine.TokenRequest{Kind: engine.JoinComponent, Name: thisComputer(os.Hostname()), Role: engine.Server})
		if err != nil {
			return err
		}
		if _, err := control.Join(ctx, control.JoinOptions{Token: token.Secret, Folder: data}); err != nil {
			return err
		}
	}
	agent, err := component.New(ctx, component.Config{Folder: data, StatusFile: component.StatusFile(data), Version: host.Version(), Log: log, Calibrate: true, ProcessShared: true})
	if err != nil {
		return err
	}
	parts.Go(func() {
		if err := agent.Run(ctx); err != nil && ctx.Err() == nil {
			log.Error("this computer's agent ended", "error", err)
		}
	})
	return nil
}

// tryOutBanner says what a try-out is.
var tryOutBanner = &page.Banner{Short: "A try-out: it is gone when you close the window.", Text: "This is a try-out: a small estate of seven machines, all in this process and a temporary folder. Their traffic is real and slow on purpose; all of it is gone when you close the window."}

// tryOut brings the try-out up in a temporary folder, which goes with it.
func tryOut(ctx context.Context, log *slog.Logger) (*running, error) {
	folder, err := os.MkdirTemp("", "lockwire-try-")
	if err != nil {
		return nil, err
	}
	t, err := tryout.Start(ctx, folder, host.Version(), log)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return &running{admin: t.Administration, about: "try-out", folder: folder, banner: tryOutBanner, close: func() error {
		return errors.Join(t.Close(), os.RemoveAll(folder))
	}}, nil
}
