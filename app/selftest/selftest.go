// Package selftest tries on this machine, one by one, what Lockwire asks of its system: a folder that is closed to others, memory for keys,
// loopback, a service, the firewall. The programs add what only they can try. Whatever a check makes is gone when it returns.
package selftest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Check is one thing that is tried.
type Check struct {
	Name string
	// Try tries it, and says in a few words what it found. An error of NotTried says why it could not be tried here.
	Try func(ctx context.Context) (found string, err error)
}

// State is how a check went.
type State string

const (
	Passed   State = "ok"
	Failed   State = "FAILED"
	Untested State = "not tried"
)

// Result is what came of a check.
type Result struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Text says what was found, why it failed, or why it was not tried.
	Text string `json:"text"`
}

// notTried is the error of a check that this machine, or this user, does not let run.
type notTried struct{ reason string }

func (n *notTried) Error() string { return n.reason }

// NotTried says why a check could not be tried.
func NotTried(format string, arguments ...any) error {
	return &notTried{fmt.Sprintf(format, arguments...)}
}

// Run tries all checks, one after the other, and calls each with what came of it. What ctx ends is not tried.
func Run(ctx context.Context, checks []Check, each func(Result)) (all []Result) {
	for _, check := range checks {
		result := Result{Name: check.Name}
		var err error
		if ctx.Err() != nil {
			err = NotTried("the test was ended")
		} else {
			result.Text, err = check.Try(ctx)
		}
		var skipped *notTried
		switch {
		case err == nil:
			result.State = Passed
		case errors.As(err, &skipped):
			result.State, result.Text = Untested, skipped.reason
		default:
			result.State, result.Text = Failed, err.Error()
		}
		each(result)
		all = append(all, result)
	}
	return all
}

// CountFailed counts the checks that failed.
func CountFailed(all []Result) (failed int) {
	for _, result := range all {
		if result.State == Failed {
			failed++
		}
	}
	return failed
}

// Print writes results as a table; a text of several lines stays in its column.
func Print(out io.Writer, all []Result) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, result := range all {
		state, name := string(result.State), result.Name
		for line := range strings.Lines(result.Text + "\n") {
			fmt.Fprintf(table, "%s\t%s\t%s\n", state, name, strings.TrimRight(line, "\r\n"))
			state, name = "", ""
		}
	}
	return table.Flush()
}
