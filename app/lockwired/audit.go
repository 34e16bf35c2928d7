package main

import (
	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func auditCommand() *cobra.Command {
	var since, until, thing, text string
	var limit int
	cmd := addJSON(&cobra.Command{Use: "audit", Short: "Who changed what and when, newest first", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			from, err := parseMoment(since)
			if err != nil {
				return host.Usage(err)
			}
			before, err := parseMoment(until)
			if err != nil {
				return host.Usage(err)
			}
			entries, err := a.Audit(cmd.Context(), engine.AuditQuery{From: from, Until: before, Thing: thing, Text: text, Limit: limit})
			if err != nil {
				return err
			}
			return list(cmd, entries, "WHEN|WHO|WHAT|THING|BEFORE|AFTER", func(e engine.AuditEntry) []any {
				return []any{local(e.When), e.Who, e.What, e.Thing, shortened(e.Before), shortened(e.After)}
			})
		})})
	cmd.Flags().StringVar(&since, "since", "", "at or after: RFC 3339, a day, or a span such as 24h")
	cmd.Flags().StringVar(&until, "until", "", "before, written likewise")
	cmd.Flags().StringVar(&thing, "thing", "", "only of the thing with this name")
	cmd.Flags().StringVar(&text, "text", "", "has all of these words in who, what and thing, whatever their case")
	cmd.Flags().IntVar(&limit, "limit", 100, "at most so many, up to 1000")
	return cmd
}

// shortened keeps a document within one line of a table; --json has all of it.
func shortened(document []byte) string {
	const most = 80
	if text := []rune(string(document)); len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(document)
}
