package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

// addConfirmation gives a command the flags of a change that goes through the effect check.
func addConfirmation(cmd *cobra.Command) {
	addJSON(cmd)
	cmd.Flags().Bool("yes", false, "confirm that links lose encryption, or that sessions end")
	cmd.Flags().Bool("dry-run", false, "show what would change, and change nothing")
	cmd.Flags().Bool("cut", false, "cut the live sessions whose decision changes, which needs --yes; otherwise they finish")
}

// change does a change through the one effect check, and says what it did.
func change(cmd *cobra.Command, a engine.Administration, c engine.Change, done string) error {
	flag := func(name string) bool { value, _ := cmd.Flags().GetBool(name); return value }
	if flag("dry-run") {
		effect, err := a.Preview(cmd.Context(), c)
		if err != nil {
			return err
		}
		return printEffect(cmd, effect, flag("cut"), "nothing was changed (dry run)")
	}
	confirmed := false
	effect, err := apply(cmd, a, c, flag("yes"), flag("cut"), func() { confirmed = true })
	switch {
	case err != nil:
		return err
	case confirmed && !asJSON(cmd): // it stands above already
		fmt.Fprintln(cmd.OutOrStdout(), done)
		return nil
	}
	return printEffect(cmd, effect, false, done)
}

// notShown is the digest of no sessions: with it none are cut that nobody saw, and the broker says which they would be.
const notShown = "not shown"

// apply does a change. With yes it first prints all of what that confirms, calls confirmed, which may be nil, and has the broker do exactly that; what
// came up since is refused. Without yes the same is printed with the refusal.
func apply(cmd *cobra.Command, a engine.Administration, c engine.Change, yes, cut bool, confirmed func()) (engine.Effect, error) {
	var effect engine.Effect
	var err error
	if yes {
		effect, err = engine.ApplyShown(cmd.Context(), a, c, cut, func(shown engine.Effect) {
			if len(shown.Asks) == 0 && (!cut || shown.Cut == nil) {
				return
			}
			fmt.Fprintln(cmd.ErrOrStderr(), "confirmed with --yes:")
			describeEffect(cmd.ErrOrStderr(), shown, cut)
			for _, ask := range shown.Asks {
				fmt.Fprintln(cmd.ErrOrStderr(), engine.Printable(ask.Words))
			}
			if cut && shown.Cut != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), engine.Printable(shown.Cut.Words))
			}
			if confirmed != nil {
				confirmed()
			}
		})
	} else {
		confirmation := engine.Confirmation{}
		if cut {
			confirmation.Cut = notShown
		}
		effect, err = a.Apply(cmd.Context(), c, confirmation)
	}
	if errors.Is(err, engine.ErrNeedsConfirmation) {
		if yes {
			fmt.Fprintln(cmd.ErrOrStderr(), "what is lost has changed since it was shown; it is now:")
		}
		describeEffect(cmd.ErrOrStderr(), effect, cut)
		return effect, confirmable(err) // which names the kinds
	}
	return effect, explainOutdated(cmd, a, err, func(now engine.Present, name func(engine.ID) string) []engine.Difference {
		return engine.Conflict(c, now, name)
	})
}

// explainOutdated adds to the refusal of an outdated edit the fields that differ.
func explainOutdated(cmd *cobra.Command, a engine.Administration, err error, differences func(engine.Present, func(engine.ID) string) []engine.Difference) error {
	outdated, is := errors.AsType[*engine.OutdatedError](err)
	if !is {
		return err
	}
	if outdated.Now.Removed {
		return fmt.Errorf("%w; nothing was changed", err)
	}
	names := map[engine.ID]string{}
	if components, err := a.Components(cmd.Context()); err == nil {
		for _, component := range components {
			names[component.ID] = component.Name
		}
	}
	if services, err := a.Services(cmd.Context()); err == nil {
		for _, service := range services {
			names[service.ID] = service.Name
		}
	}
	var words []string
	for _, d := range differences(outdated.Now, func(id engine.ID) string { return cmp.Or(names[id], string(id)) }) {
		words = append(words, fmt.Sprintf("%s is %q now, and yours is %q", d.Field, engine.Printable(d.Theirs), engine.Printable(d.Mine)))
	}
	if len(words) == 0 {
		return fmt.Errorf("%w; nothing was changed; repeat the command", err)
	}
	return fmt.Errorf("%w; nothing was changed: %s; repeat the command if yours is still wanted", err, strings.Join(words, "; "))
}

