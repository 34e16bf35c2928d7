package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

func networksCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "networks", Short: "Preferred networks: over which addresses a source dials its target"}
	cmd.AddCommand(networksShow(), networksMode(), networksAdd(), networksRemove())
	return cmd
}

func networksShow() *cobra.Command {
	return addJSON(&cobra.Command{Use: "show", Short: "Show the preferred networks and their mode", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			set, err := a.RuleSet(cmd.Context())
			if err != nil {
				return err
			}
			preferred := set.PreferredNetworks
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), preferred)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "mode %s: %s\n", preferred.Mode.Shown(), preferred.Mode.About())
			for _, network := range preferred.Networks {
				fmt.Fprintln(cmd.OutOrStdout(), network)
			}
			return nil
		})})
}

func networksMode() *cobra.Command {
	return changesNetworks(&cobra.Command{Use: "mode off|prefer|require", Short: "Say what holds where no preferred network connects two components", Args: cobra.ExactArgs(1),
		Long:      "off: the list is not used. prefer: other addresses are used then, and the session says so. require: the session is refused then.",
		ValidArgs: []string{string(engine.PreferredOff), string(engine.PreferredPrefer), string(engine.PreferredRequire)}},
		func(preferred *engine.PreferredNetworks, arguments []string) (string, error) {
			preferred.Mode = engine.PreferredMode(arguments[0])
			return "preferred networks: " + preferred.Mode.About(), preferred.Check()
		})
}

func networksAdd() *cobra.Command {
	return changesNetworks(&cobra.Command{Use: "add NETWORK...", Short: "Add preferred networks, such as 10.1.0.0/16", Args: cobra.MinimumNArgs(1)},
		func(preferred *engine.PreferredNetworks, arguments []string) (string, error) {
			for _, text := range arguments {
				network, err := engine.ParseNetwork(text)
				if err != nil {
					return "", err
				}
				if slices.Contains(preferred.Networks, network) {
					return "", fmt.Errorf("%s is on the list already", network)
				}
				preferred.Networks = append(preferred.Networks, network)
			}
			done := fmt.Sprintf("%d preferred networks", len(preferred.Networks))
			if !preferred.InForce() {
				done += "; they are not used yet: lockwired networks mode prefer"
			}
			return done, nil
		})
}

func networksRemove() *cobra.Command {
	return changesNetworks(&cobra.Command{Use: "remove NETWORK...", Short: "Take networks off the list", Args: cobra.MinimumNArgs(1)},
		func(preferred *engine.PreferredNetworks, arguments []string) (string, error) {
			for _, text := range arguments {
				network, err := engine.ParseNetwork(text)
				if err != nil {
					return "", err
				}
				at := slices.Index(preferred.Networks, network)
				if at < 0 {
					return "", fmt.Errorf("%s is not on the list", network)
				}
				preferred.Networks = slices.Delete(preferred.Networks, at, at+1)
			}
			return fmt.Sprintf("%d preferred networks", len(preferred.Networks)), nil
		})
}

// changesNetworks makes a command that edits the preferred networks that it reads. The edit gives what is said when it is done.
func changesNetworks(cmd *cobra.Command, edit func(*engine.PreferredNetworks, []string) (string, error)) *cobra.Command {
	cmd.RunE = withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
		networks, revision, err := presentNetworks(cmd.Context(), a)
		if err != nil {
			return err
		}
		done, err := edit(&networks, arguments)
		if err != nil {
			return err
		}
		return change(cmd, a, engine.Change{Preferred: &engine.PreferredChange{Networks: networks, Revision: revision}}, done)
	})
	addConfirmation(cmd)
	return cmd
}

func presentNetworks(ctx context.Context, a engine.Administration) (engine.PreferredNetworks, int64, error) {
	set, err := a.RuleSet(ctx)
	if err != nil {
		return engine.PreferredNetworks{}, 0, err
	}
	networks := set.PreferredNetworks
	networks.Networks = append([]netip.Prefix{}, networks.Networks...)
	return networks, set.PreferredRevision, nil
}
