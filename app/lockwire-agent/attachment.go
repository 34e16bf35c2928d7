package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine/component/machine"
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
			attachment, err := machine.FindAttachment(folder(cmd), installation)
			if err != nil {
				return err
			}
			if len(addresses) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), strings.Join(attachment.Brokers, "\n"))
				return nil
			}
			if err := machine.CheckBrokers(addresses); err != nil {
				return host.Usage(err)
			}
			if err := machine.SetBrokers(attachment, addresses); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "The broker of installation %s is now looked for at %s.\n", attachment.Installation, strings.Join(addresses, ", "))
			return nil
		},
	}
	installationFlag(cmd, &installation)
	return cmd
}
