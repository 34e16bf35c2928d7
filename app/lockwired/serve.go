package main

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/network"
)

// brokerGC lets the collector of a broker run at half the growth that is usual: thousands of components that are attached and
// silent hold most of its memory, and little of it is garbage.
const brokerGC = 50

// serveFlags are how the broker is run.
type serveFlags struct {
	listen, metrics, logLevel, logFormat string
	advertise                            []string
	proxy                                host.ProxyFlags
}

func (f *serveFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.listen, "listen", "", "ADDR:PORT for components and administrators (default: all addresses, port 6170)")
	cmd.Flags().StringSliceVar(&f.advertise, "advertise", nil, "HOST:PORT where components reach the broker (default: what can be told from --listen)")
	cmd.Flags().StringVar(&f.metrics, "metrics", "", "[ADDR:]PORT at which Prometheus reads /metrics, and monitoring /health; without ADDR on loopback (default: off)")
	f.proxy.Add(cmd.Flags(), "service providers' gateways", "the broker")
	cmd.Flags().StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	cmd.Flags().StringVar(&f.logFormat, "log-format", "text", "text or json")
}

// check refuses what can never work, and gives the proxy, nil for none. Its errors name the flag.
func (f *serveFlags) check() (*network.Proxy, error) {
	if f.listen != "" {
		if err := engine.CheckListenHost(f.listen); err != nil {
			return nil, fmt.Errorf("--listen: %w", err)
		}
	}
	if len(f.advertise) > 0 {
		if err := identity.CheckBrokers(f.advertise); err != nil {
			return nil, fmt.Errorf("--advertise: %w", err)
		}
	}
	return f.proxy.Read()
}

// arguments are the command line of a broker on a data folder with these flags.
func (f *serveFlags) arguments(data string) []string {
	arguments := []string{"serve", "--data", data, "--log-level", f.logLevel, "--log-format", f.logFormat}
	if f.listen != "" {
		arguments = append(arguments, "--listen", f.listen)
	}
	if f.metrics != "" {
		arguments = append(arguments, "--metrics", f.metrics)
	}
	for _, address := range f.advertise {
		arguments = append(arguments, "--advertise", address)
	}
	return append(arguments, f.proxy.Arguments()...)
}

func serveCommand() *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{Use: "serve", Short: "Run the broker",
		Long: "Run the broker: it decides, mints keys and keeps the record, in the data folder. A new folder becomes a new installation.\n" +
			"Where the authority's key has a passphrase, it is taken from the systemd credential lockwire-ca-passphrase, or asked for.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := host.NewLogger(cmd.ErrOrStderr(), flags.logLevel, flags.logFormat)
			if err != nil {
				return host.Usage(err)
			}
			proxy, err := flags.check()
			if err != nil {
				return host.Usage(err)
			}
			host.Prepare(log)
			debug.SetGCPercent(brokerGC)
			options := folderOptions(cmd)
			options.Logger = log
			return host.Run(cmd.Context(), serviceName, 0, func(ctx context.Context) error {
				return server.Serve(ctx, server.ServeOptions{
					Options: options, Listen: flags.listen, Advertise: flags.advertise, Metrics: flags.metrics, Proxy: proxy, Version: host.Version(),
					Ready: func(running *server.Running) {
						ready := []any{"address", running.Address.String(), "data", options.Path, "reached_at", running.Broker.Addresses()}
						if running.Metrics != nil {
							ready = append(ready, "metrics", running.Metrics.String())
						}
						log.Info("ready", ready...)
					},
				})
			})
		}}
	flags.add(cmd)
	return cmd
}
