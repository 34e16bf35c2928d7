package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

// addConfirmation gives a command the flags of a change that goes through the effect check.
func addConfirmation(cmd *cobra.Command) {
	addJSON(cmd)
	cmd.Flags().Bool("yes", false, "confirm that links lose encryption, or that sessions end")
	cmd.Flags().Bool("dry-run", false, "show what would change, and change nothing")
	cmd.Flags().Bool("cut", false, "cut the live sessions whose decision changes; otherwise they finish")
}

// change does a change through the one effect check, and says what it did.
func change(cmd *cobra.Command, a engine.Administration, c engine.Change, done string) error {
	flag := func(name string) bool { value, _ := cmd.Flags().GetBool(name); return value }
	if flag("dry-run") {
		effect, err := a.Preview(cmd.Context(), c)
		if err != nil {
			return err
		}
		return printEffect(cmd, effect, "nothing was changed (dry run)")
	}
	effect, err := a.Apply(cmd.Context(), c, engine.Confirmation{LoseEncryption: flag("yes"), CutStale: flag("cut")})
	if errors.Is(err, engine.ErrNeedsConfirmation) {
		describeEffect(cmd.ErrOrStderr(), effect)
		return confirmable(err)
	}
	if err != nil {
		return err
	}
	return printEffect(cmd, effect, done)
}

func printEffect(cmd *cobra.Command, effect engine.Effect, done string) error {
	if asJSON(cmd) {
		return printJSON(cmd.OutOrStdout(), effect)
	}
	describeEffect(cmd.OutOrStdout(), effect)
	fmt.Fprintln(cmd.OutOrStdout(), done)
	return nil
}

// routesOf names the routes of a link.
func routesOf(link *engine.LinkEffect) string {
	if len(link.Routes) == 1 {
		return "route " + link.Routes[0]
	}
	return "routes " + strings.Join(link.Routes, ", ")
}

// describeEffect says in words what a change does.
func describeEffect(out io.Writer, effect engine.Effect) {
	for _, rule := range effect.Rules {
		if rule.What != "keep" {
			fmt.Fprintf(out, "%-6s rule %s\n", rule.What, rule.Name)
		}
	}
	for i := range effect.Links {
		link := &effect.Links[i]
		marker := ""
		if link.LosesEncryption() {
			marker = "  << loses encryption"
		}
		fmt.Fprintf(out, "%s -> %s (%s): %s (%s) becomes %s (%s)%s\n", link.Source, link.Target, routesOf(link),
			link.Before.Mode, because(&link.Before), link.After.Mode, because(&link.After), marker)
	}
	if effect.OtherPairs > 0 {
		fmt.Fprintf(out, "pairs without a route whose decision changes: %d, of %d in all\n", effect.OtherPairs, effect.Pairs)
	}
	for _, session := range effect.StaleSessions {
		fmt.Fprintf(out, "live session %s (%s -> %s, %s) becomes stale: it would now be %s\n", session.ID, session.Source, session.Target, session.Before.Mode, session.After.Mode)
	}
	for _, warning := range effect.Warnings {
		fmt.Fprintln(out, "warning:", warning)
	}
}
