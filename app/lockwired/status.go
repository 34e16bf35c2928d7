package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

func statusCommand() *cobra.Command {
	return addJSON(&cobra.Command{Use: "status", Short: "What needs attention, the worst first, with a command for each",
		Long: "What needs attention, the worst first: what fails now, what is plain, what is about to fail. Many things that are alike are one line; --json has each.\n" +
			"What is only worth a look is left to check. Headroom counts as it is at this moment; the console waits until it has been low for 15 seconds.",
		Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			situation, err := engine.SituationOf(cmd.Context(), a, engine.CheckQuestion{})
			if err != nil {
				return err
			}
			findings := engine.Pressing(situation.Findings())
			if asJSON(cmd) {
				return list(cmd, findings, "", nil)
			}
			out := cmd.OutOrStdout()
			if len(findings) == 0 {
				fmt.Fprintln(out, "Nothing needs attention.")
				return nil
			}
			for _, group := range engine.GroupFindings(findings) {
				first := group.Findings[0]
				fmt.Fprintln(out, engine.Printable(group.Text))
				if first.Remedy != "" {
					fmt.Fprintln(out, "    "+first.Remedy)
				}
				if first.Command != "" {
					fmt.Fprintln(out, "    "+engine.Printable(first.Command))
				}
			}
			return nil
		})})
}
