package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

// addEnding gives a command that may end live sessions of a tenant the flag that confirms it.
func addEnding(cmd *cobra.Command) { cmd.Flags().Bool("yes", false, "confirm that live sessions end") }

// confirmEnding lists the live sessions that a change of a tenant ends, which needs --yes; after is nil where it is removed.
func confirmEnding(cmd *cobra.Command, a engine.Administration, before *engine.TenantStatus, after *engine.Tenant) error {
	if before.Sessions == 0 { // there may be no broker to ask
		return nil
	}
	sessions, err := a.Sessions(cmd.Context())
	if err != nil {
		return err
	}
	services, err := a.Services(cmd.Context())
	if err != nil {
		return err
	}
	rules, err := a.RuleSet(cmd.Context())
	if err != nil {
		return err
	}
	ending := before.Ending(after, sessions, services, time.Now(), rules.Settings.Location())
	printEnding(cmd.ErrOrStderr(), "service", ending)
	if yes, _ := cmd.Flags().GetBool("yes"); len(ending) > 0 && !yes {
		return confirmable(fmt.Errorf("tenant %s: %w: %s", before.Name, engine.ErrNeedsConfirmation, engine.CountInWords(len(ending), "live session ends", "live sessions end")))
	}
	return nil
}
