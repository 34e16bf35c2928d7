// Lockwired is the broker as a service, and the command line for everything that an administrator can do.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // schedules name time zones, and Windows and small systems have no database of them

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine/secret"
)

func main() {
	// Nothing of this process may end up in a core file.
	if err := secret.Harden(); err != nil {
		fmt.Fprintln(os.Stderr, "warning: core dumps could not be turned off:", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := rootCommand().ExecuteContext(ctx)
	stop()
	if err != nil && err.Error() != "" {
		fmt.Fprintln(os.Stderr, "lockwired:", err)
	}
	os.Exit(exitCode(err))
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "lockwired",
		Short: "Encrypts backup traffic in flight: the broker, and its command line",
		Long: "Lockwire encrypts backup traffic in flight, whatever backup tool moves it.\n\n" +
			"`lockwired serve` runs the broker. All other commands work on the broker that runs on the data folder, or on the folder itself\n" +
			"where none runs.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 wrong command line or file, 3 needs --yes, 4 not found, 5 no broker, 6 not allowed.\n" +
			"Check has those of monitoring plug-ins.",
		Version:           host.Version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		Args:              cobra.ArbitraryArgs, // checkUsage says which word is no command
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return host.Usage(err) })
	root.PersistentFlags().String("data", "", "data folder (default "+host.DataFolder("lockwired")+")")
	root.PersistentFlags().String("broker", "", "HOST:PORT of a broker elsewhere, in which this user is enrolled as an administrator")
	root.AddCommand(serveCommand(), statusCommand(), checkCommand(), demoCommand(), selftestCommand(), rulesCommand(), exportCommand(), applyCommand(), namesCommand(), componentsCommand(), coverageCommand(), headroomCommand(), servicesCommand(), routesCommand(), tenantsCommand(), providersCommand(), sessionsCommand(),
		receiptsCommand(), auditCommand(), reportCommand(), settingsCommand(), alarmsCommand(), networksCommand(), overrideCommand(), backupCommand(), restoreCommand(), explainCommand(), administratorsCommand(), authorityCommand(), serviceCommand())
	checkUsage(root)
	addCompletion(root)
	return root
}

// checkUsage makes what cobra finds wrong with the words of a command line a usage error, for the exit code, and refuses the
// unknown commands of a group instead of showing help as if all were well.
func checkUsage(cmd *cobra.Command) {
	if cmd.HasSubCommands() && !cmd.Runnable() {
		cmd.RunE = func(cmd *cobra.Command, arguments []string) error {
			if len(arguments) == 0 {
				return cmd.Help()
			}
			return host.Usage(fmt.Errorf("%q is no command of %s; see %s --help", arguments[0], cmd.CommandPath(), cmd.CommandPath()))
		}
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, arguments []string) error {
			if err := cmd.ValidateRequiredFlags(); err != nil {
				return host.Usage(err)
			}
			if err := check(cmd, arguments); err != nil {
				return host.Usage(fmt.Errorf("%w; usage: %s", err, strings.TrimSpace(cmd.UseLine())))
			}
			return nil
		}
	}
	for _, child := range cmd.Commands() {
		checkUsage(child)
	}
}
