package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component"
)

func TestAllowBackendWaitsUntilTheListIsInForce(t *testing.T) {
	const ours engine.ID = "0190a1b2-0000-7000-8000-000000000001"
	with := func(attached bool, installation engine.ID, entries ...string) component.Status {
		return component.Status{Attachments: []component.AttachmentStatus{{Installation: installation, Attached: attached, AllowedBackends: entries}}}
	}
	before, after := with(true, ours, "127.0.0.1:1"), with(true, ours, "127.0.0.1:1", "127.0.0.1:2")
	broken := errors.New("broken")
	for _, test := range []struct {
		name  string
		reads []component.Status // one after the other; then the agent does not take anything up any more
		err   error
		says  string
	}{
		{"it is in force already", []component.Status{after}, nil, "the broker knows it"},
		{"the agent takes it up later", []component.Status{before, before, after}, nil, "the broker knows it"},
		{"the agent is away from its broker", []component.Status{before, with(false, ours, "127.0.0.1:1", "127.0.0.1:2")}, nil, "attached again"},
		{"the agent does not run", nil, component.ErrNotRunning, "when it starts"},
		{"the agent was started before the machine joined", []component.Status{with(true, "another")}, nil, "started again"},
		{"the agent does not take it up", []component.Status{before}, nil, "not taken it up yet"},
		{"the status cannot be read", nil, broken, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			tick := make(chan time.Time, 1)
			read := 0
			state, err := inForce(ctx, tick, func() (component.Status, error) {
				if test.err != nil {
					return component.Status{}, test.err
				}
				status := test.reads[read]
				if read++; read < len(test.reads) {
					tick <- time.Time{}
				} else {
					cancel()
				}
				return status, nil
			}, ours, []string{"127.0.0.1:1", "127.0.0.1:2"})
			if test.says == "" {
				if !errors.Is(err, test.err) {
					t.Errorf("the error is %v", err)
				}
				return
			}
			if err != nil || !strings.Contains(state, test.says) {
				t.Errorf("it says %q, %v", state, err)
			}
		})
	}
}
