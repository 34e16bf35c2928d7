package main

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/component"
	"lockwire/engine/component/machine"
)

// runFlags are the flags of a run. A service is installed with the same ones.
type runFlags struct {
	listen, machine       string
	interfaces, advertise []string
	allowListen           []string
	calibrate             bool
	silence, halfClosed   time.Duration
	drainWithin           time.Duration
	memory, buffer        string
	proxy                 host.ProxyFlags
	logLevel, logFormat   string
}

func (r *runFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&r.listen, "listen", component.DefaultListen, "ADDR:PORT of the data port, where other components connect")
	flags.StringArrayVar(&r.interfaces, "interface", nil, "ADDR that the rules see instead of the system's interfaces (can be repeated)")
	flags.StringVar(&r.machine, "machine-id", "", "id of the machine instead of the system's")
	flags.StringArrayVar(&r.advertise, "advertise", nil, "ADDR:PORT where other components reach the data port, such as behind NAT (can be repeated)")
	flags.StringArrayVar(&r.allowListen, "allow-listen", nil, "ADDR:PORTS or CIDR:PORTS that routes may listen on, besides loopback from port 1024 and the list of allow-listen (can be repeated)")
	flags.BoolVar(&r.calibrate, "calibrate", true, "measure the processor once, and when asked to, for the forecast: 4 seconds, while no session lives")
	flags.DurationVar(&r.silence, "silence", component.DefaultSilence, "reset a connection whose peer acknowledges nothing for so long although something was sent to it")
	flags.DurationVar(&r.halfClosed, "half-closed", component.DefaultHalfClosed, "reset a connection that one side has ended and on which the other one sends nothing for so long")
	flags.DurationVar(&r.drainWithin, "drain-within", 0, "how long connections may still run when the agent is stopped, such as 30m; it takes no new ones meanwhile")
	flags.StringVar(&r.memory, "memory", "", "how much memory connections may take in all, such as 2GiB; one other component gets at most half of it (default a quarter of the machine's)")
	flags.StringVar(&r.buffer, "buffer", defaultBuffer, "how much of one connection and direction this agent holds, beyond what is in flight, where the receiver does not read")
	r.proxy.Add(flags, "the broker and to service providers' gateways", "the agent")
	flags.StringVar(&r.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&r.logFormat, "log-format", "text", "text or json")
}

// maximumDrain is the longest time that a service may take to stop.
const maximumDrain = 24 * time.Hour

// defaultBuffer is component.DefaultBuffer as it is written.
var defaultBuffer = engine.FormatSize(component.DefaultBuffer)

// readSizes reads the sizes.
func (r *runFlags) readSizes(config *component.Config) error {
	if r.memory != "" {
		memory, err := engine.ParseSize(r.memory)
		if err != nil || memory < component.LeastMemory {
			return fmt.Errorf("--memory: %w", cmp.Or(err, fmt.Errorf("at least %s", engine.FormatSize(component.LeastMemory))))
		}
		config.Memory = memory
	}
	buffer, err := engine.ParseSize(r.buffer)
	if err != nil || buffer < component.LeastBuffer || buffer > component.MostBuffer {
		return fmt.Errorf("--buffer: %w", cmp.Or(err, fmt.Errorf("from %s to %s", engine.FormatSize(component.LeastBuffer), engine.FormatSize(component.MostBuffer))))
	}
	config.Buffer = int(buffer)
	return nil
}

