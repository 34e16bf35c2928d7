package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/component"
	"lockwire/engine/component/machine"
)

func serviceCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "service", Short: "Install or remove the agent as a service of the system", Args: cobra.NoArgs}
	var run runFlags
	install := &cobra.Command{
		Use:   "install",
		Short: "Run the agent now and at each start of the system",
		Long: "install makes a systemd unit that runs as a user of its own, lockwire-agent, with the flags that are given here; on Windows a\n" +
			"service with an account of its own. Run again with other flags, it replaces the service.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := run.config(); err != nil {
				return host.Usage(err)
			}
			if _, err := machine.Attachments(folder(cmd)); err != nil {
				return err
			}
			if err := installService(cmd, &run); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "The agent runs as service lockwire-agent. See: lockwire-agent status")
			printFirewall(cmd.OutOrStdout(), run.listen)
			return nil
		},
	}
	run.add(install.Flags())
	remove := &cobra.Command{Use: "remove", Short: "Stop the service and remove it; the data folder stays", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return host.RemoveService(cmd.Context(), host.Agent)
	}}
	cmd.AddCommand(install, remove)
	return cmd
}

// agentService is the agent as a service on a data folder.
func agentService(program, data string, arguments []string) host.Service {
	return host.Service{Name: host.Agent, Description: "Lockwire agent", Program: program, Arguments: arguments, Folder: data, User: host.Agent}
}

// givenLine is a command of the agent's with the options of a run that were given to another one.
func givenLine(cmd *cobra.Command, command ...string) string {
	return host.CommandLine(append(append([]string{"lockwire-agent"}, command...), host.GivenFlags(cmd.Flags(), "token-file", "name", "again", "allow-backend", "service")...)...)
}

// answerWithin is how long an agent may take to write its first status.
const answerWithin = 20 * time.Second

// installService installs the service and returns when its agent runs, or with the reason why it does not.
func installService(cmd *cobra.Command, run *runFlags) error {
	program, err := host.ThisProgram()
	if err != nil {
		return err
	}
	data, err := filepath.Abs(folder(cmd))
	if err != nil {
		return err
	}
	if err := host.CanInstallServices(); errors.Is(err, host.ErrNoServices) {
		return fmt.Errorf("%w; have a supervisor of your own run: %s", err, givenLine(cmd, "run"))
	} else if err != nil {
		return err
	}
	if len(run.allowListen) > 0 {
		if err := machine.AddListens(data, run.allowListen...); err != nil {
			return err
		}
	}
	kept, err := machine.ReadListens(data)
	if err != nil {
		return err
	}
	began := time.Now()
	service := agentService(program, data, run.arguments(data))
	service.StopWithin, service.LowPorts = run.drainWithin, kept.HasLowPorts() || engine.IsLowPort(run.listen)
	if err := host.InstallService(cmd.Context(), service); err != nil {
		return err
	}
	return awaitAgent(cmd.Context(), began, func() (component.Status, error) {
		return component.ReadStatus(component.StatusFile(data), time.Now())
	})
}

// awaitAgent waits until an agent that was started after a moment keeps a status: its data port is open then.
func awaitAgent(ctx context.Context, began time.Time, read func() (component.Status, error)) error {
	err := host.Await(ctx, answerWithin, "the agent's answer", func() (bool, error) {
		status, err := read()
		if errors.Is(err, component.ErrNotRunning) {
			return false, nil
		}
		return err == nil && !status.Started.Before(began), err
	})
	if err != nil {
		return fmt.Errorf("the service is installed, but its agent does not run: %w%s", err, host.LastWords(ctx, host.Agent, began))
	}
	return nil
}
