package component

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"lockwire/engine"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

// providersFolder holds, below an attachment, those to the service providers of its installation.
const providersFolder = "providers"

// maximumProviders is how many service providers one installation may have its component join.
const maximumProviders = 16

// providers are the places of the component at service providers, of which its own broker decides: which there are, which sessions
// begin there, and when these end.
type providers struct {
	owner  *attachment
	folder string

	mu      sync.Mutex
	running sync.WaitGroup
	start   func(*provider)
	all     map[engine.ID]*provider
	// keys were made for providers whose certificates are still to come.
	keys map[engine.ID]*ecdsa.PrivateKey
	// asked are sessions that a provider is being asked for.
	asked map[engine.ID]*askedSession
}

// newProviders takes up those that lie on the disk. One that cannot be read is as good as lost: the own broker has it made anew.
func newProviders(owner *attachment) *providers {
	t := &providers{
		owner: owner, folder: filepath.Join(owner.directory.Path(), providersFolder),
		all: map[engine.ID]*provider{}, keys: map[engine.ID]*ecdsa.PrivateKey{}, asked: map[engine.ID]*askedSession{},
	}
	entries, err := os.ReadDir(t.folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		owner.log.Error("the attachments to service providers cannot be read", "reason", err.Error())
	}
	for _, entry := range entries {
		if _, err := engine.ParseID(entry.Name()); err != nil {
			continue
		}
		directory, err := identity.OpenDirectory(filepath.Join(t.folder, entry.Name()))
		var made *provider
		if err == nil {
			made, err = newProvider(owner, directory)
		}
		if err != nil {
			owner.log.Error("an attachment to a service provider cannot be taken up", "provider", entry.Name(), "reason", err.Error())
			continue
		}
		t.all[directory.Attachment().Installation] = made
	}
	return t
}

// run keeps all of them, and those that are still to come, attached until ctx ends. It does not wait.
func (t *providers) run(ctx, life context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.start = func(p *provider) {
		var one context.Context
		one, p.end = context.WithCancel(ctx)
		t.running.Go(func() { p.run(one, life) })
	}
	for _, p := range t.all {
		t.start(p)
	}
}

// list gives them in no order.
func (t *providers) list() []*provider {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.all))
}

func (t *providers) get(id engine.ID) *provider {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[id]
}

// installations are those of which the component has a certificate, for the hello to its own broker.
func (t *providers) installations() (all [][]byte) {
	for _, p := range t.list() {
		all = append(all, wire.IDBytes(p.directory.Attachment().Installation))
	}
	return all
}

// join makes a key for a provider and answers with what the provider wants to see of it.
func (t *providers) join(s live.Stream, message *wire.JoinProvider) error {
	answer := &wire.ProviderKey{Provider: message.GetProvider(), Challenge: message.GetChallenge()}
	id, err := wire.ParseID(message.GetProvider())
	if err != nil {
		return fmt.Errorf("provider: %w", err)
	}
	if answer.CertificateRequest, answer.Signature, err = t.makeKey(id, message); err != nil {
		answer.Problem = machine.Sentence(err.Error())
		t.owner.log.Error("no key for a service provider", "provider", string(id), "reason", err.Error())
	}
	s.Send(&wire.Up{Message: &wire.Up_ProviderKey{ProviderKey: answer}})
	return nil
}

func (t *providers) makeKey(id engine.ID, message *wire.JoinProvider) (request, signature []byte, err error) {
	own := t.owner.directory.Attachment()
	if id == own.Installation {
		return nil, nil, errors.New("an installation is no service provider of its own")
	}
	tenant, err := wire.ParseID(message.GetTenant())
	if err != nil {
		return nil, nil, fmt.Errorf("tenant: %w", err)
	}
	key, request, err := identity.NewRequestedKey()
	if err != nil {
		return nil, nil, err
	}
	proof := identity.ProviderKey{Provider: id, Tenant: tenant, Component: own.ID, Challenge: message.GetChallenge()}
	if signature, err = proof.Sign(key); err != nil {
		return nil, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all)+len(t.keys) >= maximumProviders && t.all[id] == nil && t.keys[id] == nil {
		return nil, nil, fmt.Errorf("this machine has joined %d service providers, which is all that it does", maximumProviders)
	}
	t.keys[id] = key
	return request, signature, nil
}

