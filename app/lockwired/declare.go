package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/disk"
	"lockwire/engine/exchange"
)

func exportCommand() *cobra.Command {
	return &cobra.Command{Use: "export [FILE]", Short: "Write rules, settings, tags, services and routes to one file, for apply", Args: cobra.MaximumNArgs(1),
		Long: "Write rules, settings, preferred networks, the components' tags, services and routes to one file, or to standard output. The order is\n" +
			"fixed, so that the file can be kept under version control and compared; apply makes an installation what it says. It holds no key,\n" +
			"no token and no record.",
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			installed, err := installed(cmd, a)
			if err != nil {
				return err
			}
			d := engine.DeclaredOf(installed)
			if len(arguments) == 0 || arguments[0] == "-" {
				return exchange.EncodeDeclared(cmd.OutOrStdout(), d)
			}
			return disk.Write(arguments[0], disk.Options{Mode: 0o644}, func(w io.Writer) error { return exchange.EncodeDeclared(w, d) })
		})}
}

// installed reads what an installation is, as far as a file can say it.
func installed(cmd *cobra.Command, a engine.Administration) (i engine.Installed, err error) {
	ctx := cmd.Context()
	if i.RuleSet, err = a.RuleSet(ctx); err != nil {
		return i, err
	}
	components, err := a.Components(ctx)
	if err != nil {
		return i, err
	}
	for _, c := range components {
		i.Components = append(i.Components, c.Component)
	}
	if i.Services, err = a.Services(ctx); err != nil {
		return i, err
	}
	routes, err := a.Routes(ctx)
	if err != nil {
		return i, err
	}
	for _, r := range routes {
		i.Routes = append(i.Routes, r.Route)
	}
	providers, err := a.Providers(ctx)
	for _, p := range providers {
		i.Providers = append(i.Providers, p.Provider)
	}
	return i, err
}

func applyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "apply FILE", Short: "Make rules, settings, tags, services and routes what a file says",
		Long: "Make rules, settings, preferred networks, tags, services and routes what a file of the command export says, or one that was written by\n" +
			"hand. Each section that the file has is the whole: a rule, service or route that it does not name is removed, a setting that it does\n" +
			"not name is as predefined. A section that it does not have is left as it is. Components keep their tags where the file does not name\n" +
			"them; one that is named and not there is an error, as are unknown fields.\n\n" +
			"All of it is one change: it happens whole, or not at all, and it is one group in the audit. What is so already is not touched, so that\n" +
			"applying a file twice changes nothing. --dry-run shows the plan and what it makes of pairs and sessions.",
		Example: "  lockwired export installation.json\n  lockwired apply installation.json --dry-run\n  lockwired apply installation.json --yes",
		Args:    cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			file, err := openInput(cmd, arguments[0])
			if err != nil {
				return host.Usage(err)
			}
			defer file.Close()
			declared, report, err := exchange.DecodeDeclared(file)
			if err != nil {
				return host.Usage(fmt.Errorf("%s: %w", arguments[0], err))
			}
			for _, note := range report {
				fmt.Fprintln(cmd.ErrOrStderr(), "note:", note)
			}
			return change(cmd, a, engine.Change{Declare: &declared}, "the installation is what "+arguments[0]+" says")
		})}
	addConfirmation(cmd)
	return cmd
}
