package main

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine/component"
)

func TestAServiceRunsWhenItsOwnAgentSaysSo(t *testing.T) {
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		read func(since time.Duration, now time.Time) (component.Status, error)
		says string
		took time.Duration
	}{
		"it answers": {func(_ time.Duration, now time.Time) (component.Status, error) {
			return component.Status{Started: now}, nil
		}, "", 0},
		"it takes a while, and the old one's status is there still": {func(since time.Duration, now time.Time) (component.Status, error) {
			if since < 3*time.Second {
				return component.Status{Started: now.Add(-time.Hour)}, nil
			}
			return component.Status{Started: now}, nil
		}, "", 3 * time.Second},
		"it ends again and again": {func(time.Duration, time.Time) (component.Status, error) {
			return component.Status{}, component.ErrNotRunning
		}, "does not run", answerWithin},
		"its status cannot be read": {func(time.Duration, time.Time) (component.Status, error) { return component.Status{}, broken }, "broken", 0},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ctx := t.Context()
				err = awaitAgent(ctx, began, func() (component.Status, error) { return test.read(time.Since(began), time.Now()) })
				if took := time.Since(began); took != test.took {
					t.Errorf("it took %v", took)
				}
			})
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheOfferedLinesKeepAllOptions(t *testing.T) {
	cmd := joinCommand()
	cmd.Flags().String("data", "", "")
	line := "--listen 10.0.0.1:7171 --data /srv/agent --allow-listen 10.0.0.1:873 --interface 10.0.0.1 --advertise 192.0.2.1:7171 --calibrate=false --silence 90s --drain-within 30m --log-level debug --allow-backend 127.0.0.1:8000 --service"
	if err := cmd.ParseFlags(strings.Fields(line)); err != nil {
		t.Fatal(err)
	}
	want := "lockwire-agent run --advertise 192.0.2.1:7171 --allow-listen 10.0.0.1:873 --calibrate=false --data /srv/agent --drain-within 30m0s --interface 10.0.0.1 --listen 10.0.0.1:7171 --log-level debug --silence 1m30s"
	if got := givenLine(cmd, "run"); got != want {
		t.Errorf("%s, wanted %s", got, want)
	}
}
