package main

import (
	"errors"

	"github.com/spf13/cobra"

	"lockwire/app/demonstration"
	"lockwire/app/host"
)

func demoCommand() *cobra.Command {
	var mebibytes int64
	cmd := &cobra.Command{Use: "demo", Short: "Show the whole on this machine: real bytes through a sealed and a plain session",
		Long: "Start a broker, two agents and a backend as processes of their own on loopback, in a temporary folder that is removed at the end;\n" +
			"move real bytes through a sealed session and then through a plain one, and show what was decided, what it cost, what became of\n" +
			"the keys, and what somebody who listens between the agents saw. It needs no rights and changes nothing on this machine.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if mebibytes < 1 || mebibytes > 1<<20 {
				return host.Usage(errors.New("--mebibytes: use 1 to 1048576"))
			}
			return demonstration.Run(cmd.Context(), demonstration.Options{Out: cmd.OutOrStdout(), Bytes: mebibytes << 20, PrintKey: printKey})
		}}
	cmd.Flags().Int64Var(&mebibytes, "mebibytes", 1024, "how much to move through each session")
	cmd.AddCommand(&cobra.Command{Use: demonstration.BackendCommand, Hidden: true, Args: cobra.NoArgs, Short: "Take bytes on loopback and answer with their SHA-256",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demonstration.Backend(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		}})
	return cmd
}
