package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func coverageCommand() *cobra.Command {
	var at string
	cmd := addJSON(&cobra.Command{Use: "coverage", Short: "Say for all pairs of components whether their traffic would be sealed, and what is odd about it",
		Long: "Say for all pairs of components whether their traffic would be sealed: a matrix with a letter for what decided each pair,\n" +
			"and below it the links that are sealed only because of an interface, and those that are plain although they touch a public\n" +
			"address. In JSON, rows has the same letters.",
		Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			var question engine.CoverageQuestion
			if at != "" {
				var err error
				if question.At, err = parseInstant(at); err != nil {
					return host.Usage(&engine.FieldError{Field: "--at", Err: err})
				}
			}
			coverage, err := a.Coverage(cmd.Context(), question)
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), coverage)
			}
			return printCoverage(cmd, &coverage)
		})})
	cmd.Flags().StringVar(&at, "at", "", "moment in RFC 3339 (default: now)")
	return cmd
}

// coverageLegend says what the letters mean, in the order of the steps of a decision.
var coverageLegend = []struct {
	by   engine.By
	text string
}{
	{engine.ByProviderGateway, "sealed: a provider gateway"}, {engine.BySameMachine, "plain: both are one machine"}, {engine.ByRule, "sealed: a rule"},
	{engine.ByAutomatic, "sealed: automatic, a public address"}, {engine.ByExempt, "plain: a trusted link"}, {engine.ByNone, "plain: nothing requires encryption"},
}

func printCoverage(cmd *cobra.Command, c *engine.Coverage) error {
	out := cmd.OutOrStdout()
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, component := range c.Components {
		fmt.Fprintf(table, "%s\t%s\n", component.Name, c.Rows[i])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\npairs of components: %d sealed, %d plain\n", c.Sealed, c.Plain)
	for _, line := range coverageLegend {
		fmt.Fprintf(out, "  %c  %s\n", engine.CoverageLetter(line.by), line.text)
	}
	for _, finding := range c.Findings {
		fmt.Fprintf(out, "\n%s", finding.Text)
	}
	if len(c.Findings) > 0 {
		fmt.Fprintln(out)
	}
	return nil
}
