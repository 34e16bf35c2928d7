package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"lockwire/engine"
	"lockwire/engine/record"
)

// printDifferences writes an entry of the audit with each field that it changed, and what its change made of pairs.
func printDifferences(out io.Writer, e *engine.AuditEntry) {
	fmt.Fprintf(out, "%s  %s  %s", local(e.When), e.ID, strings.TrimSpace(record.InWords(e)+" "+engine.Printable(e.Thing)))
	fmt.Fprintf(out, ", by %s\n", engine.Printable(string(e.Who)))
	for _, d := range record.Differences(e.Before, e.After) {
		fmt.Fprintf(out, "    %s: %s -> %s\n", engine.Printable(d.Field), engine.Printable(d.Before), engine.Printable(d.After))
	}
	if e.Turned == nil {
		return
	}
	fmt.Fprintf(out, "    %s\n", e.Turned.InWords())
	for i := range e.Turned.Pairs {
		pair := &e.Turned.Pairs[i]
		fmt.Fprintf(out, "        %s <-> %s (%s): %s -> %s\n", pair.Source, pair.Target, routesInWords(pair.Routes), pair.Before, pair.After)
	}
	if e.Turned.More > 0 {
		fmt.Fprintf(out, "        and %s\n", engine.CountInWords(e.Turned.More, "more pair", "more pairs"))
	}
}

func auditUndo() *cobra.Command {
	cmd := &cobra.Command{Use: "undo ID", Short: "Take back the change of an entry, with all entries of that change, and nothing that was changed since", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			return change(cmd, a, engine.Change{Undo: engine.ID(arguments[0])}, "the change was taken back")
		})}
	addConfirmation(cmd)
	return cmd
}
