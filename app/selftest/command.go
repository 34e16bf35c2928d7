package selftest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

// Name is that of the command in each program.
const Name = "selftest"

// Command is the command that tries a program's checks, and prints a table or JSON. It fails where one of them did.
func Command(long string, checks []Check) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: Name, Short: "Try on this machine what Lockwire asks of its system", Args: cobra.NoArgs,
		Long: long + "\nWhat it makes is removed again. With the rights of root, or of an administrator, it also installs a service for a moment.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			all := Run(cmd.Context(), checks, func(r Result) {
				if !asJSON {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", r.Name, r.State) // some take a while
				}
			})
			if asJSON {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				if err := encoder.Encode(all); err != nil {
					return err
				}
			} else if err := Print(cmd.OutOrStdout(), all); err != nil {
				return err
			}
			if failed := CountFailed(all); failed > 0 {
				return fmt.Errorf("%d of %d checks failed", failed, len(all))
			}
			return nil
		}}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(&cobra.Command{Use: bodyCommand + " FOLDER", Hidden: true, Args: cobra.ExactArgs(1), Short: "Be the service that selftest installs",
		RunE: func(cmd *cobra.Command, arguments []string) error { return serviceBody(cmd.Context(), arguments[0]) }})
	return cmd
}

// bodyCommand has the program be the service that is tried.
const bodyCommand = "service"

// ServiceCheck installs this program as a service, waits until it has written to its data folder, and removes it.
func ServiceCheck() Check {
	return Check{"service", func(ctx context.Context) (string, error) { return tryService(ctx, []string{Name, bodyCommand}) }}
}
