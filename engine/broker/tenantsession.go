package broker

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/tenancy"
	"lockwire/engine/wire"
)

const (
	// grantFor is how long a tenant's component has to ask for a session that its broker was granted.
	grantFor = 30 * time.Second
	// maximumGrants is how many of them one tenant has at a time.
	maximumGrants = 1024
)

// grant is a session that a tenant's broker asked for and its component has not asked for yet.
type grant struct {
	component, service engine.ID
	expires            time.Time
}

// What a tenant's component reads where nothing may be said of this installation's network.
const (
	noSuchGrant    = "the provider knows no such session: it was not granted, or that was too long ago"
	notReached     = "the provider's repository is not reachable at this moment; the provider's administrator can see why"
	endedByOthers  = "the provider has ended the session; its administrator can see why"
	tenantMaySee   = "the provider could not make the session; its administrator can see why"
	tenantGone     = "the provider counts this component's key no more: its tenant was removed there, or linked anew"
	tenantTooBusy  = "as many sessions run as the provider allows at a time"
	recordNotKept  = "the provider cannot keep its record at this moment, and a session without one does not begin"
	serviceNotHeld = "the provider does not let this tenant use the service, or has no such one"
)

// toTenant gives the words that a component is told: to a tenant's, why its own tenant may not go on, and nothing of this installation's
// network and people. b.mu is held.
func (b *Broker) toTenant(m *member, reason, otherwise string) string {
	if m.Tenant == "" {
		return reason
	}
	if reason == tenantGone {
		return reason
	}
	if t := b.tenants[m.Tenant]; t != nil {
		if refused := tenancy.Refusal(&t.Tenant, b.config.Now(), b.present.zone); refused != "" {
			return refused
		}
	}
	switch reason {
	case noSuchGrant, notReached, tenantTooBusy, recordNotKept, serviceNotHeld, session.ReasonIdle, session.ReasonNever, session.ReasonAgeCap, session.ReasonUnanswered, session.ReasonUnused:
		return reason
	}
	return otherwise
}

// errForTenant is a refusal whose reason a tenant's component may read as it stands.
type errForTenant struct{ errRefused }

// Unwrap gives the refusal.
func (e *errForTenant) Unwrap() error { return &e.errRefused }

// tenantCap is the limit that all sessions of a tenant draw on; nil where there is none.
func tenantCap(t *engine.Tenant) *engine.Cap {
	if t.Limit == nil {
		return nil
	}
	return &engine.Cap{Rule: tenantLabel(t), Tenant: t.ID, Value: t.Limit.Value, Unit: t.Limit.Unit}
}

// tenantLabel is what stands for a route in a tenant's sessions.
func tenantLabel(t *engine.Tenant) string { return "tenant " + t.Name }

// withCap adds a limit to those of a decision, the lowest first. Nil is none.
func withCap(decision *engine.SessionDecision, limit *engine.Cap) {
	if limit == nil {
		return
	}
	for _, caps := range []*[]engine.Cap{&decision.CapsToTarget, &decision.CapsToSource} {
		at := 0
		for at < len(*caps) && (*caps)[at].Limit().BytesPerSecond() <= limit.Limit().BytesPerSecond() {
			at++
		}
		*caps = slices.Insert(slices.Clone(*caps), at, *limit)
	}
}

