package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine/component/machine"
)

func allowListenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "allow-listen",
		Short: "Keep the list of addresses on which routes may listen on this machine",
		Long: "The broker says where a route listens; this machine's own list decides whether it does. Loopback from port 1024 is always allowed.\n" +
			"An entry is ADDR:PORTS or CIDR:PORTS; several ports are written 8000-8010 or 8000,9000. A running agent takes changes up within\n" +
			"5 seconds. For ports below 1024 the service is given the right that it needs, which counts from its next start.",
		Args: cobra.NoArgs,
	}
	var asJSON bool
	list := &cobra.Command{Use: "list", Short: "Show the list", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		listens, err := machine.ReadListens(folder(cmd))
		if err != nil {
			return err
		}
		if asJSON {
			return writeJSON(cmd.OutOrStdout(), append([]string{}, listens.Entries()...))
		}
		for _, entry := range listens.Entries() {
			fmt.Fprintln(cmd.OutOrStdout(), entry)
		}
		return nil
	}}
	list.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	add := &cobra.Command{Use: "add ADDR:PORTS|CIDR:PORTS…", Short: "Allow listening", Args: cobra.MinimumNArgs(1), RunE: func(cmd *cobra.Command, entries []string) error {
		if _, err := machine.NewListenList(entries); err != nil {
			return host.Usage(err)
		}
		if _, err := machine.Attachments(folder(cmd)); err != nil {
			return err
		}
		if err := machine.AddListens(folder(cmd), entries...); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), "The list is kept; a running agent takes it up within 5 seconds.")
		return giveLowPorts(cmd, cmd.OutOrStdout())
	}}
	remove := &cobra.Command{Use: "remove ADDR:PORTS|CIDR:PORTS…", Short: "Allow listening no longer; connections that run go on", Args: cobra.MinimumNArgs(1), RunE: func(cmd *cobra.Command, entries []string) error {
		for _, entry := range entries {
			if err := machine.RemoveListen(folder(cmd), entry); err != nil {
				return err
			}
		}
		fmt.Fprintln(cmd.OutOrStdout(), "The list is kept; a running agent takes it up within 5 seconds.")
		return nil
	}}
	cmd.AddCommand(list, add, remove)
	return cmd
}

// giveLowPorts gives an installed service the right to listen below port 1024 where the list has such ports.
func giveLowPorts(cmd *cobra.Command, out io.Writer) error {
	list, err := machine.ReadListens(folder(cmd))
	if err != nil || !list.HasLowPorts() {
		return err
	}
	given, err := host.AllowLowPorts(cmd.Context(), host.Agent)
	if err != nil {
		return fmt.Errorf("the list is kept, but the service has no right to listen below port 1024 yet: %w", err)
	}
	if given {
		fmt.Fprintln(out, "The service may listen below port 1024 from its next start, which ends the connections that it carries: systemctl restart "+host.Agent)
	}
	return nil
}
