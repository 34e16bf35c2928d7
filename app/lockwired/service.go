package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
	"lockwire/engine/network"
)

// serviceName is the broker's name as a service. Its user has the group whose members administer it.
const serviceName = "lockwired"

func serviceCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "service", Short: "Run the broker as a service of the system"}
	cmd.AddCommand(serviceInstall(), serviceRemove())
	return cmd
}

// brokerService is the broker as a service on a data folder.
func brokerService(program, data string, arguments []string) host.Service {
	return host.Service{Name: serviceName, Description: "Lockwire broker", Program: program, Arguments: arguments, Folder: data, User: server.Group}
}

// installation is how the broker becomes a service.
type installation struct {
	serveFlags
	// allow is the user who is to administer the broker.
	allow string
	// token prints a token that lets the user administer the broker before the next login.
	token bool
	// from is the data folder whose installation the service takes over.
	from string
}

func serviceInstall() *cobra.Command {
	var i installation
	cmd := &cobra.Command{Use: "install", Short: "Run the broker now and at each start of the system",
		Long: "Install the broker as a systemd unit that runs as a user of its own, " + server.Group + ", with the flags of serve that are given here.\n" +
			"Members of the group " + server.Group + " may administer it: --allow-user adds one. Run again with other flags, it replaces the service.",
		Example: "  sudo lockwired service install --allow-user $USER",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if i.token && i.allow == "" {
				return host.Usage(errors.New("--token needs --allow-user, whose token it is"))
			}
			return i.install(cmd)
		}}
	i.add(cmd)
	cmd.Flags().StringVar(&i.allow, "allow-user", "", "a user of this machine who is to administer the broker, from the next login on: joins the group "+server.Group)
	cmd.Flags().BoolVar(&i.token, "token", false, "print a token with which that user can enrol at once, for the console")
	cmd.Flags().StringVar(&i.from, "from", "", "another data folder, on which no broker runs; the service takes its installation over")
	return cmd
}

// answerWithin is how long a broker may take from its start until it can be asked.
const answerWithin = 20 * time.Second

func (i *installation) install(cmd *cobra.Command) error {
	ctx, out := cmd.Context(), cmd.ErrOrStderr()
	if !i.token { // standard output is the token's
		out = cmd.OutOrStdout()
	}
	program, err := host.ThisProgram()
	if err != nil {
		return err
	}
	data, err := filepath.Abs(folderOptions(cmd).Path)
	if err != nil {
		return err
	}
	// What would fail is found before anything is changed.
	if _, err := i.check(); err != nil {
		return host.Usage(err)
	}
	if err := host.CanInstallServices(); errors.Is(err, host.ErrNoServices) {
		return fmt.Errorf("%w; nothing was changed: have a supervisor of your own run: %s", err, serveLine(cmd))
	} else if err != nil {
		return err
	}
	if err := host.CheckServiceProgram(program); err != nil {
		return err
	}
	if i.allow != "" {
		if err := host.CheckUser(i.allow); err != nil {
			return host.Usage(err)
		}
	}
	if i.from != "" {
		kept, err := server.TakeOver(ctx, i.from, data, "lockwired service install")
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "The installation of %s is in %s now; the old folder is kept as %s.\n", i.from, data, kept)
	}
	service := brokerService(program, data, i.arguments(data))
	service.LowPorts = engine.IsLowPort(i.listen) || engine.IsLowPort(i.metrics)
	if err := host.InstallService(ctx, service); err != nil {
		return err
	}
	if i.allow != "" {
		if err := host.AddToGroup(ctx, i.allow, server.Group); err != nil {
			return fmt.Errorf("the broker runs as a service, but %s may not administer it yet: %w", i.allow, err)
		}
	}
	began := func() {
		fmt.Fprintf(out, "The broker runs as service %s on %s.%s\n", serviceName, data, openPort(i.listen))
		if i.allow != "" {
			fmt.Fprintf(out, "%s may administer it from the next login on.\n", i.allow)
		}
	}
	if runtime.GOOS != "linux" { // its local socket lets nobody in but the service's own account
		began()
		return nil
	}
	return i.greet(ctx, cmd.OutOrStdout(), data, began)
}

// serveLine is the command that runs the broker with the options with which a service was to be installed.
func serveLine(cmd *cobra.Command) string {
	return host.CommandLine(append([]string{"lockwired", "serve"}, host.GivenFlags(cmd.Flags(), "allow-user", "token", "from")...)...)
}

// openPort says which port a firewall has to let through, for a broker that listens at an address; empty where it listens on loopback only.
func openPort(listen string) string {
	_, port, err := net.SplitHostPort(server.OwnAddress(listen))
	if err != nil || listen != "" && engine.IsLoopback(listen) {
		return ""
	}
	return " Open its port for components in a firewall: TCP " + port + "."
}

// greet waits until the broker answers, which the service manager does not, says so, and makes the token.
func (i *installation) greet(ctx context.Context, out io.Writer, data string, answered func()) error {
	installed := time.Now()
	var admin engine.Administration
	var closing func() error
	err := host.Await(ctx, answerWithin, "the broker's answer", func() (_ bool, err error) {
		admin, closing, err = server.Attach(ctx, data)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, network.ConnectionRefused) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return fmt.Errorf("the service is installed, but its broker does not answer: %w%s", err, host.LastWords(ctx, serviceName, installed))
	}
	defer closing()
	answered()
	if !i.token {
		return nil
	}
	token, err := admin.NewToken(ctx, engine.TokenRequest{
		Kind: engine.JoinAdministrator, Name: i.allow, Administrator: engine.MayChange, Addresses: []string{server.OwnAddress(i.listen)},
	})
	if err != nil {
		return fmt.Errorf("the broker runs as a service, but no token could be made: %w", err)
	}
	fmt.Fprintln(out, token.Secret)
	return nil
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
