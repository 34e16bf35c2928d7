// lockwire-agent is the agent of one machine: it joins the machine to a Lockwire installation and carries backup traffic.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/app/selftest"
	"lockwire/engine/component"
	"lockwire/engine/component/control"
	"lockwire/engine/component/machine"
)

func main() {
	root := newRoot()
	if command, _, err := root.Find(os.Args[1:]); err == nil && command.Name() == "run" {
		host.RelaxTimers()
		host.CollectLess()
	}
	ctx, stop := host.Context()
	err := root.ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lockwire-agent:", err)
	}
	os.Exit(exitCode(err))
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "lockwire-agent",
		Short: "Carry backup traffic of this machine through encrypted channels",
		Long: "lockwire-agent runs on each machine of the backup infrastructure. It joins the machine to a Lockwire installation with a token\n" +
			"from the broker, and carries the backup tools' connections as the installation's traffic rules say.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 wrong command line, token or file, 4 not found or not joined, 5 broker or agent not reached,\n" +
			"6 not allowed or refused by the broker, 7 the name is taken.",
		Version:           host.Version(),
		Args:              cobra.NoArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return host.Usage(err) })
	root.PersistentFlags().String("data", "", "data folder (default "+host.DataFolder(host.Agent)+")")
	root.AddCommand(joinCommand(), runCommand(), statusCommand(), brokerCommand(), allowBackendCommand(), allowListenCommand(), drainCommand(), serviceCommand(), selftestCommand(), versionCommand())
	checkArguments(root)
	return root
}

func selftestCommand() *cobra.Command {
	return selftest.Command("Try, one by one: the data folder and who may open it, memory for keys, loopback, a service, a rule of the firewall. Real bytes through two\n"+
		"agents are what lockwired selftest tries.", append(selftest.Machine(), selftest.ServiceCheck(), selftest.Firewall()))
}

func versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the program's version", Args: cobra.NoArgs, Run: func(cmd *cobra.Command, _ []string) {
		fmt.Fprintln(cmd.OutOrStdout(), "lockwire-agent", host.Version())
	}}
}

// folder is the data folder that a command works on.
func folder(cmd *cobra.Command) string {
	if path, err := cmd.Flags().GetString("data"); err == nil && path != "" {
		return path
	}
	return host.DataFolder(host.Agent)
}

// checkArguments marks wrong arguments of all commands as such. A command that only has others below it shows its help; being
// run makes cobra check its arguments, so that an unknown word is an error.
func checkArguments(cmd *cobra.Command) {
	if cmd.HasSubCommands() && !cmd.Runnable() {
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, arguments []string) error {
			if err := check(cmd, arguments); err != nil {
				return host.Usage(fmt.Errorf("%w; see: %s --help", err, cmd.CommandPath()))
			}
			return nil
		}
	}
	for _, child := range cmd.Commands() {
		checkArguments(child)
	}
}

// errNotAttached: the agent runs and is not attached to one of its brokers.
var errNotAttached = errors.New("not attached to the broker")

// exitCode gives the code for an error; see the constants of app/host.
func exitCode(err error) int {
	is := func(targets ...error) bool {
		for _, target := range targets {
			if errors.Is(err, target) {
				return true
			}
		}
		return false
	}
	switch {
	case err == nil, is(context.Canceled):
		return host.ExitOK
	case host.IsUsage(err), is(control.ErrToken, machine.ErrWhichAttachment):
		return host.ExitUsage
	case is(machine.ErrNotJoined, machine.ErrNoEntry, host.ErrNoService):
		return host.ExitNotFound
	case is(control.ErrUnreachable, component.ErrNotRunning, errNotAttached):
		return host.ExitNoBroker
	case is(control.ErrNameTaken, errJoinedOtherwise):
		return host.ExitTaken
	case is(control.ErrJoinRefused, host.ErrServiceRights):
		return host.ExitDenied
	}
	return host.ExitFailed
}
