package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/app/server"
)

func serveCommand() *cobra.Command {
	var listen, logLevel, logFormat string
	var advertise []string
	cmd := &cobra.Command{Use: "serve", Short: "Run the broker",
		Long: "Run the broker: it decides, mints keys and keeps the record, in the data folder. A new folder becomes a new installation.\n" +
			"Where the authority's key has a passphrase, it is taken from the systemd credential lockwire-ca-passphrase, or asked for.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := host.NewLogger(cmd.ErrOrStderr(), logLevel, logFormat)
			if err != nil {
				return badInput(err)
			}
			options := folderOptions(cmd)
			options.Logger = log
			return server.Serve(cmd.Context(), server.ServeOptions{
				Options: options, Listen: listen, Advertise: advertise, Version: host.Version(),
				Ready: func(running *server.Running) {
					log.Info("ready", "address", running.Address.String(), "data", options.Path, slog.Any("reached at", running.Broker.Addresses()))
				},
			})
		}}
	cmd.Flags().StringVar(&listen, "listen", "", "ADDR:PORT for components and administrators (default: all addresses, port 6170)")
	cmd.Flags().StringSliceVar(&advertise, "advertise", nil, "HOST:PORT where components reach the broker (default: what can be told from --listen)")
	addLogFlags(cmd, &logLevel, &logFormat)
	return cmd
}

func addLogFlags(cmd *cobra.Command, level, format *string) {
	cmd.Flags().StringVar(level, "log-level", "info", "debug, info, warn or error")
	cmd.Flags().StringVar(format, "log-format", "text", "text or json")
}
