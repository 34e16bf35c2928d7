package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func componentsDrain() *cobra.Command {
	var within time.Duration
	var undo, noWait bool
	cmd := &cobra.Command{
		Use:   "drain NAME…",
		Short: "Have components take no new connection, for planned work, and wait until the running ones have finished",
		Long: "Have components take no new connection, for planned work: running ones go on, a tool that connects is refused, and the receipt of\n" +
			"that says why. It holds until it is undone, over restarts of the components and of the broker. The command says what is still\n" +
			"carried and ends when that is nothing; interrupting it leaves them draining.",
		Example: "  lockwired components drain vault --within 30m && ssh vault reboot\n  lockwired components drain --undo vault",
		Args:    cobra.MinimumNArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			if within%time.Second != 0 {
				return host.Usage(errors.New("--within: whole seconds"))
			}
			order := engine.DrainOrder{WithinSeconds: int64(within / time.Second), Undo: undo}
			var names []string
			for _, name := range arguments {
				component, err := findComponent(cmd, a, name)
				if err != nil {
					return err
				}
				order.Components, names = append(order.Components, component.ID), append(names, component.Name)
			}
			if err := order.Check(); err != nil {
				return host.Usage(err)
			}
			if err := a.Drain(cmd.Context(), order); err != nil {
				return err
			}
			say := func(words string) { fmt.Fprintln(cmd.OutOrStdout(), words) }
			if undo {
				say("Takes new connections again: " + strings.Join(names, ", "))
				return nil
			}
			installation, err := a.Installation(cmd.Context())
			switch {
			case err != nil:
				return err
			case !installation.Running:
				say("The order stands in the record. No broker runs now: components learn of it from the next one.")
				return nil
			case noWait:
				return sayDraining(cmd.Context(), a, order.Components, say)
			}
			return awaitDrained(cmd.Context(), a, order.Components, say)
		}),
	}
	cmd.Flags().DurationVar(&within, "within", 0, "the time that running connections have, such as 30m; what still runs then is cut. Without it they have as long as they take")
	cmd.Flags().BoolVar(&undo, "undo", false, "have the components take new connections again")
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "say what is still carried, and do not wait for it")
	return cmd
}

// drainState says of each of some components what it still carries, and whether that is nothing for all of them.
func drainState(snapshot engine.Snapshot, ids []engine.ID) (words []string, done bool) {
	carries := engine.CarriesOf(snapshot.Sessions)
	done = true
	for _, id := range ids {
		for i := range snapshot.Components {
			c := &snapshot.Components[i]
			if c.ID != id {
				continue
			}
			done = done && carries[id] == engine.Carries{}
			words = append(words, c.Name+": "+c.DrainWords(snapshot.When, carries[id]))
		}
	}
	return words, done
}

// errDone ends a watch.
var errDone = errors.New("done")

// sayDraining says once what the components still carry.
func sayDraining(ctx context.Context, a engine.Administration, ids []engine.ID, say func(string)) error {
	err := a.Watch(ctx, time.Second, func(snapshot engine.Snapshot) error {
		words, _ := drainState(snapshot, ids)
		say(strings.Join(words, "\n"))
		return errDone
	})
	if errors.Is(err, errDone) {
		return nil
	}
	return err
}

// awaitDrained says what the components still carry whenever that changes, and returns when it is nothing.
func awaitDrained(ctx context.Context, a engine.Administration, ids []engine.ID, say func(string)) error {
	said := map[string]bool{}
	err := keepWatching(ctx, a, time.Second, func(snapshot engine.Snapshot) error {
		words, done := drainState(snapshot, ids)
		now := map[string]bool{}
		for _, line := range words {
			if now[line] = true; !said[line] {
				say(line)
			}
		}
		said = now
		if done {
			return errDone
		}
		return nil
	}, func(_ engine.Snapshot, heard time.Time, why error) error {
		say(fmt.Sprintf("The broker has not been heard since %s: %v. It is tried again.", heard.Local().Format(time.TimeOnly), why))
		return nil
	})
	switch {
	case errors.Is(err, errDone):
		return nil
	case err == nil && ctx.Err() != nil:
		return fmt.Errorf("not waited to the end; they go on draining: %w", context.Cause(ctx))
	}
	return err
}
