package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func overrideCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "override", Short: "The override " + engine.OverrideSetting + ", which turns automatic encryption off"}
	cmd.AddCommand(overrideShow(), overrideReplace())
	return cmd
}

// overrideShown is what `override show --json` prints.
type overrideShown struct {
	Set bool `json:"set"`
	// By says what sets it to this where it is not the setting, such as the registry of the broker's machine.
	By string `json:"by,omitempty"`
	// Plain are the pairs that it turns plain, of which only the first are listed; MorePlain counts the rest.
	Plain     []engine.NamedPair `json:"plain"`
	MorePlain int                `json:"morePlain,omitempty"`
}

func overrideShow() *cobra.Command {
	return addJSON(&cobra.Command{Use: "show", Short: "Say whether the override is set, and which pairs it turns plain now", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			set, err := a.RuleSet(cmd.Context())
			if err != nil {
				return err
			}
			shown := overrideShown{Set: set.InForce().DisablePublicIPTrafficEncryption == 1, By: set.OverrideSetBy(), Plain: []engine.NamedPair{}}
			if shown.Set {
				effect, err := a.Preview(cmd.Context(), replacementOf(&set, engine.ReplacementReason, nil))
				if err != nil {
					return err
				}
				shown.Plain, shown.MorePlain = append(shown.Plain, effect.Exempts...), effect.MoreExempt
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), shown)
			}
			out := cmd.OutOrStdout()
			if shown.By != "" {
				fmt.Fprintf(out, "%s is %s; it wins over the setting, which is %d\n", engine.OverrideSetting, engine.Printable(shown.By), set.Settings.DisablePublicIPTrafficEncryption)
			}
			if !shown.Set {
				fmt.Fprintln(out, "the override is not set: traffic that touches a public address is sealed automatically")
				return nil
			}
			if len(shown.Plain) == 0 {
				fmt.Fprintln(out, "the override is set; it turns no pair plain now")
				return nil
			}
			fmt.Fprintf(out, "the override is set; it turns %s plain:\n", engine.CountInWords(len(shown.Plain)+shown.MorePlain, "pair", "pairs"))
			printPairs(out, shown.Plain, shown.MorePlain)
			return nil
		})})
}

func overrideReplace() *cobra.Command {
	var reason, until string
	cmd := &cobra.Command{Use: "replace", Short: "Set the override back to 0, with trusted links for exactly the pairs that it turns plain now", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			var last *engine.Date
			if until != "" {
				day, err := engine.ParseDate(until)
				if err != nil {
					return host.Usage(fmt.Errorf("--until: %w", err))
				}
				last = &day
			}
			set, err := a.RuleSet(cmd.Context())
			if err != nil {
				return err
			}
			return change(cmd, a, replacementOf(&set, cmp.Or(reason, engine.ReplacementReason), last), engine.OverrideSetting+" is now 0; nothing was sealed or turned plain by that")
		})}
	addConfirmation(cmd)
	cmd.Flags().Lookup("yes").Usage = "confirm the trusted links, as --dry-run shows them"
	cmd.Flags().StringVar(&reason, "reason", "", "why these pairs may stay plain, for the trusted links")
	cmd.Flags().StringVar(&until, "until", "", "last day of the trusted links, such as 2027-01-31 (default: no end)")
	return cmd
}

func replacementOf(set *engine.RuleSet, reason string, until *engine.Date) engine.Change {
	return engine.Change{ReplaceOverride: &engine.OverrideReplacement{Reason: reason, Until: until, Revision: set.SettingRevisions[engine.OverrideSetting]}}
}
