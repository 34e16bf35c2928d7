package administration

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// noBroker is the problem of what only a running broker knows.
const noBroker = "the broker is not running"

// Broker is what a running broker gives to its administration.
type Broker interface {
	// Refresh takes up what was changed in the store: rules, settings, components, services and routes.
	Refresh(ctx context.Context) error
	Components() []engine.ComponentStatus
	Routes() []engine.RouteStatus
	Sessions() []engine.Session
	// Session gives one that lives.
	Session(id engine.ID) (engine.Session, bool)
	// Tenants gives the tenants as they are now, Gateways where they reach the gateways.
	Tenants() []engine.TenantStatus
	Gateways() []string
	// Providers gives the service providers of which this installation is a tenant, as they are now.
	Providers() []engine.ProviderStatus
	// RedeemLink uses a link up, and gives the provider that made it, still without a name. Refresh takes it up once the store has it.
	RedeemLink(ctx context.Context, link identity.Link) (engine.Provider, error)
	// RecordProblem says in words why the record cannot be written; empty while it can.
	RecordProblem() string
	// ReceiptsCheck says how far the check of the receipts has come that it does by itself, and what it found.
	ReceiptsCheck() engine.ReceiptsCheck
	// Today is what was moved today.
	Today() engine.DayTotals
	// Past is what it remembers of the last 15 minutes.
	Past() engine.Past
	// Cut ends a session at once; ErrNotFound where none lives. The reason stands in the receipt.
	Cut(ctx context.Context, id engine.ID, reason string) error
	TestRoute(ctx context.Context, test engine.RouteTest) ([]engine.RouteTestResult, error)
	ProbeRoute(ctx context.Context, route engine.ID) ([]engine.RouteProbe, error)
	// BackendsAround gives the backends of routes that listen beyond loopback, as their machines' tables of sockets say.
	BackendsAround(ctx context.Context) []engine.AroundFault
	// Calibrate has a component measure its processor anew; ErrInUse where it carries a session, ErrOffline where it is away.
	Calibrate(ctx context.Context, component engine.ID) error
	// Hosts gives what DNS has said of the hosts in rules, and of those that were tried.
	Hosts() map[string]engine.HostAnswer
	// TroubledHosts gives those hosts in rules with whose answers something is wrong.
	TroubledHosts() []engine.TroubledHost
	// TryHosts asks DNS for hosts that no rule names yet, and waits for the answers until ctx is done.
	TryHosts(ctx context.Context, hosts []string)
	// Addresses are where components reach it, HOST:PORT.
	Addresses() []string
	Started() time.Time
	// Changed grows with every change of Components, Routes or Sessions other than figures.
	Changed() uint64
}

// Config is what a Local works on.
type Config struct {
	Store engine.Store
	// Broker is nil where none runs.
	Broker Broker
	// Authority opens the installation's authority when a token or a backup needs it.
	Authority func() (*identity.Authority, error)
	// Installation is the installation's id.
	Installation engine.ID
	Version      string
	// Prescribed gives what the broker's machine prescribes of the settings; nil is nothing.
	Prescribed func() engine.Prescription
	// Space gives the room that is free for the record, and what the record takes, both in bytes; nil where that cannot be told.
	Space func() (free, record uint64, err error)
	// Alarms are kept by a running broker; nil where none does.
	Alarms Alarms
	// Now is the clock; nil is the system's.
	Now func() time.Time
}

// Local is an Administration on a store, and on the broker that runs on it where there is one.
type Local struct {
	*shared
	who  engine.Actor
	role engine.AdministratorRole
}

// shared is what all callers of one store have in common.
type shared struct {
	Config
	// edit serialises changes: one at a time is planned, checked and written.
	edit sync.Mutex
	// verifying holds a token while somebody has the receipts checked: of several, one after the other, as each check takes a processor for itself.
	verifying chan struct{}
	// revision counts changes, for those who watch.
	revision revision
	moments  moments
}

var _ engine.Administration = (*Local)(nil)

// New makes an Administration for who, with the right to change everything.
func New(config Config, who engine.Actor) *Local {
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Local{&shared{Config: config, verifying: make(chan struct{}, 1), revision: newRevision()}, who, engine.MayChange}
}

// As is the same Administration for somebody else.
func (l *Local) As(who engine.Actor, role engine.AdministratorRole) *Local {
	return &Local{l.shared, who, role}
}

// Installation says what this is an administration of.
func (l *Local) Installation(context.Context) (engine.Installation, error) {
	installation := engine.Installation{ID: l.Config.Installation, Version: l.Version, Role: l.role, Who: l.who, Running: l.Broker != nil, Addresses: []string{}}
	if l.Broker != nil {
		installation.Started, installation.Addresses = l.Broker.Started(), l.Broker.Addresses()
	}
	if authority, err := l.Authority(); err == nil { // a sealed one need not be opened to say the rest
		installation.CAPin = authority.Pin()
	}
	return installation, nil
}

// RuleSet gives all rules, settings and preferred networks.
func (l *Local) RuleSet(ctx context.Context) (engine.RuleSet, error) {
	set, err := l.Store.RuleSet(ctx)
	set.Prescribed = l.prescribed()
	return set, err
}

// Components gives all components; without a broker as they were when they were seen last.
func (l *Local) Components(ctx context.Context) ([]engine.ComponentStatus, error) {
	if l.Broker != nil {
		return l.liveComponents(l.Broker.Sessions()), nil
	}
	components, err := l.ownComponents(ctx)
	if err != nil {
		return nil, err
	}
	statuses := make([]engine.ComponentStatus, len(components))
	for i, component := range components {
		statuses[i] = engine.ComponentStatus{Component: component, Problem: noBroker}
	}
	return statuses, nil
}

// Administrators gives those who reach the broker with a certificate.
func (l *Local) Administrators(ctx context.Context) ([]engine.Administrator, error) {
	return l.Store.Administrators(ctx)
}

// RevokeAdministrator takes an administrator's access away at once.
func (l *Local) RevokeAdministrator(ctx context.Context, id engine.ID) error {
	l.edit.Lock()
	defer l.edit.Unlock()
	return l.commit(ctx, func(tx engine.Transaction) error {
		administrators, err := tx.Administrators(ctx)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(administrators, func(a engine.Administrator) bool { return a.ID == id })
		if at < 0 {
			return fmt.Errorf("administrator %s: %w", id, engine.ErrNotFound)
		}
		before := administrators[at]
		if !before.Revoked.IsZero() {
			return nil
		}
		after := before
		after.Revoked = l.Now()
		if err := tx.PutAdministrator(after); err != nil {
			return err
		}
		return l.audit(tx, "administrator.revoke", after.Name, before, after)
	})
}