// config reads the flags; its errors name the flag.
func (r *runFlags) config() (component.Config, error) {
	config := component.Config{Listen: r.listen, Machine: r.machine, AllowListen: r.allowListen, Version: host.Version(), Calibrate: r.calibrate, Silence: r.silence, HalfClosed: r.halfClosed, DrainWithin: r.drainWithin}
	if r.drainWithin < 0 || r.drainWithin > maximumDrain {
		return config, fmt.Errorf("--drain-within: from 0 to %v", maximumDrain)
	}
	if err := engine.CheckListenHost(r.listen); err != nil {
		return config, fmt.Errorf("--listen: %w", err)
	}
	for _, text := range r.interfaces {
		address, err := engine.ParseAddress(text)
		if err != nil {
			return config, fmt.Errorf("--interface: %w", err)
		}
		if err := engine.CheckDialled(address); err != nil {
			return config, fmt.Errorf("--interface: %w", err)
		}
		config.Interfaces = append(config.Interfaces, address)
	}
	for _, text := range r.advertise {
		endpoint, err := netip.ParseAddrPort(text)
		if err != nil {
			return config, fmt.Errorf("--advertise: %q is not ADDR:PORT", text)
		}
		if endpoint.Port() == 0 {
			return config, fmt.Errorf("--advertise: %q: a port is a number from 1 to 65535", text)
		}
		if err := engine.CheckDialled(endpoint.Addr()); err != nil {
			return config, fmt.Errorf("--advertise: %w", err)
		}
		if endpoint.Addr().Zone() != "" {
			return config, fmt.Errorf("--advertise: %q names an interface of this machine, which others do not know", text)
		}
		config.Advertise = append(config.Advertise, endpoint)
	}
	if r.silence < component.LeastSilence || r.halfClosed < component.LeastSilence {
		return config, fmt.Errorf("--silence and --half-closed: at least %v", component.LeastSilence)
	}
	proxy, err := r.proxy.Read()
	if err != nil {
		return config, err
	}
	config.Network = &machine.SystemNetwork{Proxy: proxy}
	if _, err := machine.NewListenList(r.allowListen); err != nil {
		return config, fmt.Errorf("--allow-listen: %w", err)
	}
	return config, r.readSizes(&config)
}

// arguments are the command line of a service that runs with the same flags, but for --allow-listen: the kept list has those.
func (r *runFlags) arguments(data string) []string {
	all := []string{"run", "--data", data, "--listen", r.listen, "--log-level", r.logLevel, "--log-format", r.logFormat}
	if r.machine != "" {
		all = append(all, "--machine-id", r.machine)
	}
	if r.silence != component.DefaultSilence {
		all = append(all, "--silence", r.silence.String())
	}
	if r.halfClosed != component.DefaultHalfClosed {
		all = append(all, "--half-closed", r.halfClosed.String())
	}
	if r.memory != "" {
		all = append(all, "--memory", r.memory)
	}
	if r.buffer != defaultBuffer {
		all = append(all, "--buffer", r.buffer)
	}
	if !r.calibrate {
		all = append(all, "--calibrate=false")
	}
	if r.drainWithin > 0 {
		all = append(all, "--drain-within", r.drainWithin.String())
	}
	all = append(all, r.proxy.Arguments()...)
	repeated := func(flag string, values []string) {
		for _, value := range values {
			all = append(all, flag, value)
		}
	}
	repeated("--interface", r.interfaces)
	repeated("--advertise", r.advertise)
	return all
}

func runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the agent until it is interrupted",
		Long: "run attaches to the broker and carries flows. Connections that a backup tool opens to a route's address are accepted by the\n" +
			"system at once; they carry bytes only after the target has answered, and are reset where it does not. The log says why.\n\n" +
			"A machine of role provider-gateway carries no flows of its own: tenants reach the broker, and the repositories of their sessions,\n" +
			"through TLS tunnels to its data port. That port is the only one which a provider opens: run --listen :6180",
		Example: "  lockwire-agent run --listen :6180\n  lockwire-agent run --proxy http://proxy.example:3128 --proxy-credentials /etc/lockwire-proxy",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := flags.config()
			if err != nil {
				return host.Usage(err)
			}
			if config.Log, err = host.NewLogger(cmd.ErrOrStderr(), flags.logLevel, flags.logFormat); err != nil {
				return host.Usage(err)
			}
			host.Prepare(config.Log)
			config.Folder = folder(cmd)
			config.StatusFile = component.StatusFile(config.Folder)
			return host.Run(cmd.Context(), host.Agent, flags.drainWithin, func(ctx context.Context) error {
				agent, err := component.New(ctx, config)
				if err != nil {
					return err
				}
				return agent.Run(ctx)
			})
		},
	}
	flags.add(cmd.Flags())
	return cmd
}
