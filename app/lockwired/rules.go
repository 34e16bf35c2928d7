package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/disk"
	"lockwire/engine/exchange"
)

func rulesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "rules", Short: "The global traffic rules"}
	cmd.AddCommand(rulesList(), rulesShow(), rulesAdd(), rulesEdit(), rulesRemove(),
		rulesSwitch("enable", "Turn a rule on", true), rulesSwitch("disable", "Turn a rule off, as if it were absent", false),
		rulesImport(), rulesExport(), rulesWatch())
	return cmd
}

func rulesList() *cobra.Command {
	return addJSON(&cobra.Command{Use: "list", Short: "List the rules", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			set, err := a.RuleSet(cmd.Context())
			if err != nil {
				return err
			}
			zone, now := set.Settings.Location(), time.Now()
			return list(cmd, set.Rules, "NAME|ON|SOURCE|TARGET|ENCRYPT|THROTTLE|PERIOD", func(r engine.Rule) []any {
				return []any{r.Name, engine.OnOff(r.Enabled), engine.SelectorsInWords(r.Source), engine.SelectorsInWords(r.Target), encryption(&r, now, zone), r.LimitNowInWords(now, zone), period(&r)}
			})
		})})
}

func encryption(r *engine.Rule, now time.Time, zone *time.Location) string {
	if r.Exempt != nil {
		return r.ExemptionInWords(now, zone)
	}
	return engine.OnOff(r.Encrypt)
}

func throttling(r *engine.Rule) string {
	if r.Throttle == nil {
		return ""
	}
	text := r.Throttle.String()
	if r.Throttle.Relaxed != nil {
		text += fmt.Sprintf(" (relaxed: %s)", r.Throttle.Relaxed)
	}
	return text
}

// limitNow says what of a rule's limit holds at a moment.
func limitNow(r *engine.Rule, now time.Time, broker *time.Location) string {
	if !r.Enabled {
		return "no limit: the rule is off"
	}
	return r.LimitNowInWords(now, broker)
}

func period(r *engine.Rule) string {
	if r.Throttle == nil {
		return ""
	}
	if r.Schedule == nil {
		return "always"
	}
	return engine.HoursInWords(r.Schedule.Days)
}

func rulesShow() *cobra.Command {
	return addJSON(&cobra.Command{Use: "show NAME", Short: "Show one rule with all its fields", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			set, err := a.RuleSet(cmd.Context())
			if err != nil {
				return err
			}
			rule, err := findRule(set, arguments[0])
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), rule)
			}
			showRule(cmd, &rule, time.Now(), set.Settings.Location())
			return nil
		})})
}

func showRule(cmd *cobra.Command, r *engine.Rule, now time.Time, broker *time.Location) {
	out := cmd.OutOrStdout()
	field := func(name string, value any) { fmt.Fprintf(out, "%-10s %v\n", name, value) }
	field("name", r.Name)
	field("id", r.ID)
	field("on", engine.OnOff(r.Enabled))
	field("source", engine.SelectorsInWords(r.Source))
	field("target", engine.SelectorsInWords(r.Target))
	field("encrypt", engine.OnOff(r.Encrypt))
	if r.Exempt != nil {
		until := "without end"
		if r.Exempt.Until != nil {
			until = "until the end of " + r.Exempt.Until.String()
		}
		field("exempt", fmt.Sprintf("%s (%s)", engine.Printable(r.Exempt.Reason), until))
	}
	if r.Throttle != nil {
		field("throttle", throttling(r))
		field("now", limitNow(r, now, broker))
		field("restores", map[bool]string{true: "never throttled", false: "throttled too"}[r.Throttle.NeverThrottleRestores])
	}
	if r.Schedule != nil {
		zone := r.Schedule.TimeZone
		if zone == "" {
			zone = "the broker's"
		}
		field("time zone", zone)
		for day := 1; day <= 7; day++ {
			field("  "+weekdayNames[day%7], r.Schedule.Days[day%7])
		}
	}
	if r.Comment != "" {
		lines := strings.Split(r.Comment, "\n")
		for i := range lines {
			lines[i] = engine.Printable(lines[i])
		}
		field("comment", strings.Join(lines, "\n"+strings.Repeat(" ", 11))) // under its first line, or it would pass for another field
	}
}

