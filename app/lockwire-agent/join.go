package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/component"
	"lockwire/engine/component/control"
	"lockwire/engine/component/machine"
)

// errJoinedOtherwise: the machine has joined that installation under another name.
var errJoinedOtherwise = errors.New("this machine has joined that installation under another name")

func joinCommand() *cobra.Command {
	var tokenFile, name string
	var backends []string
	var service, again bool
	var run runFlags
	cmd := &cobra.Command{
		Use:   "join",
		Short: "Join this machine to an installation with a token from its broker",
		Long: "join asks for the token without echo, or takes it from --token-file or standard input. Make one at the broker:\n" +
			"  lockwired components token NAME --role ROLE\n\n" +
			"A machine may join several installations; joining one again replaces its certificate.\n\n" +
			"With --name join can be repeated: where this machine has joined that installation under that name already, nothing is\n" +
			"changed and the exit code is 0, also when the token file is gone. A token for several machines needs --name. An attempt\n" +
			"whose answer was lost is finished by the next one with the same token and name, and takes no second use of the token.\n" +
			"Exit codes: 2 the token is none, 5 the broker is not reached, 6 it refuses the token, 7 the name is taken there, or this\n" +
			"machine has another one. A machine that was revoked joins again with --again.",
		Example: "  lockwire-agent join --service --allow-backend 127.0.0.1:8000\n" +
			"  lockwire-agent join --service --name \"$(hostname)\" --token-file /run/lockwire-token",
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
			if again && name == "" {
				return host.Usage(errors.New("--again: say the name with --name"))
			}
			if service { // known before the token is used up
				if err := host.CanInstallServices(); errors.Is(err, host.ErrNoServices) {
					return fmt.Errorf("%w; nothing was changed, the token is good still: join without --service, then have a supervisor of your own run: %s", err, givenLine(cmd, "run"))
				} else if err != nil {
					return err
				}
			}
			token, err := readToken(cmd.InOrStdin(), tokenFile)
			if err != nil && (name == "" || !errors.Is(err, fs.ErrNotExist)) {
				return host.Usage(err)
			}
			defer clear(token)
			out := cmd.OutOrStdout()
			if name != "" && !again {
				done, err := joinedAlready(cmd, string(token), name, &run, service)
				if done || err != nil {
					return err
				}
			}
			if err != nil {
				return host.Usage(err)
			}
			if err := host.MakeFolder(folder(cmd)); err != nil {
				return err
			}
			joined, err := control.Join(cmd.Context(), control.JoinOptions{Token: string(token), Name: name, Folder: folder(cmd), AllowBackends: backends, Network: config.Network})
			if err != nil {
				return err
			}
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
	flags.StringVar(&tokenFile, "token-file", "", "file with the token, or with a line LOCKWIRE_TOKEN=TOKEN; - for standard input")
	flags.StringVar(&name, "name", "", "what this machine is called; makes join repeatable")
	flags.BoolVar(&again, "again", false, "join although this machine has joined under that name, as after it was revoked")
	flags.StringArrayVar(&backends, "allow-backend", nil, "HOST:PORT or CIDR:PORTS that routes may dial from here (can be repeated; default none)")
	flags.BoolVar(&service, "service", false, "install and start the agent as a service, with the flags below")
	run.add(flags)
	return cmd
}

// joinedAlready tells whether the machine has joined under that name already, and has the service installed where that is wanted and no
// agent runs. Without a token any installation counts.
func joinedAlready(cmd *cobra.Command, token, name string, run *runFlags, service bool) (bool, error) {
	names, err := control.JoinedAs(folder(cmd), token, time.Now())
	if err != nil {
		return false, err
	}
	out := cmd.OutOrStdout()
	at := slices.IndexFunc(names, func(joined string) bool { return engine.SameName(joined, name) })
	if at < 0 {
		if token != "" && len(names) > 0 {
			return false, fmt.Errorf("%w: as %s; remove %s, or rename the component at the broker", errJoinedOtherwise, names[0], machine.AttachmentsFolder(folder(cmd)))
		}
		return false, nil
	}
	fmt.Fprintf(out, "This machine has already joined as %s; nothing was changed.\n", names[at])
	if !service {
		return true, nil
	}
	if _, err := component.ReadStatus(component.StatusFile(folder(cmd)), time.Now()); !errors.Is(err, component.ErrNotRunning) {
		return true, err
	}
	if err := installService(cmd, run); err != nil {
		return false, err
	}
	fmt.Fprintln(out, "The agent did not run; it runs as service lockwire-agent now.")
	return true, nil
}

// readToken reads the token from a file, from standard input if that is no terminal, or from the user.
func readToken(input io.Reader, file string) ([]byte, error) {
	if file != "" {
		return readTokenFile(input, file)
	}
	token, err := host.AskSecret("Join token: ")
	if errors.Is(err, host.ErrNoTerminal) && input == os.Stdin {
		return readTokenFile(input, "-")
	}
	return token, err
}

// readTokenFile reads a token that stands alone in a file, or in the line LOCKWIRE_TOKEN= of an environment file.
func readTokenFile(input io.Reader, file string) ([]byte, error) {
	text, err := host.ReadSecret(input, file)
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(text) {
		if value, found := bytes.CutPrefix(bytes.TrimSpace(line), []byte("LOCKWIRE_TOKEN=")); found {
			return bytes.Trim(value, `"'`), nil
		}
	}
	return text, nil
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