func printEffect(cmd *cobra.Command, effect engine.Effect, cut bool, done string) error {
	if asJSON(cmd) {
		return printJSON(cmd.OutOrStdout(), effect)
	}
	describeEffect(cmd.OutOrStdout(), effect, cut)
	fmt.Fprintln(cmd.OutOrStdout(), done)
	return nil
}

// routesInWords names the routes of a pair.
func routesInWords(routes []string) string {
	switch len(routes) {
	case 0:
		return "no route yet"
	case 1:
		return "route " + routes[0]
	}
	return "routes " + strings.Join(routes, ", ")
}

// printPairs lists the pairs that trusted links keep plain in place of the override, or that this turns plain.
func printPairs(out io.Writer, pairs []engine.NamedPair, more int) {
	for i := range pairs {
		fmt.Fprintf(out, "%s <-> %s (%s): plain, and one has a public address\n", pairs[i].Source, pairs[i].Target, routesInWords(pairs[i].Routes))
	}
	if more > 0 {
		fmt.Fprintf(out, "and %s\n", engine.CountInWords(more, "more pair", "more pairs"))
	}
}

// describeEffect says in words what a change does, and whether it cuts the sessions that it makes stale.
func describeEffect(out io.Writer, effect engine.Effect, cut bool) {
	for _, rule := range effect.Rules {
		if rule.What != "keep" {
			fmt.Fprintf(out, "%-6s rule %s\n", rule.What, rule.Name)
		}
	}
	for _, thing := range effect.Things {
		fmt.Fprintf(out, "%-6s %s", thing.What, strings.TrimSpace(thing.Kind+" "+engine.Printable(thing.Name)))
		if thing.Words != "" {
			fmt.Fprintf(out, ": %s", thing.Words)
		}
		fmt.Fprintln(out)
	}
	for i := range effect.Links {
		link := &effect.Links[i]
		marker := ""
		if link.LosesEncryption() {
			marker = "  << loses encryption"
		}
		fmt.Fprintf(out, "%s -> %s (%s): %s (%s) becomes %s (%s)%s\n", link.Source, link.Target, routesInWords(link.Routes),
			link.Before.Mode, because(&link.Before), link.After.Mode, because(&link.After), marker)
	}
	if effect.MoreLose > 0 {
		fmt.Fprintf(out, "pairs without a route that lose encryption, besides those above: %d\n", effect.MoreLose)
	}
	if effect.OtherPairs > 0 {
		fmt.Fprintf(out, "pairs without a route whose decision changes: %d, of %d in all\n", effect.OtherPairs, effect.Pairs)
	}
	for _, session := range effect.StaleSessions {
		becomes := "becomes stale"
		if cut {
			becomes = "is cut"
		}
		fmt.Fprintf(out, "live session %s (%s -> %s, %s) %s: under today's rules it would be %s\n", session.ID, session.Source, session.Target, session.Before.Mode, becomes, session.After.Mode)
	}
	printEnding(out, "route", effect.EndingSessions)
	printPairs(out, effect.Exempts, effect.MoreExempt)
	for i := range effect.Names {
		fmt.Fprintln(out, engine.Printable(effect.Names[i].InWords(time.Now())))
	}
	for _, warning := range effect.Warnings {
		fmt.Fprintln(out, "warning:", warning)
	}
}

// printEnding lists live sessions that a change ends, over a route, or of a tenant over a service.
func printEnding(out io.Writer, over string, ending []engine.EndingSession) {
	for _, session := range ending {
		fmt.Fprintf(out, "live session %s (%s -> %s over %s %s, %s so far) ends\n", session.ID, engine.Printable(session.Source), engine.Printable(session.Target), over, engine.Printable(session.Route), size(session.Bytes))
	}
}
