package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

// list prints rows for people, or the things themselves in JSON where --json was given.
func list[T any](cmd *cobra.Command, things []T, header string, row func(T) []any) error {
	if asJSON(cmd) {
		if things == nil {
			things = []T{}
		}
		return printJSON(cmd.OutOrStdout(), things)
	}
	return table(cmd.OutOrStdout(), things, header, row)
}

// table writes rows under a header, whose cells | separates.
func table[T any](to io.Writer, things []T, header string, row func(T) []any) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(strings.Split(header, "|"), "\t"))
	for _, thing := range things {
		cells := row(thing)
		text := make([]string, len(cells))
		for i, cell := range cells {
			if text[i] = engine.Printable(fmt.Sprint(cell)); text[i] == "" {
				text[i] = "-"
			}
		}
		fmt.Fprintln(table, strings.Join(text, "\t"))
	}
	return table.Flush()
}

// asJSON tells whether --json was given.
func asJSON(cmd *cobra.Command) bool {
	value, err := cmd.Flags().GetBool("json")
	return err == nil && value
}

func addJSON(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().Bool("json", false, "print JSON instead of text")
	return cmd
}

func printJSON(to io.Writer, value any) error {
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// local writes a time in the local zone; nothing for the zero time.
func local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// size writes a count of bytes with SI units.
func size(bytes uint64) string { return engine.SizeInWords(bytes) }

// rate writes bytes per second in bit/s.
func rate(bytesPerSecond uint64) string { return engine.RateInWords(bytesPerSecond) }

// because is the decision's reason in a few words.
func because(d *engine.SessionDecision) string {
	if len(d.Rules) == 0 {
		return string(d.By)
	}
	return string(d.By) + ": " + strings.Join(d.Rules, ", ")
}

// newLineEncoder writes one JSON object a line.
func newLineEncoder(to io.Writer) *json.Encoder {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	return encoder
}
