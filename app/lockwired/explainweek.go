package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

// printWeek prints the limits of a pair at each hour of a week.
func (f *explainFlags) printWeek(cmd *cobra.Command) error {
	if f.whyNot {
		return host.Usage(errors.New("--why-not is about one moment; it does not go with --week"))
	}
	if f.rules != "" {
		return host.Usage(errors.New("--week asks the installation; it does not go with --rules"))
	}
	question, err := f.question()
	if err != nil {
		return host.Usage(err)
	}
	week, err := askInstallation(cmd, f, func(a engine.Administration) (engine.Week, error) { return a.Week(cmd.Context(), question) })
	if err != nil {
		return err
	}
	if asJSON(cmd) {
		return printJSON(cmd.OutOrStdout(), week)
	}
	writeWeek(cmd.OutOrStdout(), &week)
	return nil
}

// limitSigns stand for the limits of a week, in their order.
const limitSigns = "123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func limitSign(place int) byte {
	switch {
	case place < 0:
		return '.'
	case place < len(limitSigns):
		return limitSigns[place]
	}
	return '#' // more than can be told apart; JSON has them all
}

func writeWeek(out io.Writer, week *engine.Week) {
	fmt.Fprintf(out, "%s (%s); the week from %s, hours in %s\n", week.Mode, week.By, week.From.Format("2006-01-02"), week.Zone())
	if len(week.Phases) > 1 {
		for _, phase := range week.Phases {
			fmt.Fprintf(out, "  from %s: %s, %s\n", weekHour(week, phase.WeekHour), phase.Mode, phase.Because)
		}
	}
	fmt.Fprint(out, "\n     0     6     12    18\n")
	for day := range week.Hours {
		var hours [24]byte
		for hour, place := range week.Hours[day] {
			hours[hour] = limitSign(place)
		}
		for _, clock := range week.Clocks {
			if clock.Day == day && !clock.Twice {
				hours[clock.Hour] = ' '
			}
		}
		fmt.Fprintf(out, "%s  %s\n", week.From.AddDate(0, 0, day).Format("Mon"), hours[:])
	}
	fmt.Fprintln(out, "\n  .  no limit")
	for place := range week.Limits {
		fmt.Fprintf(out, "  %c  %s, of %s\n", limitSign(place), week.Limits[place].Limit(), week.Limits[place].Rule)
	}
	for _, clock := range week.Clocks {
		what := "is left out: the clocks are put forward"
		if clock.Twice {
			what = "comes twice: the clocks are put back; this is the first"
		}
		fmt.Fprintf(out, "  %s %s\n", weekHour(week, clock.WeekHour), what)
	}
}

// weekHour writes an hour of a week.
func weekHour(week *engine.Week, at engine.WeekHour) string {
	return fmt.Sprintf("%s %02d:00", week.From.AddDate(0, 0, at.Day).Format("Mon"), at.Hour)
}
