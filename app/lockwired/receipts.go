package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/policy"
	"lockwire/engine/record"
)

func receiptsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "receipts", Short: "The lasting record of sessions"}
	cmd.AddCommand(receiptsList(), receiptsShow(), receiptsExport(), receiptsTotals(), receiptsMatch(), receiptsVerify(), receiptsCheckpoint())
	return cmd
}

// receiptFlags pick receipts on the command line.
type receiptFlags struct {
	since, until, component, route, mode, text, sort string
	refused, ascending                               bool
	limit                                            int
}

// sortBegan names on the command line the order that has no name in the engine.
const sortBegan = "began"

// receiptSorts are what receipts can be sorted by.
func receiptSorts() []string {
	names := []string{sortBegan}
	for _, order := range engine.ReceiptOrders {
		if order != engine.ReceiptsByBegan {
			names = append(names, string(order))
		}
	}
	return names
}

func (f *receiptFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.since, "since", "", "began at or after: RFC 3339, a day such as 2026-01-31, or a span such as 24h")
	cmd.Flags().StringVar(&f.until, "until", "", "began before, written likewise")
	cmd.Flags().StringVar(&f.component, "component", "", "source or target, by its name or id; also one that was revoked")
	cmd.Flags().StringVar(&f.route, "route", "", "route; one that was removed by its id")
	cmd.Flags().StringVar(&f.mode, "mode", "", "sealed or plain")
	cmd.Flags().StringVar(&f.text, "text", "", "has all of these words in its names, addresses and reasons, whatever their case")
	cmd.Flags().BoolVar(&f.refused, "refused", false, "only sessions that were refused")
	cmd.Flags().StringVar(&f.sort, "sort", sortBegan, "by what: "+strings.Join(receiptSorts(), ", "))
	cmd.Flags().BoolVar(&f.ascending, "ascending", false, "the oldest, the smallest or the first name first")
}

// picks tells whether any of the flags was given.
func (f *receiptFlags) picks(cmd *cobra.Command) bool {
	for _, name := range []string{"since", "until", "component", "route", "mode", "text", "refused", "sort", "ascending"} {
		if cmd.Flags().Changed(name) {
			return true
		}
	}
	return false
}

func (f *receiptFlags) query(cmd *cobra.Command, a engine.Administration) (engine.ReceiptQuery, error) {
	query := engine.ReceiptQuery{Limit: f.limit, Text: f.text, Order: engine.ReceiptOrder(f.sort), Upward: f.ascending}
	if f.sort == sortBegan {
		query.Order = engine.ReceiptsByBegan
	}
	var err error
	if query.From, err = parseMoment(f.since); err != nil {
		return query, host.Usage(err)
	}
	if query.Until, err = parseMoment(f.until); err != nil {
		return query, host.Usage(err)
	}
	if err := query.Mode.UnmarshalText([]byte(f.mode)); err != nil {
		return query, host.Usage(err)
	}
	if f.component != "" {
		component, err := findComponentOfRecord(cmd, a, f.component)
		if err != nil {
			return query, err
		}
		query.Component = component.ID
	}
	if id, err := engine.ParseID(f.route); err == nil {
		query.Route = id // of a route that may be gone
	} else if f.route != "" {
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

func receiptsList() *cobra.Command {
	var flags receiptFlags
	cmd := addJSON(&cobra.Command{Use: "list", Short: "List receipts, newest first unless sorted otherwise", Args: cobra.NoArgs,
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
		{"state", engine.Printable(fmt.Sprintf("%s: %s", r.State, r.Reason))},
		{"from", fmt.Sprintf("%s to %s", local(r.Began), local(r.Ended))},
		{"source", r.SourceName}, {"target", r.TargetName},
		{"route", r.RouteName}, {"backend", r.Backend},
		{"mode", r.Decision.Mode.String()}, {"trusted link", r.Decision.ExemptionsInWords()}, {"cipher", strings.TrimPrefix(r.Cipher.String(), "none")},
		{"key exchange", r.Group}, {"endpoint", r.Endpoint}, {"interface", r.Interface}, {"fell back", r.FallBack},
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

func receiptsTotals() *cobra.Command {
	var since, until string
	cmd := addJSON(&cobra.Command{Use: "totals", Short: "Sum up the sessions that ended in a span of time", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			var span engine.Span
			var err error
			if span.From, err = parseMoment(since); err != nil {
				return host.Usage(err)
			}
			if span.Until, err = parseMoment(until); err != nil {
				return host.Usage(err)
			}
			totals, err := a.ReceiptTotals(cmd.Context(), span)
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), totals)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "sealed   %d sessions, %s\nplain    %d sessions, %s\nrefused  %d\n",
				totals.Sealed.Sessions, size(totals.Sealed.Bytes), totals.Plain.Sessions, size(totals.Plain.Bytes), totals.Refused)
			return nil
		})})
	cmd.Flags().StringVar(&since, "since", "", "ended at or after: RFC 3339, a day such as 2026-01-31, or a span such as 24h")
	cmd.Flags().StringVar(&until, "until", "", "ended before, written likewise")
	return cmd
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
				return host.Usage(fmt.Errorf("--format %q: use csv or json", format))
			}
			if format == "json" && !flags.picks(cmd) {
				checkpoint, err := a.ReceiptCheckpoint(cmd.Context())
				if err != nil {
					return err
				}
				return exportChain(cmd, a, checkpoint, cmd.OutOrStdout())
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
	cmd.Flags().StringVar(&format, "format", "csv", "csv or json (one object a line; with their proof where all are written, so that receipts verify can check the file)")
	return cmd
}

func receiptWriter(out io.Writer, format string) (write func(*engine.Receipt) error, finish func() error) {
	if format == "json" {
		encoder := newLineEncoder(out)
		return func(r *engine.Receipt) error { return encoder.Encode(r) }, func() error { return nil }
	}
	table := record.NewReceiptTable(out)
	return table.Write, table.End
}
