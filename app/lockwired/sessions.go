package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/engine"
	"lockwire/engine/policy"
)

func sessionsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "sessions", Short: "Live sessions"}
	cmd.AddCommand(sessionsList(), sessionsWatch(), sessionsShow(), sessionsCut())
	return cmd
}

const sessionHeader = "ID|STATE|MODE|SOURCE|TARGET|ROUTE|WHY|CIPHER|FLOWS|TO TARGET|TO SOURCE|RATE|STALE"

func sessionRow(s engine.Session) []any {
	stale := ""
	if s.Stale && s.Now != nil {
		stale = fmt.Sprintf("would now be %s (%s)", s.Now.Mode, because(s.Now))
	}
	return []any{s.ID, s.State, s.Decision.Mode, s.SourceName, s.TargetName, s.RouteName, because(&s.Decision), s.Cipher, s.Flows,
		size(s.Traffic.ToTarget), size(s.Traffic.ToSource), rate(s.Traffic.RateToTarget + s.Traffic.RateToSource), stale}
}

func sessionsList() *cobra.Command {
	return addJSON(&cobra.Command{Use: "list", Short: "List the live sessions; stale ones are marked", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			sessions, err := a.Sessions(cmd.Context())
			if err != nil {
				return err
			}
			return list(cmd, sessions, sessionHeader, sessionRow)
		})})
}

func sessionsWatch() *cobra.Command {
	var interval time.Duration
	cmd := addJSON(&cobra.Command{Use: "watch", Short: "Show the live sessions as they run, until interrupted",
		Long: "Show the live sessions as they run, until interrupted. With --json each listing is one line: {\"when\": …, \"sessions\": […]}.",
		Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			screen := newScreen(cmd.OutOrStdout())
			show := func(snapshot engine.Snapshot) error {
				var frame bytes.Buffer
				fmt.Fprintf(&frame, "%s, live sessions: %d\n\n", local(snapshot.When), len(snapshot.Sessions))
				if err := table(&frame, snapshot.Sessions, sessionHeader, sessionRow); err != nil {
					return err
				}
				return screen.show(frame.Bytes())
			}
			if asJSON(cmd) {
				encoder := newLineEncoder(cmd.OutOrStdout())
				show = func(snapshot engine.Snapshot) error {
					return encoder.Encode(watched{snapshot.When, append([]engine.Session{}, snapshot.Sessions...)})
				}
			}
			err := a.Watch(cmd.Context(), interval, show)
			if cmd.Context().Err() != nil && errors.Is(err, context.Canceled) {
				err = nil // Ctrl-C is how a watch ends
			}
			return errors.Join(err, screen.close())
		})})
	cmd.Flags().DurationVar(&interval, "interval", time.Second, "time between two listings, 100ms to 1m")
	return cmd
}

// watched is one listing of `sessions watch --json`.
type watched struct {
	When     time.Time        `json:"when"`
	Sessions []engine.Session `json:"sessions"`
}

func sessionsShow() *cobra.Command {
	return addJSON(&cobra.Command{Use: "show ID", Short: "Show one live session: why, flows, and the life of its key", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			sessions, err := a.Sessions(cmd.Context())
			if err != nil {
				return err
			}
			s, err := oneOf("session", arguments[0], sessions, func(s *engine.Session) engine.ID { return s.ID }, func(s *engine.Session) string { return string(s.ID) })
			if err != nil {
				return fmt.Errorf("%w among the live ones; an ended session's receipt is shown by: lockwired receipts show %s", err, arguments[0])
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), s)
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "session %s (%s): %s -> %s over route %s, began %s\n", s.ID, s.State, s.SourceName, s.TargetName, s.RouteName, local(s.Began))
			fmt.Fprintf(out, "flows now %d, in all %d; to target %s, to source %s\n\n", s.Flows, s.AllFlows, size(s.Traffic.ToTarget), size(s.Traffic.ToSource))
			fmt.Fprintln(out, policy.SessionText(s.Decision))
			if s.Stale && s.Now != nil {
				fmt.Fprintf(out, "\nSTALE: decided now, it would be\n%s\n", policy.SessionText(*s.Now))
			}
			printKey(out, s.Key)
			return nil
		})})
}

