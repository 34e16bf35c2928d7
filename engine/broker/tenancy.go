package broker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

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
	// maximumFollowers is how many streams of one tenant are told its state: a broker whose connection broke leaves one behind for a while.
	maximumFollowers = 8
	// usedEvery is how often followers are told what was used of the quota.
	usedEvery = 5 * time.Second
)

// tenancyAccess says who may call the methods of the Tenancy service.
var tenancyAccess = map[string]front.Access{
	wire.Tenancy_Redeem_FullMethodName:          front.AccessOwnKey,
	wire.Tenancy_Follow_FullMethodName:          front.AccessTenant,
	wire.Tenancy_Challenge_FullMethodName:       front.AccessTenant,
	wire.Tenancy_AddComponent_FullMethodName:    front.AccessTenant,
	wire.Tenancy_AskSession_FullMethodName:      front.AccessTenant,
	wire.Tenancy_RemoveComponent_FullMethodName: front.AccessTenant,
}

// tenancies is the Tenancy service.
type tenancies struct {
	wire.UnimplementedTenancyServer
	broker *Broker
}

var (
	errRecord = status.Error(codes.Unavailable, "the provider's broker cannot use its record at this moment; its log says why")
	errGone   = status.Error(codes.Unauthenticated, "the provider does not know this tenant's key any more: ask for a new link")
)

// errLink is all that whoever redeems a link that is unknown, used, replaced or expired is told: a thief learns nothing of it.
var errLink = errors.New("the link cannot be redeemed: it was used already, has expired, or the provider has made a newer one; ask the provider for a new link")

