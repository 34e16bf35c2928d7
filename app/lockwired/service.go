package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/app/server"
)

// serviceName is the broker's name as a service. Its user has the group whose members administer it.
const serviceName = "lockwired"

func serviceCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "service", Short: "Run the broker as a service of the system"}
	cmd.AddCommand(serviceInstall(), serviceRemove())
	return cmd
}

func serviceInstall() *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{Use: "install", Short: "Run the broker now and at each start of the system",
		Long: "Install the broker as a systemd unit that runs as a user of its own, " + server.Group + ", with the flags of serve that are given here.\n" +
			"Members of the group " + server.Group + " may administer it: sudo usermod -aG " + server.Group + " USER. Run again with other flags, it replaces the service.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			program, err := host.ThisProgram()
			if err != nil {
				return err
			}
			data, err := filepath.Abs(folderOptions(cmd).Path)
			if err != nil {
				return err
			}
			err = host.InstallService(cmd.Context(), host.Service{
				Name: serviceName, Description: "Lockwire broker", Program: program, Arguments: flags.arguments(data), Folder: data, User: server.Group,
			})
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "The broker runs as service %s on %s. Open its port for components: 6170/tcp, or that of --listen.\n", serviceName, data)
			return nil
		}}
	flags.add(cmd)
	return cmd
}

func serviceRemove() *cobra.Command {
	return &cobra.Command{Use: "remove", Short: "Stop the service and remove it; the data folder stays", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := host.RemoveService(cmd.Context(), serviceName); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "removed service", serviceName)
			return nil
		}}
}