// gatherGranted reads, in one step, all that the session of a tenant's component needs. b.mu is held.
func (b *Broker) gatherGranted(r request, p *prepared, names engine.Names) (_ *prepared, source, target engine.Component, _ engine.Names, err error) {
	m := r.from.member
	source = m.Component
	t := b.tenants[m.Tenant]
	if t == nil || m.attachment != r.from || !m.online() {
		return p, source, target, names, refuse(noSuchGrant)
	}
	granted, found := t.grants[r.route]
	if !found || granted.component != m.ID || !b.config.Now().Before(granted.expires) {
		return p, source, target, names, refuse(noSuchGrant)
	}
	delete(t.grants, r.route) // it is used up, whatever becomes of it
	p.direction, p.linger, p.streams = engine.Push, b.present.linger(nil), (&engine.Route{}).StreamsUnder(&b.present.settings)
	p.shown = engine.Session{
		ID: r.route, Route: r.route, RouteName: tenantLabel(&t.Tenant), Source: m.ID, SourceName: m.Name, Began: b.config.Now().UTC(), Test: r.transfer != 0,
		Tenant: t.ID, TenantName: t.Name,
	}
	p.service, p.cap = granted.service, tenantCap(&t.Tenant)
	service := b.present.services[granted.service]
	if service == nil || !slices.Contains(t.Services, granted.service) {
		return p, source, target, names, refuse(serviceNotHeld)
	}
	p.shown.ServiceName, p.shown.Backend, p.shown.Target = service.Name, service.Backend, service.Target
	other := b.members[service.Target]
	if other == nil || other.Tenant != "" || !other.online() {
		return p, source, target, names, refuse(notReached)
	}
	target, p.shown.TargetName = other.Component, other.Name
	p.target = other.attachment
	asService := engine.Component{Name: service.Name, Report: other.Report} // a tenant does not hear what its provider's machines are called
	switch {
	case t.refused != "":
		return p, source, target, names, &errRefused{t.refused}
	case other.Draining() != nil:
		return p, source, target, names, &errRefused{other.RefusesWords()}
	case len(other.Report.Endpoints) == 0:
		return p, source, target, names, refuse(notReached)
	case engine.OtherChannelVersion(&m.Component, &asService) != "":
		return p, source, target, names, &errForTenant{errRefused{engine.OtherChannelVersion(&m.Component, &asService)}}
	case t.live >= maximumTenantSessions, len(m.sessions) >= wire.MaximumLiveSessions || len(other.sessions) >= wire.MaximumLiveSessions:
		return p, source, target, names, refuse(tenantTooBusy)
	}
	return p, source, target, names, nil
}

// prepareGranted decides for a tenant's session. It is sealed; anything else is refused here, too, whatever made it so.
func (b *Broker) prepareGranted(p *prepared, source, target *engine.Component, names engine.Names, err error) (*prepared, error) {
	from := source.Party()
	from.Foreign = true // whatever the row says
	p.shown.Decision = p.configuration.compiled.DecideSession(from, target.Party(), p.direction, false, netip.Addr{}, p.shown.Began, names, b.liveUnder)
	withCap(&p.shown.Decision, p.cap)
	if err != nil {
		return p, err
	}
	if p.shown.Decision.Mode != engine.Sealed || p.shown.Decision.By != engine.ByProviderGateway {
		return p, refuse("a tenant's session is sealed, and this one was to be %s", p.shown.Decision.Mode)
	}
	p.cipher = cipherFor(&source.Report, &target.Report)
	p.shown.Cipher = p.cipher
	if b.record.Problem() != "" {
		return p, refuse(recordNotKept)
	}
	return p, nil
}

// redecidedTenant looks whether a tenant's session may still take new flows. b.mu is held.
func (b *Broker) redecidedTenant(s *live, present *configuration) {
	s.shown.Stale, s.shown.Now = false, nil
	t := b.tenants[s.shown.Tenant]
	held, there := false, false
	for id, service := range present.services {
		if service.Target == s.shown.Target && service.Backend == s.shown.Backend {
			there = true
			held = held || t != nil && slices.Contains(t.Services, id)
		}
	}
	switch drains := s.draining(); {
	case !held && there && s.open():
		b.step(s, session.Event{Kind: session.CutWanted, Reason: serviceNotHeld})
		b.cutTunnels(engine.KeyID{}, s.shown.ID) // a component that does not read must not go on
	case !held:
		b.retire(s, "the service leads elsewhere now")
	case drains != nil:
		b.retireForDrain(s, drains)
	}
}

// tenantReport is what counts of what a tenant's component says of itself: its versions and what the cipher is chosen by.
func tenantReport(report engine.Report) engine.Report {
	return engine.Report{
		Version: report.Version, ChannelVersion: report.ChannelVersion, Processor: engine.Processor{AES: report.Processor.AES}, FIPS: report.FIPS, ProvableErasure: report.ProvableErasure,
	}
}

// fromTenant tells whether a message of a tenant's component counts. It is source of its tenant's sessions and nothing else.
func fromTenant(up *wire.Up) bool {
	switch up.GetMessage().(type) {
	case *wire.Up_Hello, *wire.Up_Report, *wire.Up_OneTimeKeys, *wire.Up_SessionRequest, *wire.Up_OfferAnswer, *wire.Up_Stats, *wire.Up_KeyDestroyed, *wire.Up_SessionEnded, *wire.Up_LeasesInForce:
		return true
	}
	return false
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
