package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

// answering is an administration that answers changes as a test has it.
type answering struct {
	engine.Administration
	effect  engine.Effect // of every change
	changed error         // what a change that is confirmed ends with
	applied func(engine.Confirmation)
}

func (a *answering) Preview(context.Context, engine.Change) (engine.Effect, error) {
	return a.effect, nil
}

func (a *answering) Apply(_ context.Context, _ engine.Change, c engine.Confirmation) (engine.Effect, error) {
	a.applied(c)
	if left := a.effect.Unconfirmed(c); len(left) > 0 {
		words := ""
		for _, ask := range left {
			words += ask.Words + "; "
		}
		return a.effect, fmt.Errorf("%w: %s", engine.ErrNeedsConfirmation, words)
	}
	return a.effect, a.changed
}

func (a *answering) PutService(context.Context, engine.Service) (engine.Service, error) {
	return engine.Service{}, a.changed
}

func (a *answering) Components(context.Context) ([]engine.ComponentStatus, error) {
	return []engine.ComponentStatus{{Component: engine.Component{ID: "c1", Name: "vault"}}, {Component: engine.Component{ID: "c2", Name: "tape"}}}, nil
}

func (a *answering) Services(context.Context) ([]engine.Service, error) {
	return []engine.Service{{ID: "s1", Revision: 1, Name: "repository", Target: "c1", Backend: "127.0.0.1:8000"}}, nil
}

// losing is an effect that loses encryption of a pair, ends a session and makes another stale.
func losing() engine.Effect {
	sealed, plain := engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed}}, engine.SessionDecision{Decision: engine.Decision{Mode: engine.Plain}}
	cut := engine.NewAsk(engine.AskCut, "1 live session is cut", "stale")
	return engine.Effect{
		Links:          []engine.LinkEffect{{Source: "fileserver", Target: "vault", Routes: []string{"nightly"}, Before: sealed, After: plain}},
		StaleSessions:  []engine.StaleSession{{ID: "stale", Source: "fileserver", Target: "vault", Before: sealed, After: plain}},
		EndingSessions: []engine.EndingSession{{ID: "first", Source: "web", Target: "vault", Route: "nightly", Bytes: 5_000_000}},
		Asks:           []engine.Ask{engine.NewAsk(engine.AskEncryption, "1 pair loses encryption", "a"), engine.NewAsk(engine.AskSessions, "1 live session ends", "first")},
		Cut:            &cut,
	}
}

// doChange has a change done by the command line with flags, and gives what it printed and how it ended. What was printed before the change
// was asked for is in before.
func doChange(a *answering, flags ...string) (before, out, errs string, confirmed engine.Confirmation, err error) {
	var standard, errors bytes.Buffer
	cmd := &cobra.Command{Use: "change", SilenceErrors: true, SilenceUsage: true, RunE: func(cmd *cobra.Command, _ []string) error {
		return change(cmd, a, engine.Change{RemoveRule: "x"}, "it is done")
	}}
	addConfirmation(cmd)
	cmd.SetArgs(append([]string{}, flags...))
	cmd.SetOut(&standard)
	cmd.SetErr(&errors)
	a.applied = func(c engine.Confirmation) { before, confirmed = errors.String(), c }
	err = cmd.Execute()
	return before, standard.String(), errors.String(), confirmed, err
}

func mustContain(t *testing.T, words string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in:\n%s", want, words)
		}
	}
}

var alwaysShown = []string{"fileserver -> vault (route nightly)", "<< loses encryption", "live session first (web -> vault over route nightly, 5.00 MB so far) ends"}

func TestAllOfWhatYesConfirmsIsPrintedBeforeItIsDone(t *testing.T) {
	for _, cut := range []bool{false, true} {
		a := &answering{effect: losing()}
		flags, stale := []string{"--yes"}, []string{"live session stale (fileserver -> vault, sealed) becomes stale"}
		if cut {
			flags, stale = append(flags, "--cut"), []string{"live session stale (fileserver -> vault, sealed) is cut", "1 live session is cut"}
		}
		before, out, _, confirmed, err := doChange(a, flags...)
		if err != nil || strings.TrimSpace(out) != "it is done" {
			t.Errorf("%v, and says %q", err, out)
		}
		mustContain(t, before, append(stale, append(alwaysShown, "1 pair loses encryption", "1 live session ends")...)...)
		if got := confirmed.Cut == a.effect.Cut.Digest; got != cut {
			t.Errorf("cut %v, wanted %v", got, cut)
		}
	}
}

func TestWithoutYesTheSameIsPrintedWithTheRefusal(t *testing.T) {
	a := &answering{effect: losing()}
	_, _, errs, _, err := doChange(a)
	if !errors.Is(err, engine.ErrNeedsConfirmation) {
		t.Fatal(err)
	}
	mustContain(t, errs+err.Error(), append(alwaysShown, "becomes stale", "1 pair loses encryption", "1 live session ends", "--yes")...)

	a.effect.Asks, a.effect.EndingSessions = nil, nil // nothing is lost but what --cut ends
	if _, _, _, _, err := doChange(a); err != nil {
		t.Errorf("nothing needs a confirmation: %v", err)
	}
	_, _, errs, _, err = doChange(a, "--cut")
	if !errors.Is(err, engine.ErrNeedsConfirmation) {
		t.Fatalf("sessions are cut that nobody confirmed: %v", err)
	}
	mustContain(t, errs+err.Error(), "live session stale (fileserver -> vault, sealed) is cut", "1 live session is cut", "--yes")
}

func TestAServiceThatSomebodyElseEditedIsShownFieldByField(t *testing.T) {
	theirs := engine.Service{ID: "s1", Revision: 2, Name: "repository", Target: "c2", Backend: "127.0.0.1:9000"}
	a := &answering{changed: &engine.OutdatedError{Of: `service "repository"`, Now: engine.Present{Service: &theirs}}}
	cmd := servicesEdit()
	err := editService(cmd, a, "repository", "store", "")
	if !errors.Is(err, engine.ErrOutdated) {
		t.Fatal(err)
	}
	mustContain(t, err.Error(), `name is "repository" now, and yours is "store"`, `target is "tape" now, and yours is "vault"`, `backend is "127.0.0.1:9000" now, and yours is "127.0.0.1:8000"`, "nothing was changed")
}
