package administration

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/enginetest/freshstore"
	"lockwire/engine/identity"
)

// moment is when the tests take place: a Wednesday noon.
var moment = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

// fakeBroker stands for a broker that runs: it has sessions, and notes what it is told.
type fakeBroker struct {
	past      engine.Past
	records   engine.Records
	receipts  engine.ReceiptsCheck
	sessions  []engine.Session
	refreshed int
	cut       []engine.ID
	whenCut   func() // nil: nothing more happens
	measured  []engine.ID
	load      engine.Load // of every component
	changes   uint64
	hosts     map[string]engine.HostAnswer
	dns       map[string]engine.HostAnswer // what is known of hosts once they are tried
	tried     []string
	around    []engine.AroundFault
	providers []engine.ProviderStatus
	redeem    func(identity.Link) (engine.Provider, error)
}

func (b *fakeBroker) Refresh(context.Context) error { b.refreshed++; return nil }

func (b *fakeBroker) Components() []engine.ComponentStatus {
	components, _ := b.records.Components(context.Background())
	statuses := make([]engine.ComponentStatus, len(components))
	for i, component := range components {
		statuses[i] = engine.ComponentStatus{Component: component, Online: true, Load: b.load}
	}
	return statuses
}

func (b *fakeBroker) Routes() []engine.RouteStatus { return nil }
func (b *fakeBroker) Sessions() []engine.Session   { return b.sessions }
func (b *fakeBroker) Session(id engine.ID) (engine.Session, bool) {
	for _, s := range b.sessions {
		if s.ID == id {
			return s, true
		}
	}
	return engine.Session{}, false
}

func (b *fakeBroker) RecordProblem() string               { return "" }
func (b *fakeBroker) ReceiptsCheck() engine.ReceiptsCheck { return b.receipts }
func (b *fakeBroker) Tenants() []engine.TenantStatus      { return nil }
func (b *fakeBroker) Gateways() []string                  { return nil }
func (b *fakeBroker) Today() engine.DayTotals             { return engine.DayTotals{} }
func (b *fakeBroker) Past() engine.Past                   { return b.past }

func (b *fakeBroker) Cut(_ context.Context, id engine.ID, _ string) error {
	b.cut = append(b.cut, id)
	if b.whenCut != nil {
		b.whenCut()
	}
	return nil
}

func (b *fakeBroker) Providers() []engine.ProviderStatus { return b.providers }

func (b *fakeBroker) RedeemLink(_ context.Context, link identity.Link) (engine.Provider, error) {
	return b.redeem(link)
}

func (b *fakeBroker) Calibrate(_ context.Context, component engine.ID) error {
	b.measured = append(b.measured, component)
	return nil
}

func (b *fakeBroker) BackendsAround(context.Context) []engine.AroundFault { return b.around }

func (b *fakeBroker) ProbeRoute(context.Context, engine.ID) ([]engine.RouteProbe, error) {
	return []engine.RouteProbe{}, nil
}

func (b *fakeBroker) TestRoute(context.Context, engine.RouteTest) ([]engine.RouteTestResult, error) {
	return nil, errors.New("not here")
}

func (b *fakeBroker) Hosts() map[string]engine.HostAnswer { return b.hosts }

func (b *fakeBroker) TroubledHosts() []engine.TroubledHost { return nil }

func (b *fakeBroker) TryHosts(_ context.Context, hosts []string) {
	b.tried = append(b.tried, hosts...)
	all := map[string]engine.HostAnswer{}
	maps.Copy(all, b.hosts)
	maps.Copy(all, b.dns)
	b.hosts = all
}

func (b *fakeBroker) Changed() uint64     { return b.changes }
func (b *fakeBroker) Addresses() []string { return []string{"broker.example:6170"} }
func (b *fakeBroker) Started() time.Time  { return moment }

// fixture is an installation with two components, a service and a route between them, in a real store.
type fixture struct {
	*Local
	broker         *fakeBroker
	source, target engine.Component
	route          engine.Route
}

