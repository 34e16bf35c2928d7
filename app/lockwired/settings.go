package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

func settingsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "settings", Short: "Settings of the installation"}
	cmd.AddCommand(settingsGet(), settingsSet())
	return cmd
}

func settingsGet() *cobra.Command {
	return addJSON(&cobra.Command{Use: "get [NAME]", Short: "Show one setting, or all of them", Args: cobra.MaximumNArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			set, err := a.RuleSet(cmd.Context())
			if err != nil {
				return err
			}
			if len(arguments) == 1 {
				inForce := set.InForce()
				value, err := inForce.Get(arguments[0])
				if err != nil {
					return err
				}
				if asJSON(cmd) {
					return printJSON(cmd.OutOrStdout(), map[string]string{arguments[0]: value})
				}
				fmt.Fprintln(cmd.OutOrStdout(), value)
				return nil
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), set.InForce())
			}
			return list(cmd, engine.SettingNames(), "NAME|VALUE|WHAT IT DOES", func(s engine.Setting) []any {
				inForce := set.InForce()
				value, _ := inForce.Get(s.Name)
				if by := set.OverrideSetBy(); by != "" && s.Name == engine.OverrideSetting {
					value += " (" + by + ")"
				}
				return []any{s.Name, value, s.About}
			})
		})})
}

func settingsSet() *cobra.Command {
	cmd := &cobra.Command{Use: "set NAME VALUE", Short: "Change one setting", Args: cobra.ExactArgs(2),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			set, err := a.RuleSet(cmd.Context())
			if err != nil {
				return err
			}
			setting := engine.SettingChange{Name: arguments[0], Value: arguments[1], Revision: set.SettingRevisions[arguments[0]]}
			return change(cmd, a, engine.Change{Setting: &setting}, fmt.Sprintf("%s is now %s", arguments[0], arguments[1]))
		})}
	addConfirmation(cmd)
	return cmd
}
