package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"lockwire/app/demonstration"
	"lockwire/app/host"
	"lockwire/app/prescribed"
	"lockwire/app/selftest"
	"lockwire/app/server"
	"lockwire/engine"
)

func selftestCommand() *cobra.Command {
	checks := append(selftest.Machine(),
		selftest.Check{Name: "broker and command line", Try: tryBroker},
		selftest.Check{Name: "override in the registry", Try: tryPrescription},
		selftest.Check{Name: "sealed bytes", Try: trySealedBytes},
		selftest.ServiceCheck(), selftest.Firewall())
	return selftest.Command("Try, one by one: the data folder and who may open it, memory for keys, loopback, a broker that the command line reaches over its local\n"+
		"socket (a named pipe on Windows), the override in the registry, real bytes through two agents, a service, a rule of the firewall.", checks)
}

// tryBroker runs a broker on a folder of its own, reaches it as the command line does, changes something and reads in the audit who it was.
func tryBroker(ctx context.Context) (found string, err error) {
	parent, err := os.MkdirTemp("", "lockwire-selftest-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(parent)) }()
	folder := filepath.Join(parent, "data")
	if err := host.MakeFolder(folder); err != nil {
		return "", err
	}
	ctx, stop := context.WithCancel(ctx)
	ready, ended := make(chan struct{}), make(chan error, 1)
	options := server.Options{Path: folder, Program: "selftest", Logger: slog.New(slog.DiscardHandler)}
	go func() {
		ended <- server.Serve(ctx, server.ServeOptions{Options: options, Listen: "127.0.0.1:0", Version: host.Version(), Ready: func(*server.Running) { close(ready) }})
	}()
	running := true
	defer func() {
		stop()
		if running {
			err = errors.Join(err, <-ended)
		}
	}()
	select {
	case <-ready:
	case err := <-ended:
		running = false
		return "", err
	}
	return whoChangedASetting(ctx, folder)
}

// whoChangedASetting changes a setting of a broker over its local socket, and gives whom the audit names.
func whoChangedASetting(ctx context.Context, folder string) (found string, err error) {
	a, leave, err := server.Attach(ctx, folder)
	if err != nil {
		return "", fmt.Errorf("reach the broker: %w", err)
	}
	defer func() { err = errors.Join(err, leave()) }()
	if _, err := a.Apply(ctx, engine.Change{Setting: &engine.SettingChange{Name: "LingerSeconds", Value: "14"}}, engine.Confirmation{}); err != nil {
		return "", err
	}
	entries, err := a.Audit(ctx, engine.AuditQuery{Limit: 1})
	if err != nil {
		return "", err
	}
	if len(entries) == 0 || entries[0].Who == "" {
		return "", errors.New("the audit does not say who changed a setting")
	}
	return fmt.Sprintf("reached; the audit names %s", entries[0].Who), nil
}

// tryPrescription reads what this machine prescribes. Only Windows has a place for it.
func tryPrescription(context.Context) (string, error) {
	if runtime.GOOS != "windows" {
		return "", selftest.NotTried("there is no registry on this system")
	}
	switch p := prescribed.System().Read(); {
	case p.Problem != "":
		return "", fmt.Errorf("%s: %s", p.By, p.Problem)
	case p.Override != nil:
		return fmt.Sprintf("%s sets it to %d", p.By, *p.Override), nil
	}
	return "read; it sets nothing", nil
}

// sealedBytes is how much is moved through the sealed session, and again through the plain one.
const sealedBytes = 16 << 20

// trySealedBytes runs the demonstration: a broker, two agents and a backend as programs of their own.
func trySealedBytes(ctx context.Context) (string, error) {
	err := demonstration.Run(ctx, demonstration.Options{Out: io.Discard, Bytes: sealedBytes, PrintKey: printKey})
	if errors.Is(err, demonstration.ErrNoAgent) {
		return "", selftest.NotTried("%v", err)
	}
	return "16 MiB sealed through two agents, and as many plain, arrived as they were sent; between the agents the plain ones were seen", err
}
