package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine/component"
)

// installationFlag says which attachment a command works on where there are several.
func installationFlag(cmd *cobra.Command, to *string) {
	cmd.PersistentFlags().StringVar(to, "installation", "", "id of the installation, or its beginning, where this machine has joined several")
}

func brokerCommand() *cobra.Command {
	var installation string
	cmd := &cobra.Command{
		Use:   "broker [HOST:PORT…]",
		Short: "Set where the broker is reached, or show it",
		Long: "broker sets the addresses of the broker by hand, such as after it has moved. A running agent takes them up with its next try,\n" +
			"within seconds. Without addresses it shows those that are kept.",
		RunE: func(cmd *cobra.Command, addresses []string) error {
			attachment, err := component.FindAttachment(folder(cmd), installation)
			if err != nil {
				return err
			}
			if len(addresses) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), strings.Join(attachment.Brokers, "\n"))
				return nil
			}
			if err := component.CheckBrokers(addresses); err != nil {
				return host.Usage(err)
			}
			if err := component.SetBrokers(attachment, addresses); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "The broker of installation %s is now looked for at %s.\n", attachment.Installation, strings.Join(addresses, ", "))
			return nil
		},
	}
	installationFlag(cmd, &installation)
	return cmd
}

func allowBackendCommand() *cobra.Command {
	var installation string
	cmd := &cobra.Command{
		Use:   "allow-backend",
		Short: "Keep the list of backends that routes may dial from this machine",
		Long: "The broker says which backend a route leads to; this machine's own list decides whether it is dialled. An entry is HOST:PORT or\n" +
			"CIDR:PORTS; several ports are written 8000-8010 or 8000,9000. A running agent takes changes up within 5 seconds.",
		Args: cobra.NoArgs,
	}
	installationFlag(cmd, &installation)
	var asJSON bool
	list := &cobra.Command{Use: "list", Short: "Show the list", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		attachment, err := component.FindAttachment(folder(cmd), installation)
		if err != nil {
			return err
		}
		backends, err := component.ReadBackends(attachment.Folder)
		if err != nil {
			return err
		}
		if asJSON {
			return writeJSON(cmd.OutOrStdout(), append([]string{}, backends.Entries()...))
		}
		for _, entry := range backends.Entries() {
			fmt.Fprintln(cmd.OutOrStdout(), entry)
		}
		return nil
	}}
	list.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	cmd.AddCommand(list, changeBackends("add", "Allow backends", &installation, func(folder, entry string) error {
		if _, err := component.NewBackendList([]string{entry}); err != nil {
			return host.Usage(err)
		}
		return component.AddBackend(folder, entry)
	}), changeBackends("remove", "Allow backends no longer; connections that run go on", &installation, component.RemoveBackend))
	return cmd
}

func changeBackends(name, short string, installation *string, change func(folder, entry string) error) *cobra.Command {
	return &cobra.Command{Use: name + " HOST:PORT|CIDR:PORTS…", Short: short, Args: cobra.MinimumNArgs(1), RunE: func(cmd *cobra.Command, entries []string) error {
		attachment, err := component.FindAttachment(folder(cmd), *installation)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if err := change(attachment.Folder, entry); err != nil {
				return err
			}
		}
		return nil
	}}
}
