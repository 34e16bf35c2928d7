package broker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/identity"
	"lockwire/engine/session"
	"lockwire/engine/tenancy"
	"lockwire/engine/wire"
)

const (
	// challengeFor is how long a challenge is good; maximumChallenges is how many of them a tenant has at a time.
	challengeFor      = time.Minute
	maximumChallenges = 256
)

// Challenge gives what a tenant's component has to sign with the key that it made for this installation.
func (s tenancies) Challenge(ctx context.Context, _ *wire.ChallengeRequest) (*wire.ChallengeReply, error) {
	b := s.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	t, err := b.asking(ctx)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for challenge, drawn := range t.challenges {
		if now.Sub(drawn) >= challengeFor {
			delete(t.challenges, challenge)
		}
	}
	if len(t.challenges) >= maximumChallenges {
		return nil, status.Error(codes.ResourceExhausted, "too many components are being added at once; wait a minute and try again")
	}
	var challenge [identity.ProviderChallengeSize]byte
	rand.Read(challenge[:]) // never fails
	t.challenges[challenge] = now
	return &wire.ChallengeReply{Challenge: challenge[:]}, nil
}

// useChallenge uses a challenge up; false where the tenant has no such one. b.mu is held.
func (t *tenant) useChallenge(sent []byte) bool {
	if len(sent) != identity.ProviderChallengeSize {
		return false
	}
	drawn, found := t.challenges[[identity.ProviderChallengeSize]byte(sent)]
	delete(t.challenges, [identity.ProviderChallengeSize]byte(sent))
	return found && time.Since(drawn) < challengeFor
}

// AddComponent makes one of the caller's components known, or gives a known one another key.
func (s tenancies) AddComponent(ctx context.Context, request *wire.AddComponentRequest) (*wire.AddComponentReply, error) {
	b := s.broker
	component, err := wire.ParseID(request.GetComponent())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	tenant, asked, err := b.mayAdd(ctx, request.GetChallenge())
	if err != nil {
		return nil, err
	}
	public, key, err := identity.ParseRequest(request.GetCertificateRequest())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	signed := identity.ProviderKey{Provider: b.installation, Tenant: tenant, Component: component, Challenge: request.GetChallenge()}
	if err := signed.Check(public, request.GetSignature()); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	reply, err := b.addComponent(ctx, tenant, asked, component, key, request.GetCertificateRequest())
	switch {
	case err == nil:
		return reply, nil
	case errors.Is(err, front.ErrKeyNamed):
		return nil, status.Error(codes.InvalidArgument, err.Error())
	case errors.Is(err, errTooManyComponents), errors.Is(err, errTooManyLeft):
		return nil, status.Error(codes.ResourceExhausted, err.Error())
	case errors.Is(err, engine.ErrNotFound):
		return nil, errGone
	}
	b.log.Error("add a tenant's component", "tenant", tenant, "error", err)
	return nil, errRecord
}

// mayAdd tells whether the calling tenant may add a component now, uses its challenge up, and gives the tenant and its key.
func (b *Broker) mayAdd(ctx context.Context, challenge []byte) (engine.ID, engine.KeyID, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, err := b.calling(ctx)
	switch {
	case err != nil:
		return "", engine.KeyID{}, err
	case !t.adding.Allow():
		return "", engine.KeyID{}, status.Error(codes.ResourceExhausted, "this tenant adds too many components at once; wait a minute and try again")
	case !t.useChallenge(challenge):
		return "", engine.KeyID{}, status.Error(codes.InvalidArgument, "the challenge is not known here, was used already or is too old: ask for another one")
	case t.state != engine.TenantActive:
		return "", engine.KeyID{}, status.Error(codes.FailedPrecondition, t.refused)
	}
	return t.ID, t.Key, nil
}

var errTooManyComponents = fmt.Errorf("a tenant has at most %d components at a provider", tenancy.MaximumComponents)

