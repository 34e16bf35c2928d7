package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine/component"
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
			if _, err := component.Attachments(folder(cmd)); err != nil {
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

func installService(cmd *cobra.Command, run *runFlags) error {
	program, err := host.ThisProgram()
	if err != nil {
		return err
	}
	data, err := filepath.Abs(folder(cmd))
	if err != nil {
		return err
	}
	err = host.InstallService(cmd.Context(), host.Service{
		Name: host.Agent, Description: "Lockwire agent", Program: program, Arguments: run.arguments(data), StopWithin: run.drainWithin, Folder: data, User: host.Agent,
	})
	if errors.Is(err, host.ErrNoServices) {
		return fmt.Errorf("%w; have a supervisor of your own run `lockwire-agent run`", err)
	}
	return err
}
