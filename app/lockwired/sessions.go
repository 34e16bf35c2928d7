package main

import (
	"fmt"
	"io"
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

const sessionHeader = "ID|STATE|MODE|SOURCE|TARGET|ROUTE|WHY|CIPHER|FLOWS|TO TARGET|TO SOURCE|RATE|HELD BACK BY|STALE"

func sessionRow(s engine.Session) []any {
	stale := ""
	if s.Stale && s.Now != nil {
		stale = fmt.Sprintf("under today's rules it would be %s (%s)", s.Now.Mode, because(s.Now))
	}
	flows := fmt.Sprint(s.Flows)
	if s.TurnedAway > 0 {
		flows += fmt.Sprintf(" (%d reset)", s.TurnedAway)
	}
	return []any{s.ID, s.State, s.Decision.Mode, s.SourceName, s.TargetName, s.RouteName, because(&s.Decision), s.Cipher, flows,
		size(s.Traffic.ToTarget), size(s.Traffic.ToSource), rate(s.Traffic.RateToTarget + s.Traffic.RateToSource), s.HeldBackWords(), stale}
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
		Long: "Show the live sessions as they run, until interrupted. With --json each listing is one line: {\"when\": …, \"sessions\": […]}. A broker that is not heard any more does not end it: the last listing is shown once more as old, and with --json has \"oldSince\" and \"problem\".",
		Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			sessions := listing[engine.Session]{
				what: "live sessions", header: sessionHeader, row: func(s engine.Session, _ time.Time) []any { return sessionRow(s) },
				rows: func(snapshot engine.Snapshot) []engine.Session {
					return append([]engine.Session{}, snapshot.Sessions...)
				},
				line: func(when time.Time, rows []engine.Session, oldSince time.Time, problem string) any {
					return watched{when, rows, oldSince, problem}
				},
			}
			return sessions.watch(cmd, a, interval)
		})})
	cmd.Flags().DurationVar(&interval, "interval", time.Second, "time between two listings, 100ms to 1m")
	return cmd
}

// watched is one listing of `sessions watch --json`.
type watched struct {
	When     time.Time        `json:"when"`
	Sessions []engine.Session `json:"sessions"`
	// OldSince is when the broker was heard last, and Problem why it is not heard now; absent while it is.
	OldSince time.Time `json:"oldSince,omitzero"`
	Problem  string    `json:"problem,omitempty"`
}

func sessionsShow() *cobra.Command {
	return addJSON(&cobra.Command{Use: "show ID", Short: "Show one live session: why, flows, path, what holds it back and what it may send now, and the life of its key", Args: cobra.ExactArgs(1),
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
			fmt.Fprintf(out, "flows now %d, in all %d; to target %s, to source %s, now %s\n", s.Flows, s.AllFlows, size(s.Traffic.ToTarget), size(s.Traffic.ToSource), rate(s.Traffic.RateToTarget+s.Traffic.RateToSource))
			if streams := s.StreamsInWords(); streams != "" {
				fmt.Fprintln(out, streams)
			}
			for _, fact := range [][2]string{{"endpoint", s.Endpoint}, {"interface", s.Interface}, {"fell back", s.FallBack}, {"held back by", s.HeldBackWords()}} {
				if fact[1] != "" {
					fmt.Fprintf(out, "%s: %s\n", fact[0], fact[1])
				}
			}
			fmt.Fprintln(out)
			if resets := s.ResetWords(); resets != "" {
				fmt.Fprintf(out, "%s\n\n", resets)
			}
			printAllotments(out, s.Allotments, time.Now())
			fmt.Fprintln(out, policy.SessionText(s.Decision))
			if s.Stale && s.Now != nil {
				fmt.Fprintf(out, "\nSTALE: decided now, it would be\n%s\n", policy.SessionText(*s.Now))
			}
			printKey(out, s.Key)
			return nil
		})})
}

// printAllotments writes what each end may send now, and of which limits.
func printAllotments(out io.Writer, allotments []engine.Allotment, now time.Time) {
	for i := range allotments {
		a := &allotments[i]
		fmt.Fprintf(out, "%s\n", a.InWords())
		for j := range a.Caps {
			fmt.Fprintf(out, "  %s\n", a.Caps[j].InWords(now))
		}
	}
	if len(allotments) > 0 {
		fmt.Fprintln(out)
	}
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
