package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
	"lockwire/engine/network"
)

// reach connects to the administration for a command: that of the running broker, or of the data folder itself.
func reach(cmd *cobra.Command) (engine.Administration, func(), error) {
	var administration engine.Administration
	var closing func() error
	var err error
	if broker, _ := cmd.Flags().GetString("broker"); broker != "" {
		if cmd.Flags().Changed("data") {
			return nil, nil, host.Usage(errors.New("give either --broker or --data"))
		}
		administration, closing, err = server.Elsewhere(cmd.Context(), server.EnrolmentsFolder(), broker)
	} else {
		administration, closing, err = reachHere(cmd.Context(), folderOptions(cmd), cmd.Flags().Changed("data"), host.SystemFolder(host.Broker))
	}
	if err != nil {
		return nil, nil, err
	}
	return administration, func() {
		if err := closing(); err != nil {
			fmt.Fprintln(cmd.ErrOrStderr(), "close:", err)
		}
	}, nil
}

// reachHere connects to the broker of this machine, or to the data folder. Where the folder was not chosen and the user has no
// installation, that is the system's broker: members of its group need not know where its folder is.
func reachHere(ctx context.Context, options server.Options, chosen bool, system string) (engine.Administration, func() error, error) {
	administration, closing, err := server.Reach(ctx, options, host.Version())
	if chosen || options.Path == system || !errors.Is(err, server.ErrNoInstallation) {
		return administration, closing, err
	}
	administration, closing, attached := server.Attach(ctx, system)
	switch {
	case attached == nil:
		return administration, closing, nil
	case errors.Is(attached, fs.ErrNotExist), errors.Is(attached, network.ConnectionRefused):
		return nil, nil, err
	}
	options.Path = system // says why this user is not let in
	return server.Reach(ctx, options, host.Version())
}

// withAdministration makes a command's function of one that needs an administration.
func withAdministration(do func(cmd *cobra.Command, a engine.Administration, arguments []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, arguments []string) error {
		administration, closing, err := reach(cmd)
		if err != nil {
			return err
		}
		defer closing()
		err = do(cmd, administration, arguments)
		// What it says to start is a broker on that folder.
		if err != nil && cmd.Flags().Changed("data") && strings.HasSuffix(err.Error(), engine.ErrNoBroker.Error()) {
			return fmt.Errorf("%w %s", err, host.CommandLine("--data", folderOptions(cmd).Path))
		}
		return err
	}
}

func folderOptions(cmd *cobra.Command) server.Options {
	folder, err := cmd.Flags().GetString("data")
	if err != nil || folder == "" {
		folder = host.DataFolder("lockwired")
	}
	return server.Options{Path: folder, Program: "lockwired " + cmd.Name(), Passphrase: askAuthorityPassphrase}
}

// askAuthorityPassphrase asks for the passphrase of the authority's key where somebody sits at a terminal.
func askAuthorityPassphrase() ([]byte, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return nil, nil
	}
	return host.AskSecret("Passphrase of the authority's key: ")
}

// oneOf finds a thing by its id, or by its name whatever its case.
func oneOf[T any](kind, text string, things []T, id func(*T) engine.ID, name func(*T) string) (T, error) {
	for i := range things {
		if string(id(&things[i])) == text || engine.SameName(name(&things[i]), text) {
			return things[i], nil
		}
	}
	var none T
	return none, fmt.Errorf("%s %q: %w", kind, text, engine.ErrNotFound)
}

func findRule(set engine.RuleSet, text string) (engine.Rule, error) {
	return oneOf("rule", text, set.Rules, func(r *engine.Rule) engine.ID { return r.ID }, func(r *engine.Rule) string { return r.Name })
}

func findComponent(cmd *cobra.Command, a engine.Administration, text string) (engine.ComponentStatus, error) {
	component, err := findComponentOfRecord(cmd, a, text)
	if err == nil && !component.Revoked.IsZero() {
		return engine.ComponentStatus{}, fmt.Errorf("component %q: %w", text, engine.ErrNotFound)
	}
	return component, err
}

// findComponentOfRecord finds a component, also a revoked one. Of several with one name it takes the present or the latest.
func findComponentOfRecord(cmd *cobra.Command, a engine.Administration, text string) (engine.ComponentStatus, error) {
	components, err := a.Components(cmd.Context())
	if err != nil {
		return engine.ComponentStatus{}, err
	}
	slices.SortStableFunc(components, func(a, b engine.ComponentStatus) int {
		if a.Revoked.IsZero() || b.Revoked.IsZero() {
			return a.Revoked.Compare(b.Revoked)
		}
		return b.Revoked.Compare(a.Revoked)
	})
	return oneOf("component", text, components, func(c *engine.ComponentStatus) engine.ID { return c.ID }, func(c *engine.ComponentStatus) string { return c.Name })
}

func findService(cmd *cobra.Command, a engine.Administration, text string) (engine.Service, error) {
	services, err := a.Services(cmd.Context())
	if err != nil {
		return engine.Service{}, err
	}
	return oneOf("service", text, services, func(s *engine.Service) engine.ID { return s.ID }, func(s *engine.Service) string { return s.Name })
}

func findRoute(cmd *cobra.Command, a engine.Administration, text string) (engine.RouteStatus, error) {
	routes, err := a.Routes(cmd.Context())
	if err != nil {
		return engine.RouteStatus{}, err
	}
	return oneOf("route", text, routes, func(r *engine.RouteStatus) engine.ID { return r.ID }, func(r *engine.RouteStatus) string { return r.Name })
}
