package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

// listing is a table of what lives, which a command shows again and again.
type listing[T any] struct {
	what   string // stands above the table, before the number of rows
	header string
	row    func(row T, now time.Time) []any
	rows   func(engine.Snapshot) []T
	// line is one listing with --json. OldSince and problem are set while the broker is not heard.
	line func(when time.Time, rows []T, oldSince time.Time, problem string) any
}

// watch shows the listing until ctx is done.
func (l *listing[T]) watch(cmd *cobra.Command, a engine.Administration, interval time.Duration) error {
	screen := newScreen(cmd.OutOrStdout())
	frame := func(snapshot engine.Snapshot, head string) error {
		rows := l.rows(snapshot)
		var frame bytes.Buffer
		fmt.Fprintf(&frame, "%s, %s: %d\n\n", head, l.what, len(rows))
		if err := table(&frame, rows, l.header, func(row T) []any { return l.row(row, snapshot.When.Local()) }); err != nil {
			return err
		}
		return screen.show(frame.Bytes())
	}
	show := func(snapshot engine.Snapshot) error { return frame(snapshot, local(snapshot.When)) }
	old := func(last engine.Snapshot, heard time.Time, why error) error {
		return frame(last, fmt.Sprintf("OLD, as of %s: %v. It is tried again.\n%s", heard.Local().Format("15:04:05"), why, local(last.When)))
	}
	if asJSON(cmd) {
		encoder := newLineEncoder(cmd.OutOrStdout())
		show = func(snapshot engine.Snapshot) error {
			return encoder.Encode(l.line(snapshot.When, l.rows(snapshot), time.Time{}, ""))
		}
		old = func(last engine.Snapshot, heard time.Time, why error) error {
			return encoder.Encode(l.line(last.When, l.rows(last), heard, why.Error()))
		}
	}
	return errors.Join(keepWatching(cmd.Context(), a, interval, show, old), screen.close())
}

// watchRetry is how long a watch waits before it asks a broker again that does not answer.
const watchRetry = time.Second

// keepWatching shows what a watch gives until ctx is done. Once something was shown, a broker that is not heard any more does not
// end it: what was given last is old, which is shown once, with when it was heard last and why, and the broker is asked again.
func keepWatching(ctx context.Context, a engine.Administration, interval time.Duration, show func(engine.Snapshot) error, old func(last engine.Snapshot, heard time.Time, why error) error) error {
	var last engine.Snapshot
	var heard time.Time
	stale := false
	for {
		var failed error
		err := a.Watch(ctx, interval, func(snapshot engine.Snapshot) error {
			last, heard, stale = snapshot, time.Now(), false
			failed = show(snapshot)
			return failed
		})
		lost := errors.Is(err, engine.ErrSilent) || errors.Is(err, engine.ErrNoBroker)
		switch {
		case ctx.Err() != nil && failed == nil:
			return nil // Ctrl-C is how a watch ends
		case failed != nil || heard.IsZero() || !lost:
			return err
		}
		if !stale {
			stale = true
			if err := old(last, heard, err); err != nil {
				return err
			}
		}
		if engine.Pause(ctx, watchRetry) != nil {
			return nil
		}
	}
}