// certified keeps what a provider has issued for the key that was made last, and attaches there.
func (t *providers) certified(s live.Stream, message *wire.ProviderCertificate) error {
	id, err := wire.ParseID(message.GetProvider())
	if err != nil {
		return fmt.Errorf("provider: %w", err)
	}
	if len(message.GetCertificate()) == 0 {
		t.setGateways(id, message.GetGateways())
		return nil
	}
	if err := t.keep(id, message); err != nil {
		t.owner.log.Error("the attachment to a service provider is not kept", "provider", string(id), "reason", err.Error())
		t.problem(s, id, err)
	}
	return nil
}

// setGateways keeps where a provider's gateways are now, for the next connections.
func (t *providers) setGateways(id engine.ID, gateways []string) {
	p := t.get(id)
	if p == nil || slices.Equal(gateways, p.directory.Attachment().Brokers) {
		return
	}
	if err := p.directory.SetBrokers(gateways); err != nil {
		p.log.Error("the service provider's new gateways are not kept", "reason", err.Error())
		return
	}
	p.log.Info("the service provider's gateways changed", "gateways", gateways)
}

// problem has the own broker try again later, or say what stands in the way.
func (t *providers) problem(s live.Stream, id engine.ID, err error) {
	s.Send(&wire.Up{Message: &wire.Up_ProviderKey{ProviderKey: &wire.ProviderKey{Provider: wire.IDBytes(id), Problem: machine.Sentence(err.Error())}}})
}

func (t *providers) keep(id engine.ID, message *wire.ProviderCertificate) error {
	attachment := identity.Attachment{Installation: id, Kind: identity.Component, Brokers: message.GetGateways()}
	var err error
	if attachment.ID, err = wire.ParseID(message.GetId()); err != nil {
		return fmt.Errorf("component: %w", err)
	}
	roots, err := identity.ParseRootsDER(message.GetRoots())
	if err != nil {
		return err
	}
	certificate, err := identity.ParseCertificate(message.GetCertificate())
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := t.keys[id]
	if key == nil {
		return errors.New("no key was made for it since this agent was started")
	}
	t.stop(t.all[id], "this machine has joined the service provider anew")
	delete(t.all, id)
	directory, err := identity.Join(t.folder, attachment, roots, key, certificate)
	if err != nil {
		return err
	}
	delete(t.keys, id)
	made, err := newProvider(t.owner, directory)
	if err != nil {
		return err
	}
	t.all[id] = made
	t.start(made)
	t.owner.log.Info("this machine joined a service provider", "provider", string(id), "gateways", attachment.Brokers)
	t.owner.c.tellNews()
	return nil
}

