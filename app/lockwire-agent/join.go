package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine/component/control"
	"lockwire/engine/component/machine"
)

func joinCommand() *cobra.Command {
	var tokenFile string
	var backends []string
	var service bool
	var run runFlags
	cmd := &cobra.Command{
		Use:   "join",
		Short: "Join this machine to an installation with a token from its broker",
		Long: "join asks for the token without echo, or takes it from --token-file or standard input. Make one at the broker:\n" +
			"  lockwired components token NAME --role ROLE\n\n" +
			"A machine may join several installations; joining one again replaces its certificate.",
		Example: "  lockwire-agent join --service --allow-backend 127.0.0.1:8000",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) > 0 { // what stands there is never repeated: it may be the token
				return errors.New("a token on the command line can be read by every user of this machine, so it is not taken there: " +
					"run `lockwire-agent join` and paste it when asked, or use --token-file FILE (or - for standard input). Make a new token, this one may have been seen")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := run.config()
			if err != nil {
				return host.Usage(err)
			}
			if _, err := machine.NewBackendList(backends); err != nil {
				return host.Usage(fmt.Errorf("--allow-backend: %w", err))
			}
			if service { // known before the token is used up
				if err := host.CanInstallServices(); errors.Is(err, host.ErrNoServices) {
					return fmt.Errorf("%w; nothing was changed, the token is good still: join without --service, then have a supervisor of your own run: %s", err, givenLine(cmd, "run"))
				} else if err != nil {
					return err
				}
			}
			token, err := readToken(cmd.InOrStdin(), tokenFile)
			if err != nil {
				return host.Usage(err)
			}
			defer clear(token)
			if err := host.MakeFolder(folder(cmd)); err != nil {
				return err
			}
			joined, err := control.Join(cmd.Context(), control.JoinOptions{Token: string(token), Folder: folder(cmd), AllowBackends: backends, Network: config.Network})
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "This machine has joined installation %s as %s (%s).\nThe broker is reached at %s.\n", joined.Installation, joined.Name, joined.Role, strings.Join(joined.Brokers, ", "))
			if service {
				if err := installService(cmd, &run); err != nil {
					return fmt.Errorf("the machine has joined, but the service is not there yet (try: %s): %w", givenLine(cmd, "service", "install"), err)
				}
				fmt.Fprintln(out, "The agent runs as service lockwire-agent, now and at each start of the system. See: lockwire-agent status")
			} else {
				fmt.Fprintf(out, "Next, start the agent: %s (as a service), or %s.\nWhere it runs already, restart it: installations are read at its start.\n", givenLine(cmd, "service", "install"), givenLine(cmd, "run"))
			}
			printFirewall(out, run.listen)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&tokenFile, "token-file", "", "file with the token, - for standard input")
	flags.StringArrayVar(&backends, "allow-backend", nil, "HOST:PORT or CIDR:PORTS that routes may dial from here (can be repeated; default none)")
	flags.BoolVar(&service, "service", false, "install and start the agent as a service, with the flags below")
	run.add(flags)
	return cmd
}

// readToken reads the token from a file, from standard input if that is no terminal, or from the user.
func readToken(input io.Reader, file string) ([]byte, error) {
	if file != "" {
		return host.ReadSecret(input, file)
	}
	token, err := host.AskSecret("Join token: ")
	if errors.Is(err, host.ErrNoTerminal) && input == os.Stdin {
		return host.ReadSecret(input, "-")
	}
	return token, err
}

// printFirewall prints the rule that lets other components reach the data port.
func printFirewall(out io.Writer, listen string) {
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		return
	}
	fmt.Fprintf(out, "\nIf other machines send backups here, they must reach TCP port %s. With a firewall on this machine:\n", port)
	if runtime.GOOS == "windows" {
		fmt.Fprintf(out, "  netsh advfirewall firewall add rule name=\"Lockwire data port\" dir=in action=allow protocol=TCP localport=%s\n", port)
		return
	}
	fmt.Fprintf(out, "  ufw allow %s/tcp\n  firewall-cmd --permanent --add-port=%s/tcp && firewall-cmd --reload\n  nft add rule inet filter input tcp dport %s accept\n", port, port, port)
}