// printKey writes the life of a key as a time line.
func printKey(out io.Writer, k engine.KeyLife) {
	fmt.Fprintln(out, "\nlife of the one-time key")
	for _, event := range []struct {
		what string
		when time.Time
		how  engine.Erasure
	}{
		{"made", k.Made, ""},
		{"destroyed at the broker", k.DestroyedBroker, ""},
		{"delivered to the target", k.DeliveredTarget, ""},
		{"delivered to the source", k.DeliveredSource, ""},
		{"destroyed at the source", k.DestroyedSource, k.SourceErasure},
		{"destroyed at the target", k.DestroyedTarget, k.TargetErasure},
	} {
		when := "not yet"
		if !event.when.IsZero() {
			when = event.when.Local().Format("2006-01-02 15:04:05.000")
		} else if event.how != "" {
			when = string(event.how)
		}
		note := ""
		if event.how != "" && event.how != engine.ErasureProven && !event.when.IsZero() {
			note = " (" + string(event.how) + ")"
		}
		fmt.Fprintf(out, "  %-25s %s%s\n", event.what, when, note)
	}
}

func sessionsCut() *cobra.Command {
	return &cobra.Command{Use: "cut ID…", Short: "End live sessions at once; their connections are reset", Args: cobra.MinimumNArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			for _, id := range arguments {
				if err := a.Cut(cmd.Context(), engine.ID(id)); err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), "cut session", id)
			}
			return nil
		})}
}

func receiptsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "receipts", Short: "The lasting record of sessions"}
	cmd.AddCommand(receiptsList(), receiptsShow(), receiptsExport())
	return cmd
}

// receiptFlags pick receipts on the command line.
type receiptFlags struct {
	since, until, component, route, mode string
	refused                              bool
	limit                                int
}

func (f *receiptFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.since, "since", "", "began at or after: RFC 3339, a day such as 2026-01-31, or a span such as 24h")
	cmd.Flags().StringVar(&f.until, "until", "", "began before, written likewise")
	cmd.Flags().StringVar(&f.component, "component", "", "source or target")
	cmd.Flags().StringVar(&f.route, "route", "", "route")
	cmd.Flags().StringVar(&f.mode, "mode", "", "sealed or plain")
	cmd.Flags().BoolVar(&f.refused, "refused", false, "only sessions that were refused")
}

func (f *receiptFlags) query(cmd *cobra.Command, a engine.Administration) (engine.ReceiptQuery, error) {
	query := engine.ReceiptQuery{Limit: f.limit}
	var err error
	if query.From, err = parseMoment(f.since); err != nil {
		return query, badInput(err)
	}
	if query.Until, err = parseMoment(f.until); err != nil {
		return query, badInput(err)
	}
	if err := query.Mode.UnmarshalText([]byte(f.mode)); err != nil {
		return query, badInput(err)
	}
	if f.component != "" {
		component, err := findComponent(cmd, a, f.component)
		if err != nil {
			return query, err
		}
		query.Component = component.ID
	}
	if f.route != "" {
		route, err := findRoute(cmd, a, f.route)
		if err != nil {
			return query, err
		}
		query.Route = route.ID
	}
	if f.refused {
		query.State = engine.SessionRefused
	}
	return query, nil
}

// parseMoment reads RFC 3339, a day in the local zone, or a span before now. An empty text is no moment.
func parseMoment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if moment, err := time.Parse(time.RFC3339, text); err == nil {
		return moment, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
		return day, nil
	}
	if span, err := time.ParseDuration(text); err == nil && span > 0 {
		return time.Now().Add(-span), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a moment; write 2026-01-31T08:00:00Z, 2026-01-31 or 24h", text)
}

func receiptsList() *cobra.Command {
	var flags receiptFlags
	cmd := addJSON(&cobra.Command{Use: "list", Short: "List receipts, newest first", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			query, err := flags.query(cmd, a)
			if err != nil {
				return err
			}
			receipts, err := a.Receipts(cmd.Context(), query)
			if err != nil {
				return err
			}
			return list(cmd, receipts, "ID|BEGAN|ENDED|STATE|MODE|SOURCE|TARGET|ROUTE|WHY|CIPHER|FLOWS|TO TARGET|TO SOURCE|REASON", func(r engine.Receipt) []any {
				return []any{r.ID, local(r.Began), local(r.Ended), r.State, r.Decision.Mode, r.SourceName, r.TargetName, r.RouteName, because(&r.Decision), r.Cipher,
					r.AllFlows, size(r.Traffic.ToTarget), size(r.Traffic.ToSource), r.Reason}
			})
		})})
	flags.add(cmd)
	cmd.Flags().IntVar(&flags.limit, "limit", 100, "at most so many, up to 1000")
	return cmd
}

