package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/disk"
	"lockwire/engine/report"
)

// reportFormats write a report.
var reportFormats = map[string]func(io.Writer, *engine.ProtectionReport) error{
	"html": func(to io.Writer, r *engine.ProtectionReport) error { return report.HTML(to, r, time.Local) },
	"csv":  report.CSV,
	"json": func(to io.Writer, r *engine.ProtectionReport) error { return printJSON(to, r) },
}

func reportCommand() *cobra.Command {
	var from, to, format, file string
	cmd := &cobra.Command{Use: "report --from MOMENT --to MOMENT", Short: "A report for the auditor: what was sealed, what was plain and why, who changed what", Args: cobra.NoArgs,
		Long: "A report of a period: bytes sealed and plain by pair and by rule, ciphers and key exchange, refused sessions, each plain session that touched\n" +
			"a public address with the reason, each change of rules, settings, networks and routes with who and when, and what is not protected now.\n" +
			"HTML is one page that needs nothing else, made to be printed on A4.",
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			write := reportFormats[format]
			if write == nil {
				return host.Usage(fmt.Errorf("%q is no format; write html, csv or json", format))
			}
			span, err := parseSpan(from, to)
			if err != nil {
				return host.Usage(err)
			}
			made, err := a.ProtectionReport(cmd.Context(), span)
			if err != nil {
				return err
			}
			if file == "" || file == "-" {
				return write(cmd.OutOrStdout(), &made)
			}
			return disk.Write(file, disk.Options{Mode: 0o600}, func(w io.Writer) error { return write(w, &made) })
		})}
	cmd.Flags().StringVar(&from, "from", "", "sessions that ended, and changes made, at or after: RFC 3339, a day such as 2026-01-31, or a span such as 720h")
	cmd.Flags().StringVar(&to, "to", "", "before, written likewise; a day ends before its first moment (default: now)")
	cmd.Flags().StringVar(&format, "format", "html", "html, csv or json")
	cmd.Flags().StringVar(&file, "out", "", "file to write, which only its owner can read (default: standard output)")
	return cmd
}

// parseSpan reads the two ends of a span; an empty one leaves its side open.
func parseSpan(from, until string) (span engine.Span, err error) {
	if span.From, err = parseMoment(from); err != nil {
		return span, err
	}
	if span.Until, err = parseMoment(until); err != nil {
		return span, err
	}
	if !span.From.IsZero() && !span.Until.IsZero() && !span.From.Before(span.Until) {
		return span, errors.New("the period ends before it begins")
	}
	return span, nil
}