// Redeem makes the caller's key that of the tenant for whom a link was made: it uses the link up, in one transaction.
func (s tenancies) Redeem(ctx context.Context, request *wire.RedeemRequest) (*wire.RedeemReply, error) {
	b := s.broker
	caller, _ := front.PeerFrom(ctx)
	from := caller.Address.Addr()
	if !b.front.MayRedeem(from, caller.Key) {
		return nil, status.Error(codes.ResourceExhausted, "too many attempts to redeem a link; wait a minute and try again")
	}
	reply, err := b.redeem(ctx, caller.Key, request)
	if err == nil {
		return reply, nil
	}
	b.front.RefusedLink(from, caller.Key)
	b.log.Warn("refused to let a tenant's broker in", "from", from, "reason", err)
	switch {
	case errors.Is(err, errLink):
		return nil, status.Error(codes.PermissionDenied, errLink.Error())
	case errors.Is(err, identity.ErrBadRequest), errors.Is(err, front.ErrKeyNamed):
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return nil, errRecord
}

func (b *Broker) redeem(ctx context.Context, proven engine.KeyID, request *wire.RedeemRequest) (*wire.RedeemReply, error) {
	hash, err := identity.HashLinkSecret(request.GetSecret())
	clear(request.GetSecret())
	if err != nil {
		return nil, errLink
	}
	now := time.Now()
	// The link is checked first: without a valid one, no signature is verified and no certificate made.
	link, _, err := checkedLink(ctx, b.config.Store, hash, now)
	if err != nil {
		return nil, err
	}
	_, key, err := identity.ParseRequest(request.GetCertificateRequest())
	if err != nil {
		return nil, err
	}
	if key != proven {
		return nil, fmt.Errorf("%w: it is for another key than the connection's", identity.ErrBadRequest)
	}
	certificate, err := b.config.Authority.Issue(identity.Tenant, link.Tenant, request.GetCertificateRequest(), now)
	if err != nil {
		return nil, err
	}
	b.refreshing.Lock() // a refresh that read the record before must not bring the old key back
	defer b.refreshing.Unlock()
	var after engine.Tenant
	var revoked []engine.Component
	err = b.config.Store.Write(ctx, func(tx engine.Transaction) error {
		link, before, err := checkedLink(ctx, tx, hash, now)
		if err != nil {
			return err
		}
		link.Used = now
		after = before
		after.Key, after.Linked, after.Confirmed, after.CertificateExpires = key, now, time.Time{}, certificate.NotAfter
		if err := errors.Join(front.NameKey(ctx, tx, key), tx.PutLinkRecord(link), tx.PutTenant(after), front.ForgetRenewal(tx, after.ID)); err != nil {
			return err
		}
		// Who had the old key may have added components of his own.
		if revoked, err = revokeComponents(ctx, tx, after.ID, now); err != nil {
			return err
		}
		return engine.AppendChange(tx, engine.AuditEntry{When: now, Who: tenantActor(after.Name), What: "tenant.redeem", Thing: after.Name}, before, after)
	})
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range revoked {
		if m := b.members[c.ID]; m != nil {
			m.Revoked = c.Revoked
			b.expel(m)
		}
	}
	t := b.tenants[after.ID]
	if t == nil { // it was added a moment ago
		t = newTenant(after)
		b.tenants[after.ID] = t
	}
	b.takeUpTenant(t, after)
	b.tenantKeysChanged()
	b.judgeOne(t)
	b.changed()
	b.log.Info("a tenant has redeemed its link; its fingerprint is to be confirmed", "tenant", after.Name, "fingerprint", key.Fingerprint())
	return &wire.RedeemReply{
		Tenant: wire.IDBytes(after.ID), Installation: wire.IDBytes(b.installation), Certificate: certificate.Raw, Roots: b.config.Authority.Roots().DER(), Gateways: b.gateways(),
	}, nil
}

// checkedLink finds a link that can be redeemed, and its tenant.
func checkedLink(ctx context.Context, from engine.Records, hash [32]byte, now time.Time) (engine.LinkRecord, engine.Tenant, error) {
	link, err := from.LinkRecord(ctx, hash)
	if errors.Is(err, engine.ErrNotFound) {
		return link, engine.Tenant{}, errLink
	}
	if err != nil {
		return link, engine.Tenant{}, err
	}
	if identity.CheckLink(link, hash, now) != nil {
		return link, engine.Tenant{}, errLink
	}
	tenant, err := from.Tenant(ctx, link.Tenant)
	if err == nil && tenant.Key != (engine.KeyID{}) && !link.Replace {
		err = errLink
	}
	return link, tenant, err
}

// revokeComponents revokes all components of a tenant.
func revokeComponents(ctx context.Context, tx engine.Transaction, tenant engine.ID, now time.Time) (revoked []engine.Component, err error) {
	components, err := tx.Components(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range components {
		if c.Tenant != tenant || !c.Revoked.IsZero() {
			continue
		}
		c.Revoked = now
		if err := tx.PutComponent(c); err != nil {
			return nil, err
		}
		revoked = append(revoked, c)
	}
	return revoked, nil
}

// tenantActor is how the audit names a tenant.
func tenantActor(name string) engine.Actor { return engine.Actor("tenant " + name) }

// calling gives the tenant that calls, as it is now. b.mu is held.
func (b *Broker) calling(ctx context.Context) (*tenant, error) {
	caller, _ := front.PeerFrom(ctx)
	t := b.tenants[caller.ID]
	if t == nil || t.Key != caller.Key {
		return nil, errGone
	}
	return t, nil
}

// asking is calling for what a tenant can ask for again and again. b.mu is held.
func (b *Broker) asking(ctx context.Context) (*tenant, error) {
	t, err := b.calling(ctx)
	if err == nil && !t.calling.Allow() {
		return nil, status.Error(codes.ResourceExhausted, "this tenant asks too often; wait a moment and try again")
	}
	return t, err
}

// Follow tells a tenant's broker how far its tenant is, at once and whenever that changes, until the certificate ends.
func (s tenancies) Follow(_ *wire.FollowRequest, stream grpc.ServerStreamingServer[wire.TenancyState]) error {
	b, ctx := s.broker, stream.Context()
	caller, _ := front.PeerFrom(ctx)
	if err := b.follow(ctx); err != nil {
		return err
	}
	defer b.unfollow(caller.ID)
	expiry := time.NewTimer(time.Until(caller.CertificateExpires))
	defer expiry.Stop()
	figures := time.NewTicker(usedEvery)
	defer figures.Stop()
	var told *wire.TenancyState
	for {
		b.mu.Lock()
		t, err := b.calling(ctx)
		if err != nil {
			b.mu.Unlock()
			return err
		}
		state, changed := b.tenancyState(t), t.changed
		b.mu.Unlock()
		if !proto.Equal(told, state) {
			if err := stream.Send(state); err != nil {
				return err
			}
			told = state
		}
		select {
		case <-changed:
		case <-figures.C:
		case <-expiry.C:
			return status.Error(codes.Unauthenticated, "the certificate has expired: renew it and follow again")
		case <-b.stopping:
			return status.Error(codes.Unavailable, "the broker stops")
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
}

func (b *Broker) follow(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, err := b.calling(ctx)
	if err != nil {
		return err
	}
	if t.followers >= maximumFollowers {
		return status.Error(codes.ResourceExhausted, "this tenant is followed over too many connections already; try again in a minute")
	}
	t.followers++
	b.changed()
	return nil
}

func (b *Broker) unfollow(tenant engine.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.tenants[tenant]; t != nil {
		t.followers--
		b.changed()
	}
}

var tenantStates = map[engine.TenantState]wire.TenantState{
	engine.TenantPending: wire.TenantState_TENANT_STATE_PENDING, engine.TenantActive: wire.TenantState_TENANT_STATE_ACTIVE,
	engine.TenantDisabled: wire.TenantState_TENANT_STATE_DISABLED, engine.TenantEnded: wire.TenantState_TENANT_STATE_ENDED,
}

// tenancyState is what a tenant's broker is told. b.mu is held.
func (b *Broker) tenancyState(t *tenant) *wire.TenancyState {
	zone := b.present.zone
	state := &wire.TenancyState{State: tenantStates[tenancy.StateAt(&t.Tenant, b.config.Now(), zone)], Quota: t.Quota, Used: t.Used, Gateways: b.gateways()}
	for _, id := range t.Services {
		if service := b.present.services[id]; service != nil {
			state.Services = append(state.Services, &wire.TenantService{Id: wire.IDBytes(id), Name: service.Name})
		}
	}
	if t.Limit != nil {
		state.Limit = proto.Uint64(t.Limit.BytesPerSecond())
	}
	if t.Until != nil {
		state.Until = wire.Milliseconds(t.Until.End(zone))
	}
	return state
}

// gateways are where tenants reach the gateways: what an administrator has said, else where the gateways say that they can be dialled.
// b.mu is held.
func (b *Broker) gateways() []string {
	if len(b.present.gateways) > 0 {
		return b.present.gateways
	}
	var gateways []string
	for _, m := range b.membersByName() {
		if m.Role != engine.ProviderGateway || m.Tenant != "" || !m.Revoked.IsZero() {
			continue
		}
		for _, endpoint := range m.Report.Endpoints {
			if len(gateways) < identity.MaxBrokerAddresses && !endpoint.Addr().IsLoopback() {
				gateways = append(gateways, endpoint.String())
			}
		}
	}
	return gateways
}

// Gateways are where tenants reach the gateways, HOST:PORT.
func (b *Broker) Gateways() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.gateways())
}

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
	now := time.Now()
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

// AskSession grants a session of one of the caller's components to a service.
func (s tenancies) AskSession(ctx context.Context, request *wire.AskSessionRequest) (*wire.AskSessionReply, error) {
	component, err := wire.ParseID(request.GetComponent())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	service, err := wire.ParseID(request.GetService())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	b := s.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	t, err := b.asking(ctx)
	if err != nil {
		return nil, err
	}
	b.judgeOne(t) // its last day may have ended this moment
	now := b.config.Now()
	for id, granted := range t.grants {
		if !now.Before(granted.expires) {
			delete(t.grants, id)
		}
	}
	m, held := b.members[component], b.present.services[service]
	switch {
	case t.refused != "":
		return nil, status.Error(codes.FailedPrecondition, t.refused)
	case m == nil || m.Tenant != t.ID || !m.Revoked.IsZero():
		return nil, status.Error(codes.NotFound, "the provider knows no such component of this tenant")
	case held == nil || !slices.Contains(t.Services, service):
		return nil, status.Error(codes.NotFound, serviceNotHeld)
	case !b.members[held.Target].online():
		return nil, status.Error(codes.Unavailable, notReached)
	case len(t.grants) >= maximumGrants, t.live >= maximumTenantSessions:
		return nil, status.Error(codes.ResourceExhausted, tenantTooBusy)
	}
	id := engine.NewID()
	t.grants[id] = grant{component: m.ID, service: service, expires: now.Add(grantFor)}
	return &wire.AskSessionReply{Session: wire.IDBytes(id)}, nil
}
