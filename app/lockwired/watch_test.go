package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/app/host"
	"lockwire/engine"
)

func TestAFrameIsDrawnInPlaceAndCutToTheTerminal(t *testing.T) {
	var out bytes.Buffer
	s := &screen{out: &out, size: func() (int, int) { return 10, 3 }}
	if err := s.show([]byte("short\na line that is too long\nthree\nfour\n")); err != nil {
		t.Fatal(err)
	}
	want := enterScreen + toTop + "short" + clearLine + "\r\na line th…" + clearLine + "\r\nthree" + clearLine + clearRest
	if out.String() != want {
		t.Errorf("first frame %q, wanted %q", out.String(), want)
	}
	out.Reset()
	if err := s.show([]byte("äöüäöüäöüä")); err != nil { // ten characters, twenty bytes
		t.Fatal(err)
	}
	if want := toTop + "äöüäöüäöüä" + clearLine + clearRest; out.String() != want {
		t.Errorf("second frame %q, wanted %q", out.String(), want)
	}
	out.Reset()
	for range 2 { // the second time there is nothing to give back
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
	if out.String() != leaveScreen {
		t.Errorf("at the end %q", out.String())
	}
	elsewhere := newScreen(&out)
	out.Reset()
	if elsewhere.show([]byte("one\n")) != nil || elsewhere.close() != nil || out.String() != "one\n\n" {
		t.Errorf("to a file %q", out.String())
	}
}

// until is a writer that ends something once a text has been written.
type until struct {
	bytes.Buffer
	text string
	then func()
}

func (u *until) Write(p []byte) (int, error) {
	n, err := u.Buffer.Write(p)
	if strings.Count(u.String(), u.text) >= 2 {
		u.then()
	}
	return n, err
}

func TestAWatchListsAgainAndAgainUntilInterrupted(t *testing.T) {
	path := serve(t)
	for _, format := range [][]string{nil, {"--json"}} {
		ctx, interrupt := context.WithCancel(t.Context())
		out := &until{text: "sessions", then: interrupt}
		root := rootCommand()
		root.SetArgs(append([]string{"sessions", "watch", "--interval", "100ms", "--data", path}, format...))
		root.SetOut(out)
		root.SetErr(io.Discard)
		if err := root.ExecuteContext(ctx); err != nil {
			t.Errorf("%v: %v", format, err)
		}
		if format == nil {
			if !strings.Contains(out.String(), "live sessions: 0") || !strings.Contains(out.String(), "STATE") {
				t.Errorf("it shows %q", out.String())
			}
			continue
		}
		for line := range strings.Lines(out.String()) {
			var listing struct {
				When     time.Time
				Sessions []any
			}
			if err := json.Unmarshal([]byte(line), &listing); err != nil || listing.When.IsZero() || listing.Sessions == nil {
				t.Errorf("%v: %s", err, line)
			}
		}
	}
}

func TestSessionsThatAreNotThereAreNotFound(t *testing.T) {
	path := serve(t)
	runSteps(t, path, []step{
		{"sessions list", 0, []string{"STATE"}},
		{"sessions show 01890000-0000-7000-8000-000000000000", host.ExitNotFound, []string{"receipts show"}},
		{"sessions cut 01890000-0000-7000-8000-000000000000", host.ExitNotFound, nil},
		{"sessions cut", host.ExitUsage, []string{"usage"}},
	})
	offline := serveOn(t, equipped(t))
	for line, wants := range map[string][]string{
		"routes test nightly --json":  {`"problem":`, `"answer": "not tried"`},
		"routes test nightly":         {"backend listens         not tried: vault", "backend answers around  not tried", "problems on 1 of 1"},
		"routes probe nightly":        {"fileserver", "offline", "NOT attached", "not tried", "not ready on 1 of 1"},
		"routes probe nightly --json": {`"targetAttached": false`},
	} {
		got := run(t, "", append(strings.Fields(line), "--data", offline)...)
		for _, want := range wants {
			if got.code != host.ExitFailed || !strings.Contains(got.out+got.err, want) {
				t.Errorf("%s: exit code %d, wanted %q in\n%s%s", line, got.code, want, got.out, got.err)
			}
		}
	}
	runSteps(t, offline, []step{{"routes probe", host.ExitUsage, nil}})
	runSteps(t, equipped(t), []step{
		{"routes test nightly", host.ExitNoBroker, []string{"lockwired serve"}},
		{"routes probe nightly", host.ExitNoBroker, []string{"lockwired serve"}},
	})
}

// lostBroker gives one snapshot and is then not heard for a while.
type lostBroker struct {
	engine.Administration
	fail []error
}

func (b *lostBroker) Watch(ctx context.Context, _ time.Duration, each func(engine.Snapshot) error) error {
	if err := each(engine.Snapshot{When: time.Now()}); err != nil {
		return err
	}
	if len(b.fail) == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	err := b.fail[0]
	b.fail = b.fail[1:]
	time.Sleep(6 * time.Second)
	return err
}

func TestAWatchOfABrokerThatIsNotHeardIsShownAsOldAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		time.AfterFunc(time.Minute, cancel)
		shown, olds := 0, []time.Time{}
		err := keepWatching(ctx, &lostBroker{fail: []error{engine.ErrSilent, engine.ErrNoBroker}}, time.Second,
			func(engine.Snapshot) error { shown++; return nil },
			func(_ engine.Snapshot, heard time.Time, why error) error { olds = append(olds, heard); return nil })
		if err != nil || shown != 3 || len(olds) != 2 || !olds[0].Equal(began) || !olds[1].Equal(began.Add(6*time.Second+watchRetry)) {
			t.Errorf("%v: shown %d times, old as of %v", err, shown, olds)
		}
		broken := errors.New("the disk is full")
		if err := keepWatching(t.Context(), &lostBroker{fail: []error{broken}}, time.Second, func(engine.Snapshot) error { return nil }, nil); !errors.Is(err, broken) {
			t.Errorf("another failure: %v", err)
		}
	})
}
