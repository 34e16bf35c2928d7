package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine/component"
)

func drainCommand() *cobra.Command {
	var within time.Duration
	cmd := &cobra.Command{
		Use:   "drain",
		Short: "Take no new connection, and wait until the running ones have finished",
		Long: "drain is for planned work: the running agent takes no new connection, from a backup tool or from another component, until it is\n" +
			"started again. The command says what is still carried, and ends when that is nothing. Interrupting it leaves the agent draining.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if within < 0 {
				return host.Usage(errors.New("--within: a time, such as 30m"))
			}
			read := func() (component.Status, error) {
				return component.ReadStatus(component.StatusFile(folder(cmd)), time.Now())
			}
			if _, err := read(); err != nil {
				return err
			}
			if err := component.RequestDrain(folder(cmd)); err != nil {
				return err
			}
			ctx := cmd.Context()
			if within > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, within)
				defer cancel()
			}
			ticker := time.NewTicker(200 * time.Millisecond)
			defer ticker.Stop()
			return drained(ctx, ticker.C, read, func(words string) { fmt.Fprintln(cmd.OutOrStdout(), words) })
		},
	}
	cmd.Flags().DurationVar(&within, "within", 0, "how long to wait; without it, until nothing is carried any more")
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
		if status.Draining {
			sessions := 0
			for _, a := range status.Attachments {
				sessions += len(a.Sessions)
			}
			if sessions == 0 {
				say("Nothing is carried any more. The agent takes connections again when it is started again, such as by: systemctl restart lockwire-agent")
				return nil
			}
			words = "still carries " + status.Carries
		}
		if words != last {
			say(words)
			last = words
		}
		select {
		case <-tick:
		case <-ctx.Done():
			return fmt.Errorf("%s, and the time is over; the agent goes on draining", words)
		}
	}
}
