package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine/component"
	"lockwire/engine/component/machine"
)

func drainCommand() *cobra.Command {
	var within time.Duration
	var undo bool
	cmd := &cobra.Command{
		Use:   "drain",
		Short: "Take no new connection, and wait until the running ones have finished",
		Long: "drain is for planned work: the running agent takes no new connection, from a backup tool or from another component, until that is\n" +
			"undone or it is started again. The command says what is still carried, and ends when that is nothing. Interrupting it leaves the\n" +
			"agent draining. An order of the broker (lockwired components drain) is another matter: it holds over restarts of the agent, and\n" +
			"is undone at the broker.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if within < 0 || within > maximumDrain {
				return host.Usage(fmt.Errorf("--within: a time up to %v, such as 30m", maximumDrain))
			}
			if undo && within > 0 {
				return host.Usage(errors.New("--within is for a drain, not for undoing it"))
			}
			read := func() (component.Status, error) {
				return component.ReadStatus(component.StatusFile(folder(cmd)), time.Now())
			}
			if _, err := read(); err != nil {
				return err
			}
			ticker := time.NewTicker(200 * time.Millisecond)
			defer ticker.Stop()
			say := func(words string) { fmt.Fprintln(cmd.OutOrStdout(), words) }
			if undo {
				if _, err := machine.UndoDrain(folder(cmd)); err != nil {
					return err
				}
				return undrained(cmd.Context(), ticker.C, read, say)
			}
			if err := machine.RequestDrain(folder(cmd), time.Now(), within); err != nil {
				return err
			}
			return drained(cmd.Context(), ticker.C, read, say)
		},
	}
	cmd.Flags().DurationVar(&within, "within", 0, "the time that running connections have, such as 30m; what still runs then is reset. Without it they have as long as they take")
	cmd.Flags().BoolVar(&undo, "undo", false, "take connections again")
	return cmd
}

// drained reads the status at each tick until the agent carries nothing more, and says what it still carries when that changes.
func drained(ctx context.Context, tick <-chan time.Time, read func() (component.Status, error), say func(string)) error {
	last := ""
	for {
		status, err := read()
		if err != nil {
			return err
		}
		words := "the agent has not seen the request yet"
		if status.Drain != nil {
			sessions := 0
			for _, a := range status.Attachments {
				sessions += len(a.Sessions)
			}
			if sessions == 0 {
				say("Nothing is carried any more. The agent takes connections again after: lockwire-agent drain --undo, or when it is started again")
				return nil
			}
			words = "still carries " + status.Carries
			if !status.Drain.Until.IsZero() {
				words += ", which is reset at " + status.Drain.Until.Local().Format(time.DateTime)
			}
		}
		if words != last {
			say(words)
			last = words
		}
		select {
		case <-tick:
		case <-ctx.Done():
			return fmt.Errorf("%s; the agent goes on draining: %w", words, context.Cause(ctx))
		}
	}
}

// undrained reads the status at each tick until the agent does not drain of its own accord any more, and says what still keeps it
// from taking connections.
func undrained(ctx context.Context, tick <-chan time.Time, read func() (component.Status, error), say func(string)) error {
	for {
		status, err := read()
		if err != nil {
			return err
		}
		if status.Drain == nil {
			var orders []string
			for _, a := range status.Attachments {
				if a.Drain != nil {
					orders = append(orders, fmt.Sprintf("%s still drains in installation %s, as %s ordered; undo that at its broker: lockwired components drain --undo %s", a.Name, a.Installation, a.Drain.By, a.Name))
				}
			}
			if len(orders) > 0 {
				return errors.New(strings.Join(orders, "\n"))
			}
			say("The agent takes connections again.")
			return nil
		}
		select {
		case <-tick:
		case <-ctx.Done():
			return fmt.Errorf("the agent has not seen yet that it is to take connections again: %w", context.Cause(ctx))
		}
	}
}