func rulesAdd() *cobra.Command {
	var flags ruleFlags
	cmd := &cobra.Command{Use: "add NAME --source A[,B…] --target C[,D…]", Short: "Add a rule", Args: cobra.ExactArgs(1),
		Example: `  lockwired rules add "Branch uplink" --source 192.168.0.0/24 --target public --encrypt --throttle "100 Mbit/s"`,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			rule := engine.Rule{Name: arguments[0], Enabled: true}
			if err := flags.applyTo(cmd, &rule); err != nil {
				return err
			}
			return change(cmd, a, engine.Change{AddRule: &rule}, "added rule "+rule.Name)
		})}
	flags.add(cmd)
	addConfirmation(cmd)
	return cmd
}

func rulesEdit() *cobra.Command {
	var flags ruleFlags
	cmd := &cobra.Command{Use: "edit NAME", Short: "Change fields of a rule; those that are not named stay", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			rule, err := currentRule(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if err := flags.applyTo(cmd, &rule); err != nil {
				return err
			}
			return change(cmd, a, engine.Change{EditRule: &rule}, "changed rule "+rule.Name)
		})}
	flags.add(cmd)
	cmd.Flags().StringVar(&flags.name, "name", "", "new name")
	addConfirmation(cmd)
	return cmd
}

func currentRule(cmd *cobra.Command, a engine.Administration, name string) (engine.Rule, error) {
	set, err := a.RuleSet(cmd.Context())
	if err != nil {
		return engine.Rule{}, err
	}
	return findRule(set, name)
}

func rulesRemove() *cobra.Command {
	cmd := &cobra.Command{Use: "remove NAME", Short: "Remove a rule", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			rule, err := currentRule(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			return change(cmd, a, engine.Change{RemoveRule: rule.ID}, "removed rule "+rule.Name)
		})}
	addConfirmation(cmd)
	return cmd
}

func rulesSwitch(use, short string, on bool) *cobra.Command {
	cmd := &cobra.Command{Use: use + " NAME", Short: short, Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			rule, err := currentRule(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if rule.Enabled == on {
				fmt.Fprintf(cmd.OutOrStdout(), "rule %s is %s already\n", rule.Name, engine.OnOff(on))
				return nil
			}
			return change(cmd, a, engine.Change{SwitchRules: []engine.Switch{{ID: rule.ID, On: on}}}, fmt.Sprintf("turned rule %s %s", rule.Name, engine.OnOff(on)))
		})}
	addConfirmation(cmd)
	return cmd
}

func rulesImport() *cobra.Command {
	var replace, withSettings bool
	cmd := &cobra.Command{Use: "import FILE", Short: "Bring in rules from a rule set's file, or from Veeam's or Proxmox's",
		Long: "Bring in rules from Lockwire's own file, from the body of Veeam's REST GET /api/v1/trafficRules, from what Veeam's\n" +
			"Get-VBRNetworkTrafficRule gives (CSV or JSON), or from Proxmox Backup Server's traffic-control.cfg; the content tells which.\n" +
			"Rules are added; one whose name is there already is changed. With --replace, rules that the file does not have are removed.\n" +
			"All of it happens, or nothing. --dry-run shows what would change.",
		Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			file, err := openInput(cmd, arguments[0])
			if err != nil {
				return host.Usage(err)
			}
			defer file.Close()
			request, report, err := exchange.DecodeImport(file, replace, withSettings)
			if err != nil {
				return host.Usage(fmt.Errorf("%s: %w", arguments[0], err))
			}
			for _, note := range report {
				fmt.Fprintln(cmd.ErrOrStderr(), "note:", note)
			}
			return change(cmd, a, engine.Change{ImportRules: &request}, fmt.Sprintf("rules imported: %d", len(request.RuleSet.Rules)))
		})}
	cmd.Flags().BoolVar(&replace, "replace", false, "remove the rules that the file does not have")
	cmd.Flags().BoolVar(&withSettings, "with-settings", false, "take the file's settings and preferred networks too")
	addConfirmation(cmd)
	return cmd
}

func rulesExport() *cobra.Command {
	return &cobra.Command{Use: "export [FILE]", Short: "Write the rule set to a file, or to standard output", Args: cobra.MaximumNArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			set, err := a.RuleSet(cmd.Context())
			if err != nil {
				return err
			}
			if len(arguments) == 0 || arguments[0] == "-" {
				return exchange.Encode(cmd.OutOrStdout(), set)
			}
			return disk.Write(arguments[0], disk.Options{Mode: 0o644}, func(w io.Writer) error { return exchange.Encode(w, set) })
		})}
}
