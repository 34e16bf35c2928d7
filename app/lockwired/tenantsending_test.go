package main

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

// serving is an administration of an installation whose tenant has two live sessions, one of them to the service s1.
type serving struct{ answering }

func (*serving) Sessions(context.Context) ([]engine.Session, error) {
	session := func(id engine.ID, backend string) engine.Session {
		return engine.Session{ID: id, Tenant: "t1", SourceName: "smith 1", TargetName: "vault", Target: "c1", Backend: backend, ServiceName: "repository", State: engine.SessionLive, Traffic: engine.Traffic{ToTarget: 5_000_000}}
	}
	return []engine.Session{session("first", "127.0.0.1:8000"), session("second", "127.0.0.1:1")}, nil
}

func (*serving) RuleSet(context.Context) (engine.RuleSet, error) { return engine.RuleSet{}, nil }

func TestAChangeOfATenantListsTheSessionsThatItEndsAndAsks(t *testing.T) {
	before := engine.TenantStatus{Tenant: engine.Tenant{ID: "t1", Name: "smith", Services: []engine.ID{"s1"}}, Sessions: 2}
	const line = "live session first (smith 1 -> vault over service repository, 5.00 MB so far) ends"
	for name, test := range map[string]struct {
		after *engine.Tenant
		yes   bool
		asks  bool
		lists bool
	}{
		"removed":                 {nil, false, true, true},
		"removed, and confirmed":  {nil, true, false, true},
		"a service less":          {&engine.Tenant{ID: "t1"}, false, true, true},
		"another name":            {&engine.Tenant{ID: "t1", Name: "Smith", Services: []engine.ID{"s1"}}, false, false, false},
		"disabled, and confirmed": {&engine.Tenant{ID: "t1", Services: []engine.ID{"s1"}, Disabled: true}, true, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			cmd := &cobra.Command{Use: "change", SilenceErrors: true, SilenceUsage: true, RunE: func(cmd *cobra.Command, _ []string) error {
				return confirmEnding(cmd, &serving{}, &before, test.after)
			}}
			addEnding(cmd)
			cmd.SetErr(&errs)
			cmd.SetArgs(map[bool][]string{true: {"--yes"}, false: {}}[test.yes])
			err := cmd.Execute()
			if errors.Is(err, engine.ErrNeedsConfirmation) != test.asks {
				t.Errorf("it ends with %v", err)
			}
			if lists := bytes.Contains(errs.Bytes(), []byte(line)); lists != test.lists {
				t.Errorf("it lists\n%s", errs.String())
			}
		})
	}
}