// newFixture makes one. The source has a private address, the target another one.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	ctx := t.Context()
	records := freshstore.Open(t)
	t.Cleanup(func() { records.Close() })
	installation := engine.NewID()
	authority, err := identity.NewAuthority(installation, moment)
	if err != nil {
		t.Fatal(err)
	}
	broker := &fakeBroker{records: records}
	local := New(Config{
		Store: records, Broker: broker, Installation: installation, Version: "test", Now: func() time.Time { return moment },
		Authority: func() (*identity.Authority, error) { return authority, nil },
	}, "uid 0 (root)")
	f := &fixture{Local: local, broker: broker}
	f.source = component(t, "source", "10.0.0.1")
	f.target = component(t, "target", "10.0.0.2")
	service := engine.Service{ID: engine.NewID(), Name: "vault", Target: f.target.ID, Backend: "127.0.0.1:8000"}
	f.route = engine.Route{ID: engine.NewID(), Name: "nightly", Sources: []engine.ID{f.source.ID}, Listen: "127.0.0.1:8000", Service: service.ID, Direction: engine.Push, Enabled: true}
	err = records.Write(ctx, func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(f.source), tx.PutComponent(f.target), tx.PutService(service), tx.PutRoute(f.route))
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func component(t *testing.T, name, address string) engine.Component {
	t.Helper()
	parsed, err := engine.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	return engine.Component{
		ID: engine.NewID(), Name: name, Role: engine.Server, Tags: []string{}, Joined: moment,
		Report: engine.Report{Interfaces: []engine.Address{{Address: parsed, Origin: engine.FromInterface}}},
	}
}

// encryptRule is a rule that seals the fixture's pair.
func encryptRule(name string) engine.Rule {
	source, _ := engine.ParseSelector("10.0.0.1")
	target, _ := engine.ParseSelector("10.0.0.2")
	return engine.Rule{Name: name, Enabled: true, Source: []engine.Selector{source}, Target: []engine.Selector{target}, Encrypt: true}
}

// rule finds a rule of the installation by its name.
func (f *fixture) rule(t *testing.T, name string) engine.Rule {
	t.Helper()
	set, err := f.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range set.Rules {
		if rule.Name == name {
			return rule
		}
	}
	t.Fatalf("no rule %q", name)
	return engine.Rule{}
}

func (f *fixture) apply(t *testing.T, change engine.Change) engine.Effect {
	t.Helper()
	effect, err := engine.ApplyShown(t.Context(), f.Local, f.reread(t, change), false, func(engine.Effect) {})
	if err != nil {
		t.Fatal(err)
	}
	return effect
}

// reread is a change as somebody makes it who has just read what it edits.
func (f *fixture) reread(t *testing.T, change engine.Change) engine.Change {
	t.Helper()
	set, err := f.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	components, err := f.Store.Components(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if change.Setting != nil {
		change = change.Again(engine.Present{Settings: &set.Settings, Revision: set.SettingRevisions[change.Setting.Name]})
	}
	if change.ReplaceOverride != nil {
		change = change.Again(engine.Present{Settings: &set.Settings, Revision: set.SettingRevisions[engine.OverrideSetting]})
	}
	change = change.Again(engine.Present{Preferred: &set.PreferredNetworks, Revision: set.PreferredRevision})
	for i := range components {
		if components[i].ID == idOf(change) {
			change = change.Again(engine.Present{Component: &components[i]})
		}
	}
	return change
}

// idOf is the component that a change edits.
func idOf(change engine.Change) engine.ID {
	switch {
	case change.Tags != nil:
		return change.Tags.Component
	case change.Rename != nil:
		return change.Rename.Component
	case change.Limit != nil:
		return change.Limit.Component
	}
	return ""
}

// putRoute puts a route, with what it opens confirmed or not.
func (f *fixture) putRoute(t *testing.T, edit engine.RouteEdit, confirmed bool) (engine.Route, error) {
	t.Helper()
	effect, err := f.Apply(t.Context(), engine.Change{PutRoute: &edit}, engine.Confirmation{})
	if errors.Is(err, engine.ErrNeedsConfirmation) && confirmed {
		effect, err = f.Apply(t.Context(), engine.Change{PutRoute: &edit}, effect.Confirm())
	}
	if effect.Route == nil {
		return engine.Route{}, err
	}
	return *effect.Route, err
}
