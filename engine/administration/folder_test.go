package administration

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
)

// withoutBroker is the fixture's data folder as it is edited when no broker runs.
func withoutBroker(f *fixture) *Local {
	config := f.Config
	config.Broker = nil
	return New(config, "data folder, uid 0 (root)")
}

func TestWithoutABrokerTheRecordIsSeenAndEdited(t *testing.T) {
	f := newFixture(t)
	local := withoutBroker(f)
	ctx := t.Context()
	installation, err := local.Installation(ctx)
	if err != nil || installation.Running || installation.ID != f.Config.Installation || installation.CAPin == (engine.KeyID{}) {
		t.Errorf("%+v, %v", installation, err)
	}
	components, err := local.Components(ctx)
	if err != nil || len(components) != 2 || components[0].Online || components[0].Problem == "" {
		t.Errorf("%+v, %v", components, err)
	}
	routes, err := local.Routes(ctx)
	if err != nil || len(routes) != 1 || routes[0].TargetName != "target" || routes[0].Backend != "127.0.0.1:8000" ||
		len(routes[0].Listeners) != 1 || routes[0].Listeners[0].State != engine.ListenerOffline || routes[0].Listeners[0].Problem == "" {
		t.Errorf("%+v, %v", routes, err)
	}
	rule := encryptRule("Nightly")
	effect, err := local.Apply(ctx, engine.Change{AddRule: &rule}, engine.Confirmation{Cut: "nothing that was shown"})
	if err != nil || len(effect.Links) != 1 || len(effect.StaleSessions) != 0 {
		t.Errorf("%+v, %v", effect, err)
	}
	if _, err := local.Apply(ctx, engine.Change{RemoveRule: f.rule(t, "Nightly").ID}, engine.Confirmation{}); !errors.Is(err, engine.ErrNeedsConfirmation) {
		t.Errorf("losing encryption: %v", err)
	}
	// Nothing tells where the broker will be, so that a token has to.
	request := engine.TokenRequest{Kind: engine.JoinComponent, Name: "tape", Role: engine.Tape}
	var field *engine.FieldError
	if _, err := local.NewToken(ctx, request); !errors.As(err, &field) || field.Field != "addresses" {
		t.Errorf("a token without an address: %v", err)
	}
	request.Addresses = []string{"broker.example:6170"}
	if _, err := local.NewToken(ctx, request); err != nil {
		t.Errorf("a token with an address: %v", err)
	}
}

func TestWhatNeedsABrokerSaysSo(t *testing.T) {
	local := withoutBroker(newFixture(t))
	ctx := t.Context()
	for name, ask := range map[string]func() error{
		"sessions": func() error { _, err := local.Sessions(ctx); return err },
		"cut":      func() error { return local.Cut(ctx, engine.NewID()) },
		"probe":    func() error { _, err := local.ProbeRoute(ctx, ""); return err },
		"test":     func() error { _, err := local.TestRoute(ctx, engine.RouteTest{}); return err },
		"watch":    func() error { return local.Watch(ctx, time.Second, func(engine.Snapshot) error { return nil }) },
	} {
		if err := ask(); !errors.Is(err, engine.ErrNoBroker) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// quietBroker has no components, and asks no store for them: a database cannot be used under a fake clock.
type quietBroker struct{ fakeBroker }

func (*quietBroker) Components() []engine.ComponentStatus { return nil }

func TestAWatchShowsChangesAtItsInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &quietBroker{}
		f := New(Config{Broker: broker}, "test")
		began := time.Now()
		var at []time.Duration
		var revisions []uint64
		stop := errors.New("seen enough")
		err := f.Watch(t.Context(), 2*time.Second, func(s engine.Snapshot) error {
			at, revisions = append(at, time.Since(began)), append(revisions, s.Revision)
			if len(at) == 3 {
				return stop
			}
			f.revision.grow()
			return nil
		})
		if !errors.Is(err, stop) || at[0] != 0 || at[1] != 2*time.Second || at[2] != 4*time.Second {
			t.Errorf("%v, at %v", err, at)
		}
		if revisions[0] == revisions[1] || revisions[1] == revisions[2] {
			t.Errorf("revisions %v", revisions)
		}
		for _, test := range []struct {
			name           string
			interval, wait time.Duration
			changes        bool
		}{
			{"no interval", 0, fastestWatch, true},
			{"what changes is seen at the interval", 300 * time.Millisecond, 300 * time.Millisecond, true},
			{"figures once a second", 100 * time.Millisecond, time.Second, false},
			{"figures as nearly once a second as the interval allows", 300 * time.Millisecond, 900 * time.Millisecond, false},
			{"figures at a longer interval", 3 * time.Second, 3 * time.Second, false},
		} {
			calls, began := 0, time.Now()
			f.Watch(t.Context(), test.interval, func(engine.Snapshot) error {
				if calls++; calls == 2 {
					return stop
				}
				if test.changes {
					broker.changes++
				}
				return nil
			})
			if took := time.Since(began); took != test.wait {
				t.Errorf("%s: the second call after %v, wanted %v", test.name, took, test.wait)
			}
		}
	})
}

func TestWatchersThatLookAtOnceShareASnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &quietBroker{}
		f := New(Config{Broker: broker}, "test")
		broker.sessions = []engine.Session{{ID: engine.NewID()}}
		first := f.snapshot()
		broker.sessions = []engine.Session{{ID: engine.NewID()}}
		if second := f.snapshot(); &second.Sessions[0] != &first.Sessions[0] {
			t.Error("the second watcher's was made anew")
		}
		broker.changes++
		if third := f.snapshot(); &third.Sessions[0] == &first.Sessions[0] {
			t.Error("what has changed since was not looked at")
		}
		broker.sessions = []engine.Session{{ID: engine.NewID()}}
		time.Sleep(shareWithin)
		if later := f.snapshot(); &later.Sessions[0] != &broker.sessions[0] {
			t.Error("an old one was shared")
		}
	})
}

func TestACutIsAuditedWithWhoDidIt(t *testing.T) {
	f := newFixture(t)
	id := engine.NewID()
	if err := f.As("administrator Ann", engine.MayChange).Cut(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{Thing: string(id)})
	if err != nil || len(entries) != 1 || entries[0].What != "session.cut" || entries[0].Who != "administrator Ann" {
		t.Errorf("%+v, %v", entries, err)
	}
	if len(f.broker.cut) != 1 || f.broker.cut[0] != id {
		t.Errorf("cut %v", f.broker.cut)
	}
	live := engine.Session{ID: engine.NewID(), SourceName: "fileserver", TargetName: "vault", RouteName: "nightly"}
	f.broker.sessions = append(f.broker.sessions, live)
	if err := f.Cut(t.Context(), live.ID); err != nil {
		t.Fatal(err)
	}
	entries, err = f.Audit(t.Context(), engine.AuditQuery{Limit: 1})
	if err != nil || entries[0].Thing != "fileserver to vault over nightly" || !strings.Contains(string(entries[0].Before), string(live.ID)) {
		t.Errorf("both ends are not named: %+v, %v", entries, err)
	}
}

func TestACutIsAuditedAlsoWhereWhoDidItHangsUp(t *testing.T) {
	f := newFixture(t)
	ctx, leave := context.WithCancel(t.Context())
	f.broker.whenCut = leave
	id := engine.NewID()
	f.Cut(ctx, id)
	if entries, err := f.Audit(t.Context(), engine.AuditQuery{Thing: string(id)}); err != nil || len(entries) != 1 || len(f.broker.cut) != 1 {
		t.Errorf("cut %v, and the audit says %+v, %v", f.broker.cut, entries, err)
	}
}

func TestARevokedAdministratorStaysRevoked(t *testing.T) {
	f := newFixture(t)
	ann := engine.Administrator{ID: engine.NewID(), Name: "Ann", Role: engine.MayChange, Joined: moment}
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutAdministrator(ann) }); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second time changes nothing
		if err := f.RevokeAdministrator(t.Context(), ann.ID); err != nil {
			t.Fatal(err)
		}
	}
	administrators, err := f.Administrators(t.Context())
	if err != nil || len(administrators) != 1 || !administrators[0].Revoked.Equal(moment) {
		t.Errorf("%+v, %v", administrators, err)
	}
	if entries, err := f.Audit(t.Context(), engine.AuditQuery{Thing: "Ann"}); err != nil || len(entries) != 1 {
		t.Errorf("audited as %+v, %v", entries, err)
	}
	if err := f.RevokeAdministrator(t.Context(), engine.NewID()); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}
