package broker

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"lockwire/engine"
	"lockwire/engine/wire"
)

const (
	// joinsAtOnce bounds how many components join providers at a time.
	joinsAtOnce = 16
	// joinAgain is how long after a failure the next try is, where nothing has changed meanwhile.
	joinAgain = time.Minute
	// providerKeyWithin is how long a component may take to make a key.
	providerKeyWithin = 30 * time.Second
	// readyWithin is how long a request for a session waits until its component has joined. The provider is asked for the session then, and
	// the component waits for both.
	readyWithin = 8 * time.Second
)

// joining is a component's way into a provider.
type joining struct {
	underWay bool
	// problem says why the last try failed; empty where it did not. At is when it ended.
	problem string
	at      time.Time
}

// wantJoining asks for a look at which components have to join or leave a provider. It never waits.
func (b *Broker) wantJoining() {
	select {
	case b.joins <- struct{}{}:
	default:
	}
}

// joinWhenWanted has components join the providers to which their routes lead, and leave those to which none does any more.
func (b *Broker) joinWhenWanted(ctx context.Context) {
	var group errgroup.Group
	group.SetLimit(joinsAtOnce)
	defer group.Wait() // none of them gives an error
	again := time.NewTicker(joinAgain)
	defer again.Stop()
	for {
		joins, leaves := b.lookAtProviders(time.Now())
		for _, leave := range leaves {
			group.Go(func() error {
				b.leave(ctx, leave)
				return nil
			})
		}
		for _, wanted := range joins {
			group.Go(func() error {
				b.join(ctx, wanted)
				return nil
			})
		}
		select {
		case <-b.joins:
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// wantedJoin is a component that is to join a provider.
type wantedJoin struct {
	provider engine.ID
	tenant   engine.ID
	from     *attachment
}

// wantedLeave is a component that a provider is to forget.
type wantedLeave struct{ provider, component, remote engine.ID }

// lookAtProviders gives who is to join, and who is to be forgotten: a component without a route to a provider, and without a session there,
// or one that was revoked. One that is attached is told so first.
func (b *Broker) lookAtProviders(now time.Time) (joins []wantedJoin, leaves []wantedLeave) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.members {
		if !m.online() || len(b.providers) == 0 && len(m.attachment.providers) == 0 {
			continue
		}
		wanted := b.providersOf(m)
		for provider := range m.attachment.providers {
			if wanted[provider] || b.carriesFor(m, provider) {
				continue
			}
			b.leaveProvider(m, provider)
		}
		for provider := range wanted {
			state := b.providers[provider]
			if state == nil || state.joined[m.ID] != "" && m.attachment.providers[provider] || b.tenancies.Status(provider).State != engine.TenantActive {
				continue
			}
			if !state.mayTry(m.ID, now) {
				continue
			}
			state.joining[m.ID] = &joining{underWay: true}
			joins = append(joins, wantedJoin{provider, state.Tenant, m.attachment})
		}
	}
	for provider, state := range b.providers {
		for component, remote := range state.joined {
			m := b.members[component]
			if m != nil && m.Revoked.IsZero() && (b.providersOf(m)[provider] || b.carriesFor(m, provider)) || !state.mayTry(component, now) || !b.tenancies.Status(provider).Connected {
				continue
			}
			state.joining[component] = &joining{underWay: true}
			leaves = append(leaves, wantedLeave{provider, component, remote})
		}
	}
	return joins, leaves
}

// mayTry tells whether a component can be made to join or leave now: nothing is under way, and nothing has failed a moment ago. Broker.mu is
// held.
func (p *providerState) mayTry(component engine.ID, now time.Time) bool {
	try := p.joining[component]
	return try == nil || !try.underWay && (try.problem == "" || now.Sub(try.at) >= joinAgain)
}

// leave has a provider forget a component, and forgets that it had joined. Where the provider cannot be asked now it is tried again.
func (b *Broker) leave(ctx context.Context, wanted wantedLeave) {
	err := b.tenancies.RemoveComponent(ctx, wanted.provider, wanted.remote)
	if err == nil {
		err = b.forgetJoined(ctx, wanted.provider, wanted.component)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if state := b.providers[wanted.provider]; state != nil {
		state.joining[wanted.component] = &joining{at: time.Now()}
		if err != nil {
			state.joining[wanted.component].problem = err.Error()
		}
	}
	if err != nil && ctx.Err() == nil {
		b.log.Warn("a provider still knows a component that has left or was revoked; it is tried again", "component", wanted.component, "provider", wanted.provider, "reason", err)
	}
}

// providersOf are the providers to which enabled routes of a source lead. b.mu is held.
func (b *Broker) providersOf(m *member) map[engine.ID]bool {
	var wanted map[engine.ID]bool
	for i := range b.present.routesOf[m.ID] {
		service := b.present.services[b.present.routesOf[m.ID][i].Service]
		if service == nil || service.Provider == "" {
			continue
		}
		if wanted == nil {
			wanted = map[engine.ID]bool{}
		}
		wanted[service.Provider] = true
	}
	return wanted
}

// carriesFor tells whether a component has sessions at a provider. b.mu is held.
func (b *Broker) carriesFor(m *member, provider engine.ID) bool {
	for _, s := range m.sessions {
		if s.shown.Provider == provider {
			return true
		}
	}
	return false
}

// join has a component join a provider.
func (b *Broker) join(ctx context.Context, wanted wantedJoin) {
	err := b.joinProvider(ctx, wanted)
	b.mu.Lock()
	defer b.mu.Unlock()
	m := wanted.from.member
	if state := b.providers[wanted.provider]; state != nil {
		try := &joining{at: time.Now()}
		state.joining[m.ID] = try
		if err != nil {
			try.problem = err.Error()
			b.log.Warn("a component has not joined a provider", "component", m.Name, "provider", state.Name, "reason", err)
		} else {
			b.log.Info("a component has joined a provider", "component", m.Name, "provider", state.Name)
		}
		state.notify()
	}
	b.changed()
}

// joinProvider asks the component for a key, and the provider for a certificate for it.
func (b *Broker) joinProvider(ctx context.Context, wanted wantedJoin) error {
	challenge, err := b.tenancies.Challenge(ctx, wanted.provider)
	if err != nil {
		return err
	}
	key, err := b.askProviderKey(ctx, wanted, challenge)
	if err != nil {
		return err
	}
	m := wanted.from.member
	joined, err := b.tenancies.AddComponent(ctx, wanted.provider, m.ID, key)
	if err != nil {
		return err
	}
	// A refresh that read the record before must not drop it again.
	b.refreshing.Lock()
	defer b.refreshing.Unlock()
	if err := b.config.Store.Write(ctx, func(tx engine.Transaction) error {
		return tx.PutProviderComponent(engine.ProviderComponent{Provider: wanted.provider, Component: m.ID, Remote: joined.ID, Joined: b.config.Now().UTC()})
	}); err != nil {
		return fmt.Errorf("keep that it has joined: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	state := b.providers[wanted.provider]
	if state == nil {
		return fmt.Errorf("the provider was removed meanwhile")
	}
	state.joined[m.ID] = joined.ID
	if m.attachment != wanted.from {
		return fmt.Errorf("it lost its connection to the broker before it had the provider's certificate; it is asked again")
	}
	m.attachment.providers[wanted.provider] = true
	b.send(m, &wire.Down{Message: &wire.Down_ProviderCertificate{ProviderCertificate: &wire.ProviderCertificate{
		Provider: wire.IDBytes(wanted.provider), Id: wire.IDBytes(joined.ID), Certificate: joined.Certificate, Roots: joined.Roots, Gateways: b.tenancies.Gateways(wanted.provider),
	}}})
	return nil
}

// askProviderKey has a component make a key for a provider, and sign the provider's challenge with it.
func (b *Broker) askProviderKey(ctx context.Context, wanted wantedJoin, challenge []byte) (*wire.ProviderKey, error) {
	answer := make(chan *wire.ProviderKey, 1)
	a := wanted.from
	b.mu.Lock()
	if a.member.attachment != a {
		b.mu.Unlock()
		return nil, engine.ErrOffline
	}
	a.providerKeys[wanted.provider] = answer
	b.send(a.member, &wire.Down{Message: &wire.Down_JoinProvider{JoinProvider: &wire.JoinProvider{
		Provider: wire.IDBytes(wanted.provider), Tenant: wire.IDBytes(wanted.tenant), Challenge: challenge, Gateways: b.tenancies.Gateways(wanted.provider),
	}}})
	b.mu.Unlock()
	key, err := await(ctx, answer, providerKeyWithin)
	b.mu.Lock()
	if a.providerKeys[wanted.provider] == answer {
		delete(a.providerKeys, wanted.provider)
	}
	b.mu.Unlock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("it made no key: %w", err)
	case key.GetProblem() != "":
		return nil, fmt.Errorf("it made no key: %s", reasonText(key.GetProblem()))
	case !bytes.Equal(key.GetChallenge(), challenge):
		return nil, fmt.Errorf("it signed something else than it was asked to")
	}
	return key, nil
}

// takeProviderKey passes a component's key for a provider to who waits for it.
func (b *Broker) takeProviderKey(a *attachment, message *wire.ProviderKey) error {
	provider, err := wire.ParseID(message.GetProvider())
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if answer, waiting := a.providerKeys[provider]; waiting {
		delete(a.providerKeys, provider)
		answer <- message
	}
	return nil
}

// forgetJoined forgets that a component has joined a provider.
func (b *Broker) forgetJoined(ctx context.Context, provider, component engine.ID) error {
	b.refreshing.Lock()
	defer b.refreshing.Unlock()
	if err := b.config.Store.Write(ctx, func(tx engine.Transaction) error { return tx.RemoveProviderComponent(provider, component) }); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if state := b.providers[provider]; state != nil {
		delete(state.joined, component)
	}
	b.changed()
	return nil
}

// awaitReady waits until nothing is in the way of a route to a provider that a moment is likely to change.
func (b *Broker) awaitReady(ctx context.Context, r request) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		news := b.newsOf(r)
		if news == nil {
			return
		}
		select {
		case <-news:
		case <-r.from.ended:
			return
		case <-ctx.Done():
			return
		}
	}
}

// newsOf is closed when what is in the way of a request may be over; nil where nothing is that a moment is likely to change.
func (b *Broker) newsOf(r request) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := r.from.member
	route := b.present.routes[r.route]
	if m.Tenant != "" || route == nil || m.attachment != r.from || b.mayAsk(r, route) != nil {
		return nil
	}
	service := b.present.services[route.Service]
	if service == nil || b.providers[service.Provider] == nil {
		return nil
	}
	state := b.providers[service.Provider]
	if _, passing := b.readiness(state, m, service.Remote); !passing {
		return nil
	}
	return state.news
}
