package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func headroomCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "headroom", Short: "How much more encrypted traffic the components can carry",
		Long: "How much more encrypted traffic the components can carry, by what their real sessions took of the processor in the last\n" +
			"minutes (live) or by what they measured of themselves (calibration)."}
	cmd.AddCommand(headroomList(), headroomForecast(), headroomCalibrate())
	return cmd
}

func headroomList() *cobra.Command {
	return addJSON(&cobra.Command{Use: "list", Short: "List the components with load, cost and headroom", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			components, err := a.Components(cmd.Context())
			if err != nil {
				return err
			}
			shown := slices.DeleteFunc(components, func(c engine.ComponentStatus) bool { return !c.Revoked.IsZero() })
			return list(cmd, shown, "NAME|AES|CORES|BUSY|COST|MEASURED|HEADROOM|LIMITED BY", func(c engine.ComponentStatus) []any {
				row := []any{c.Name, aes(&c), c.Report.Processor.Cores, fmt.Sprintf("%.1f", c.Load.Busy()), "", "", "", ""}
				if h := c.Headroom; h.Known() {
					copy(row[4:], []any{cost(h.Cost), h.Cost.Origin, fmt.Sprintf("%s (%s to %s)", rate(h.BytesPerSecond), rate(h.Low), rate(h.High)), limitedBy(&c)})
				}
				return row
			})
		})})
}

// limitedBy says what limits a component's headroom, and its own limit where that is lower.
func limitedBy(c *engine.ComponentStatus) string {
	if own := c.OwnLimitInWords(); own != "" {
		return fmt.Sprintf("%s; %s", c.Headroom.LimitedBy, own)
	}
	return string(c.Headroom.LimitedBy)
}

// cost writes a cost with its error.
func cost(c engine.Cost) string {
	if !c.Known() {
		return "unknown"
	}
	return fmt.Sprintf("%.2f ± %.2f CPU s/GB", c.PerGB, c.Error)
}

func headroomForecast() *cobra.Command {
	var question engine.ForecastQuestion
	var wanted, operation string
	cmd := addJSON(&cobra.Command{Use: "forecast SOURCE TARGET [--rate RATE]", Short: "Say what more traffic between two components would take of both",
		Long: "Say what more traffic between two components would take of both, on top of what they do now, how much fits at the most, and\n" +
			"what keeps it from being more. Whether it is sealed is what the rules say.",
		Example: `  lockwired headroom forecast fileserver vault
  lockwired headroom forecast fileserver vault --rate "2 Gbit/s" --flows 4`,
		Args: cobra.ExactArgs(2),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			question.Source, question.Target, question.Operation = arguments[0], arguments[1], engine.Operation(operation)
			if wanted != "" {
				var err error
				if question.BytesPerSecond, err = parseRate(wanted); err != nil {
					return host.Usage(err)
				}
			}
			if err := question.Check(); err != nil {
				return host.Usage(err)
			}
			forecast, err := a.Forecast(cmd.Context(), question)
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), forecast)
			}
			printForecast(cmd, &forecast)
			return nil
		})})
	flags := cmd.Flags()
	flags.StringVar(&wanted, "rate", "", `traffic on top of what runs now, such as "2 Gbit/s" or "100 MB/s" (default: as much as fits)`)
	flags.IntVar(&question.Flows, "flows", 0, "over how many connections at once (0: as many as there are cores)")
	flags.StringVar(&operation, "operation", string(engine.Backup), "backup or restore: whose limits count")
	return cmd
}

func printForecast(cmd *cobra.Command, f *engine.Forecast) {
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s (%s)\n%s\n\n", f.Mode, f.By, f.Text)
	ends := []struct {
		side string
		end  *engine.EndForecast
	}{{"source", &f.Source}, {"target", &f.Target}}
	for _, e := range ends {
		fmt.Fprintf(out, "%-8s %s\n", e.side, e.end.Component)
		fmt.Fprintf(out, "  cost             %s", cost(e.end.Cost))
		if e.end.Cost.Known() {
			fmt.Fprintf(out, " (%s)", e.end.Cost.Origin)
		}
		fmt.Fprintf(out, "\n  cores in use     %.1f of %d, and %.2f more for %s\n", e.end.Busy, e.end.Cores, e.end.Added, rate(f.BytesPerSecond))
		if e.end.Link > 0 {
			fmt.Fprintf(out, "  network          %s, of which its sessions use %s\n", rate(e.end.Link), rate(e.end.Carried))
		}
	}
}

func headroomCalibrate() *cobra.Command {
	return &cobra.Command{Use: "calibrate COMPONENT", Short: "Have a component measure its processor anew, which takes it 4 seconds of all cores",
		Long: "Have a component measure its processor anew. It does so only while it carries no session; the result is shown by\n" +
			"lockwired headroom list some seconds later.",
		Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			component, err := findComponent(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if err := a.Calibrate(cmd.Context(), component.ID); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s measures its processor\n", component.Name)
			return nil
		})}
}

// parseRate reads a rate into bytes per second: the units of limits, and Gbit/s.
func parseRate(text string) (uint64, error) {
	text = strings.TrimSpace(text)
	if number, found := strings.CutSuffix(strings.ToLower(text), "gbit/s"); found {
		gigabits, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(gigabits > 0) || gigabits > 1e6 {
			return 0, fmt.Errorf("--rate %q: write one such as \"2 Gbit/s\"", text)
		}
		return uint64(gigabits * 1e9 / 8), nil
	}
	limit, err := parseLimit(text)
	if err != nil {
		return 0, fmt.Errorf("--rate %q: write one such as \"2 Gbit/s\" or \"100 MB/s\"", text)
	}
	return limit.BytesPerSecond(), nil
}
