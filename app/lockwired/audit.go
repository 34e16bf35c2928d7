package main

import (
	"strings"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func auditCommand() *cobra.Command {
	var since, until, thing, text, sort string
	var ascending, diff bool
	var limit int
	cmd := addJSON(&cobra.Command{Use: "audit", Short: "Who changed what and when, newest first unless sorted otherwise", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			from, err := parseMoment(since)
			if err != nil {
				return host.Usage(err)
			}
			before, err := parseMoment(until)
			if err != nil {
				return host.Usage(err)
			}
			query := engine.AuditQuery{From: from, Until: before, Thing: thing, Text: text, Order: engine.AuditOrder(sort), Upward: ascending, Limit: limit}
			if sort == sortWhen {
				query.Order = engine.AuditByWhen
			}
			entries, err := a.Audit(cmd.Context(), query)
			if err != nil {
				return err
			}
			if diff && !asJSON(cmd) {
				for i := range entries {
					printDifferences(cmd.OutOrStdout(), &entries[i])
				}
				return nil
			}
			return list(cmd, entries, "WHEN|WHO|WHAT|THING|BEFORE|AFTER", func(e engine.AuditEntry) []any {
				return []any{local(e.When), e.Who, e.What, e.Thing, shortened(e.Before), shortened(e.After)}
			})
		})})
	cmd.Flags().StringVar(&since, "since", "", "at or after: RFC 3339, a day, or a span such as 24h")
	cmd.Flags().StringVar(&until, "until", "", "before, written likewise")
	cmd.Flags().StringVar(&thing, "thing", "", "only of the thing with this name")
	cmd.Flags().StringVar(&text, "text", "", "has all of these words in who, what and thing, whatever their case")
	cmd.Flags().StringVar(&sort, "sort", sortWhen, "by what: "+strings.Join(auditSorts(), ", "))
	cmd.Flags().BoolVar(&ascending, "ascending", false, "the oldest or the first name first")
	cmd.Flags().BoolVar(&diff, "diff", false, "each entry with its id, the fields that it changed, and the pairs that its change made sealed, plain or refused")
	cmd.AddCommand(auditUndo())
	cmd.Flags().IntVar(&limit, "limit", 100, "at most so many, up to 1000")
	return cmd
}

// sortWhen names on the command line the order that has no name in the engine.
const sortWhen = "when"

// auditSorts are what the audit can be sorted by.
func auditSorts() []string {
	names := []string{sortWhen}
	for _, order := range engine.AuditOrders {
		if order != engine.AuditByWhen {
			names = append(names, string(order))
		}
	}
	return names
}

// shortened keeps a document within one line of a table; --json has all of it.
func shortened(document []byte) string {
	const most = 80
	text := []rune(engine.Printable(string(document)))
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}