func receiptsShow() *cobra.Command {
	return addJSON(&cobra.Command{Use: "show ID", Short: "Show one receipt", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			receipt, err := a.Receipt(cmd.Context(), engine.ID(arguments[0]))
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), receipt)
			}
			printReceipt(cmd.OutOrStdout(), &receipt)
			return nil
		})})
}

func printReceipt(out io.Writer, r *engine.Receipt) {
	fmt.Fprintf(out, "receipt of session %s\n", r.ID)
	for _, field := range [][2]string{
		{"state", fmt.Sprintf("%s: %s", r.State, r.Reason)},
		{"from", fmt.Sprintf("%s to %s", local(r.Began), local(r.Ended))},
		{"source", r.SourceName}, {"target", r.TargetName},
		{"route", r.RouteName}, {"backend", r.Backend},
		{"mode", r.Decision.Mode.String()}, {"cipher", strings.TrimPrefix(r.Cipher.String(), "cipher 0")},
		{"key exchange", r.Group}, {"endpoint", r.Endpoint},
		{"flows", strconv.FormatUint(r.AllFlows, 10)},
		{"to target", size(r.Traffic.ToTarget)}, {"to source", size(r.Traffic.ToSource)},
		{"CPU", fmt.Sprintf("source %v, target %v", r.Traffic.SourceCPU.Round(time.Millisecond), r.Traffic.TargetCPU.Round(time.Millisecond))},
	} {
		if field[1] != "" {
			fmt.Fprintf(out, "  %-13s %s\n", field[0], field[1])
		}
	}
	fmt.Fprintf(out, "\n%s\n", policy.SessionText(r.Decision))
	if !r.Key.Made.IsZero() {
		printKey(out, r.Key)
	}
}

func receiptsExport() *cobra.Command {
	var flags receiptFlags
	var format string
	cmd := &cobra.Command{Use: "export", Short: "Write all receipts that are picked to standard output, as CSV or JSON lines", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			query, err := flags.query(cmd, a)
			if err != nil {
				return err
			}
			if format != "csv" && format != "json" {
				return badInput(fmt.Errorf("--format %q: use csv or json", format))
			}
			query.Limit = 1000
			write, finish := receiptWriter(cmd.OutOrStdout(), format)
			for {
				receipts, err := a.Receipts(cmd.Context(), query)
				if err != nil {
					return err
				}
				for i := range receipts {
					if err := write(&receipts[i]); err != nil {
						return err
					}
				}
				if len(receipts) < query.Limit {
					return finish()
				}
				query.Before = receipts[len(receipts)-1].ID
			}
		})}
	flags.add(cmd)
	cmd.Flags().StringVar(&format, "format", "csv", "csv or json (one object a line)")
	return cmd
}

func receiptWriter(out io.Writer, format string) (write func(*engine.Receipt) error, finish func() error) {
	if format == "json" {
		encoder := newLineEncoder(out)
		return func(r *engine.Receipt) error { return encoder.Encode(r) }, func() error { return nil }
	}
	table := csv.NewWriter(out)
	table.Write([]string{"id", "began", "ended", "state", "mode", "by", "rules", "source", "target", "route", "backend", "cipher", "group", "endpoint",
		"flows", "bytes_to_target", "bytes_to_source", "source_cpu_seconds", "target_cpu_seconds", "key_made", "key_destroyed_source", "key_destroyed_target", "reason"})
	moment := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	write = func(r *engine.Receipt) error {
		return table.Write([]string{string(r.ID), moment(r.Began), moment(r.Ended), string(r.State), r.Decision.Mode.String(), string(r.Decision.By), strings.Join(r.Decision.Rules, "; "),
			cell(r.SourceName), cell(r.TargetName), cell(r.RouteName), r.Backend, strings.TrimPrefix(r.Cipher.String(), "cipher 0"), r.Group, r.Endpoint, strconv.FormatUint(r.AllFlows, 10),
			strconv.FormatUint(r.Traffic.ToTarget, 10), strconv.FormatUint(r.Traffic.ToSource, 10),
			fmt.Sprintf("%.3f", r.Traffic.SourceCPU.Seconds()), fmt.Sprintf("%.3f", r.Traffic.TargetCPU.Seconds()),
			moment(r.Key.Made), moment(r.Key.DestroyedSource), moment(r.Key.DestroyedTarget), cell(r.Reason)})
	}
	return write, func() error { table.Flush(); return table.Error() }
}

// cell keeps a spreadsheet from taking a text for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