// errTooManyLeft: the components that were revoked stay in the record, as receipts tell of them; so they are bounded, too.
var errTooManyLeft = fmt.Errorf("a tenant has at most %d components at a provider in all its time, those that have left included: ask the provider to add it anew", tenancy.MaximumComponentsEver)

// addComponent writes a tenant's component, and cuts what it had under another key. Asked is the key of the tenant's broker that asks.
func (b *Broker) addComponent(ctx context.Context, of engine.ID, asked engine.KeyID, component engine.ID, key engine.KeyID, request []byte) (*wire.AddComponentReply, error) {
	b.refreshing.Lock()
	defer b.refreshing.Unlock()
	now := b.config.Now()
	row, number, err := b.rowFor(of, component)
	if err != nil {
		return nil, err
	}
	again := row.ID != "" && row.Key == key // its certificate was lost on the way
	var before any
	if row.ID == "" {
		row = engine.Component{ID: engine.NewID(), Revision: 1, Role: engine.Agent, Tags: []string{}, Tenant: of, TenantComponent: component, Joined: now}
	} else {
		before = row
	}
	certificate, err := b.config.Authority.Issue(identity.Component, row.ID, request, now)
	if err != nil {
		return nil, err
	}
	row.Key, row.CertificateExpires = key, certificate.NotAfter
	err = b.config.Store.Write(ctx, func(tx engine.Transaction) error {
		tenant, err := tx.Tenant(ctx, of)
		if err != nil {
			return err
		}
		if tenant.Key != asked { // a link was redeemed since the call was admitted, and all that the key before it had is revoked
			return engine.ErrNotFound
		}
		if !again {
			if err := front.NameKey(ctx, tx, key); err != nil {
				return err
			}
		}
		for ; row.Name == ""; number++ {
			name := fmt.Sprintf("%s %d", tenant.Name, number)
			if _, err := tx.ComponentNamed(ctx, name); errors.Is(err, engine.ErrNotFound) {
				row.Name = name
			} else if err != nil {
				return err
			}
		}
		if err := errors.Join(tx.PutComponent(row), front.ForgetRenewal(tx, row.ID)); err != nil {
			return err
		}
		return engine.AppendChange(tx, engine.AuditEntry{When: now, Who: tenantActor(tenant.Name), What: "tenant.component", Thing: row.Name}, before, row)
	})
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.members[row.ID]; m == nil {
		b.takeIn(row)
	} else {
		b.rekey(m, key, certificate.NotAfter)
	}
	b.changed()
	return &wire.AddComponentReply{Id: wire.IDBytes(row.ID), Certificate: certificate.Raw, Roots: b.config.Authority.Roots().DER()}, nil
}

// rowFor gives a tenant's component as the broker knows it; without an id where it is a new one, which gets its name with the number.
func (b *Broker) rowFor(of, component engine.ID) (row engine.Component, number int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	present := 0
	for _, m := range b.members {
		if m.Tenant != of {
			continue
		}
		number++
		if !m.Revoked.IsZero() {
			continue
		}
		if m.TenantComponent == component {
			return m.Component, 0, nil
		}
		present++
	}
	switch {
	case present >= tenancy.MaximumComponents:
		return row, 0, errTooManyComponents
	case number >= tenancy.MaximumComponentsEver:
		return row, 0, errTooManyLeft
	}
	return row, number + 1, nil
}

// rekey gives a tenant's component another key, and ends what it has under the one before. b.mu is held.
func (b *Broker) rekey(m *member, key engine.KeyID, expires time.Time) {
	before := m.Key
	m.Key, m.CertificateExpires = key, expires
	b.tenantKeysChanged()
	if before == key {
		return
	}
	for _, s := range m.sessions {
		b.step(s, session.Event{Kind: session.CutWanted, Reason: "the tenant's broker has given the component another key"})
	}
	if a := m.attachment; a != nil {
		b.detached(a)
		a.leave(status.Error(codes.Unauthenticated, "the component has another key now"))
		b.leaving[a] = time.Now()
	}
	b.cutTunnels(before, "")
}
