package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"lockwire/engine"
	"lockwire/engine/record"
)

const limitHeader = "LIMIT OF|FOR|LIMIT|NEXT|NOW|USED|SESSIONS|HELD BACK"

// watchedLimits is one listing of `rules watch --json`.
type watchedLimits struct {
	When   time.Time       `json:"when"`
	Limits []record.CapUse `json:"limits"`
	// OldSince is when the broker was heard last, and Problem why it is not heard now; absent while it is.
	OldSince time.Time `json:"oldSince,omitzero"`
	Problem  string    `json:"problem,omitempty"`
}

func rulesWatch() *cobra.Command {
	var interval time.Duration
	cmd := addJSON(&cobra.Command{Use: "watch", Short: "Show the limits at work, until interrupted: what the live sessions draw on each",
		Long: "Show the limits at work, until interrupted: what the live sessions draw on each, together. Limits on which no session draws are not shown. With --json each listing is one line: {\"when\": …, \"limits\": […]}. A broker that is not heard any more does not end it: the last listing is shown once more as old, and with --json has \"oldSince\" and \"problem\".",
		Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			limits := listing[record.CapUse]{
				what: "limits on which live sessions draw", header: limitHeader, row: limitRow,
				rows: func(snapshot engine.Snapshot) []record.CapUse { return record.CapUses(snapshot.Sessions) },
				line: func(when time.Time, rows []record.CapUse, oldSince time.Time, problem string) any {
					return watchedLimits{when, rows, oldSince, problem}
				},
			}
			return limits.watch(cmd, a, interval)
		})})
	cmd.Flags().DurationVar(&interval, "interval", time.Second, "time between two listings, 100ms to 1m")
	return cmd
}

func limitRow(l record.CapUse, now time.Time) []any {
	used := ""
	if limit := l.Limit().BytesPerSecond(); limit > 0 {
		used = fmt.Sprintf("%.0f %%", 100*float64(l.Rate)/float64(limit))
	}
	way := "backups"
	switch {
	case l.Component != "":
		way = "all that it sends"
	case l.Restores:
		way = "restores"
	}
	return []any{l.Rule, way, l.Limit().String(), l.Hours().NextInWords(now), rate(l.Rate), used, l.Sessions, l.HeldBack}
}
