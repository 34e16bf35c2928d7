package server

import (
	"context"
	"testing"
	"time"

	"lockwire/engine"
)

// machine is a source of prescriptions that the test changes.
type machine struct {
	now     engine.Prescription
	changes chan engine.Prescription
}

func (m *machine) Read() engine.Prescription { return m.now }

func (m *machine) Watch(ctx context.Context, each func(engine.Prescription)) {
	each(m.now)
	for {
		select {
		case now := <-m.changes:
			each(now)
		case <-ctx.Done():
			return
		}
	}
}

func TestWhatTheMachinePrescribesIsInForceFromTheStartAndAsItChanges(t *testing.T) {
	source := &machine{now: engine.Prescribed(1, "the registry"), changes: make(chan engine.Prescription)}
	path := newFolder(t)
	running := serve(t, path, func(o *ServeOptions) { o.Prescribed = source })
	client, closing, err := Attach(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	inForce := func() int {
		t.Helper()
		set, err := client.RuleSet(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return set.InForce().DisablePublicIPTrafficEncryption
	}
	entries := func() int {
		t.Helper()
		entries, err := client.Audit(t.Context(), engine.AuditQuery{Thing: engine.OverrideSetting})
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	// awaitEntries waits until the broker has taken up what it was told.
	awaitEntries := func(count int) {
		t.Helper()
		watching, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_ = client.Watch(watching, 100*time.Millisecond, func(engine.Snapshot) error {
			if entries() >= count {
				return context.Canceled
			}
			return nil
		})
		if got := entries(); got != count {
			t.Fatalf("%d entries in the audit, not %d", got, count)
		}
	}
	if inForce() != 1 {
		t.Error("it is not in force from the start")
	}
	awaitEntries(1)
	source.changes <- engine.Prescribed(0, "the registry")
	awaitEntries(2)
	if inForce() != 0 {
		t.Error("a change is not in force")
	}
	source.changes <- engine.Prescription{}
	awaitEntries(3)
	running.stop(t)

	source.now = engine.Prescribed(1, "the registry")
	again := serve(t, path, func(o *ServeOptions) { o.Prescribed = source })
	if client, closing, err = Attach(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer closing()
	awaitEntries(4) // what changed while no broker ran is recorded, too
	again.stop(t)
}