// leave ends what there is with a provider: sessions, attachment, key.
func (t *providers) leave(message *wire.LeaveProvider) error {
	id, err := wire.ParseID(message.GetProvider())
	if err != nil {
		return fmt.Errorf("provider: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.keys, id)
	t.stop(t.all[id], "this installation has left the service provider")
	delete(t.all, id)
	if err := identity.Leave(t.folder, id); err != nil {
		t.owner.log.Error("the key for a service provider stays on the disk; remove it by hand", "provider", string(id), "folder", filepath.Join(t.folder, string(id)), "reason", err.Error())
	}
	t.owner.log.Info("this machine left a service provider", "provider", string(id))
	t.owner.c.tellNews()
	return nil
}

// stop ends a provider's sessions at once, and the rest as soon as the provider knows of that. Called with the lock.
func (t *providers) stop(p *provider, why string) {
	if p == nil {
		return
	}
	p.directory.GiveUp()
	p.sessions.CutAll(why)
	p.end()
}

// ask answers a request of a route with a session at a provider: the own broker has decided for it, and the provider is to offer it.
func (t *providers) ask(s live.Stream, message *wire.ProviderSession) error {
	var parsed [3]engine.ID
	for i, bytes := range [][]byte{message.GetProvider(), message.GetSession(), message.GetRoute()} {
		var err error
		if parsed[i], err = wire.ParseID(bytes); err != nil {
			return fmt.Errorf("a session at a service provider: %w", err)
		}
	}
	lease, err := live.LeaseOf(message.GetLease())
	if err != nil {
		return fmt.Errorf("a session at a service provider: %w", err)
	}
	receives, err := live.LeaseOf(message.GetReceives())
	if err != nil {
		return fmt.Errorf("a session at a service provider: %w", err)
	}
	at := providerSession{provider: parsed[0], session: parsed[1], route: parsed[2], routeName: machine.Shorten(message.GetRouteName()), name: machine.Shorten(message.GetProviderName()), lease: lease, receives: receives}
	t.owner.requests.AskElsewhere(message.GetRequest(), &live.Elsewhere{
		Ask: func(ctx context.Context, request *wire.SessionRequest) (*live.Session, error) {
			made, err := t.request(ctx, s, at, request)
			var witness *live.Witness
			if err == nil {
				if witness = t.owner.sessions.Witness(t.owner.host, made, at.lease, at.receives); witness == nil {
					err = errors.New("this machine has as many sessions as it takes")
					made.Cut(err.Error())
				}
			}
			t.answer(at, err)
			if err != nil {
				return nil, fmt.Errorf("at the service provider %s: %w", at.name, err)
			}
			witness.Remind()
			return made, nil
		},
		Nobody: func(why error) { t.answer(at, why) },
	})
	return nil
}

// providerSession is a session that is to be asked for at a provider.
type providerSession struct {
	provider, session, route engine.ID
	routeName, name          string // of the route, and of the provider
	lease, receives          throttle.Lease
}

// askedSession is one that is being asked for; end gives that up.
type askedSession struct {
	providerSession
	end context.CancelCauseFunc
}

// names are what the own broker calls the route and the provider of a session that is asked for.
func (t *providers) names(session engine.ID) (route, provider string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if asked := t.asked[session]; asked != nil {
		return asked.routeName, asked.name
	}
	return "", ""
}

// answer tells the own broker whether the session is here.
func (t *providers) answer(at providerSession, err error) {
	answer := &wire.OfferAnswer{Session: wire.IDBytes(at.session), Ready: err == nil}
	if err != nil {
		answer.Reason = machine.Sentence(err.Error())
	}
	t.owner.host.Tell(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: answer}})
}

// request asks the provider for the session.
func (t *providers) request(ctx context.Context, s live.Stream, at providerSession, request *wire.SessionRequest) (*live.Session, error) {
	if route, err := wire.ParseID(request.GetRoute()); err != nil || route != at.route {
		return nil, errors.New("the own broker named a session of another route")
	}
	p := t.get(at.provider)
	if p == nil {
		err := errors.New("this machine has no certificate of it; its own broker gets one")
		t.problem(s, at.provider, err)
		return nil, err
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	t.mu.Lock()
	t.asked[at.session] = &askedSession{at, end}
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		delete(t.asked, at.session)
		t.mu.Unlock()
	}()
	p.awaitFirst(ctx)
	// A provider's broker knows the session that was granted by its id; the route is the tenant's business. Of a transfer's number it counts
	// only whether there is one.
	return p.requests.Ask(ctx, &wire.SessionRequest{Route: wire.IDBytes(at.session), Transfer: request.GetTransfer()})
}

// giveUp ends the asking for a session that the own broker takes back.
func (t *providers) giveUp(session []byte, reason string) {
	id, err := wire.ParseID(session)
	if err != nil {
		return // who takes the message says so
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if asked := t.asked[id]; asked != nil {
		asked.end(errors.New(machine.Sentence(reason)))
	}
}
