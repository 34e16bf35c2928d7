package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

func statusCommand() *cobra.Command {
	return addJSON(&cobra.Command{Use: "status", Short: "What needs attention, the worst first, with a command for each",
		Long: "What needs attention, the worst first: what fails now, what is plain, what is about to fail. Many things that are alike are one line; --json has each.\n" +
			"What is only worth a look is left to check. Headroom counts as it is at this moment; the console waits until it has been low for 15 seconds.",
		Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			situation, err := situationOf(cmd.Context(), a, engine.CheckQuestion{})
			if err != nil {
				return err
			}
			findings := engine.Pressing(situation.Findings())
			if asJSON(cmd) {
				return list(cmd, findings, "", nil)
			}
			out := cmd.OutOrStdout()
			if len(findings) == 0 {
				fmt.Fprintln(out, "Nothing needs attention.")
				return nil
			}
			for _, group := range engine.GroupFindings(findings) {
				first := group.Findings[0]
				fmt.Fprintln(out, engine.Printable(group.Text))
				if first.Remedy != "" {
					fmt.Fprintln(out, "    "+first.Remedy)
				}
				if first.Command != "" {
					fmt.Fprintln(out, "    "+engine.Printable(first.Command))
				}
			}
			return nil
		})})
}

// errSeen ends a watch after its first snapshot.
var errSeen = errors.New("seen")

// situationOf reads what findings are found in.
func situationOf(ctx context.Context, a engine.Administration, question engine.CheckQuestion) (*engine.Situation, error) {
	s := &engine.Situation{Low: map[engine.ID]bool{}}
	err := a.Watch(ctx, time.Second, func(snapshot engine.Snapshot) error {
		s.Snapshot = snapshot
		return errSeen
	})
	if !errors.Is(err, errSeen) {
		return nil, err
	}
	for i := range s.Components {
		c := &s.Components[i]
		s.Low[c.ID] = c.Headroom.IsLow()
	}
	if s.Rules, err = a.RuleSet(ctx); err != nil {
		return nil, err
	}
	if s.Administrators, err = a.Administrators(ctx); err != nil {
		return nil, err
	}
	checked, err := a.Check(ctx, question)
	if err != nil {
		return nil, err
	}
	s.Checked = &checked
	s.Refusals, err = a.Receipts(ctx, engine.RefusalsQuery(s.When))
	return s, err
}
