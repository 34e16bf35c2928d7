package broker

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/broker/providers"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// otherInstallation is a service provider's: its broker speaks the real protocol with an authority of its own. What it decides is the
// test's.
type otherInstallation struct {
	wire.UnimplementedTenancyServer
	wire.UnimplementedEnrolmentServer
	t         *testing.T
	authority *identity.Authority
	verifier  *identity.Verifier
	network   *network
	link      identity.Link
	tenant    engine.ID
	service   engine.ID

	mu         sync.Mutex
	state      *wire.TenancyState
	changed    chan struct{} // closed, and replaced, when state changes
	redeemed   []byte        // the secret; nil before
	keys       map[engine.KeyID]bool
	challenges map[string]bool
	components map[engine.ID]engine.ID // ids here, by the tenant's
	asked      []engine.ID             // services of which a session was asked
	sessions   []engine.ID             // ids that the next questions are given; new ones where there is none
	refusal    error                   // of the next questions
	down       bool                    // the gateway is not there
}

const theGateway = "gateway.example:6180"

func newProvider(t *testing.T) *otherInstallation {
	o := &otherInstallation{
		t: t, authority: must(identity.NewAuthority(engine.NewID(), time.Now().Add(-time.Hour))), network: newNetwork(), tenant: engine.NewID(), service: engine.NewID(),
		changed: make(chan struct{}), keys: map[engine.KeyID]bool{}, challenges: map[string]bool{}, components: map[engine.ID]engine.ID{},
	}
	o.verifier = identity.NewVerifier(o.authority.Roots, time.Now)
	o.link = must(identity.NewLink(o.authority.Pin(), o.authority.Installation(), []string{theGateway}))
	o.state = &wire.TenancyState{State: wire.TenantState_TENANT_STATE_PENDING, Services: []*wire.TenantService{{Id: wire.IDBytes(o.service), Name: "restic"}}}
	server := grpc.NewServer(grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: wire.KeepAlive / 4, PermitWithoutStream: true}), grpc.Creds(credentials.NewTLS(identity.BrokerServerConfig(must(identity.NewBrokerCertificate(o.authority, time.Now))))))
	wire.RegisterTenancyServer(server, o)
	wire.RegisterEnrolmentServer(server, o)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(o.network)
	}()
	t.Cleanup(func() {
		server.Stop()
		<-served
	})
	return o
}

// dial is the way through the gateway, without the tunnel.
func (o *otherInstallation) dial(_ context.Context, gateway string, as providers.Credentials) (net.Conn, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down || gateway != theGateway {
		return nil, errors.New("connection refused")
	}
	if certificate, err := as.Certificate(); err != nil || len(certificate.Certificate) == 0 {
		return nil, errors.New("no certificate is shown to the gateway")
	}
	return o.network.dial("198.51.100.9")
}

// say changes what the provider says of its tenant.
func (o *otherInstallation) say(change func(*wire.TenancyState)) {
	o.mu.Lock()
	change(o.state)
	close(o.changed)
	o.changed = make(chan struct{})
	o.mu.Unlock()
}

func (o *otherInstallation) activate() {
	o.say(func(s *wire.TenancyState) { s.State = wire.TenantState_TENANT_STATE_ACTIVE })
}

func (o *otherInstallation) caller(ctx context.Context) (identity.Peer, error) {
	p, _ := peer.FromContext(ctx)
	info, _ := p.AuthInfo.(credentials.TLSInfo)
	who, err := o.verifier.Identify(info.State).Tenant()
	if err != nil {
		return who, status.Error(codes.Unauthenticated, err.Error())
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if who.ID != o.tenant || !o.keys[who.KeyID] {
		return who, status.Error(codes.PermissionDenied, "the key counts no more")
	}
	return who, nil
}

func (o *otherInstallation) Redeem(_ context.Context, request *wire.RedeemRequest) (*wire.RedeemReply, error) {
	hash, err := identity.HashLinkSecret(request.GetSecret())
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil || hash != o.link.Hash() || o.redeemed != nil {
		return nil, status.Error(codes.PermissionDenied, "the link is not known here")
	}
	o.redeemed = request.GetSecret()
	certificate, err := o.authority.Issue(identity.Tenant, o.tenant, request.GetCertificateRequest(), time.Now())
	if err != nil {
		return nil, err
	}
	o.keys[keyIDOf(certificate)] = true
	return &wire.RedeemReply{
		Tenant: wire.IDBytes(o.tenant), Installation: wire.IDBytes(o.authority.Installation()), Certificate: certificate.Raw, Roots: o.authority.Roots().DER(), Gateways: []string{theGateway},
	}, nil
}

func (o *otherInstallation) Renew(ctx context.Context, request *wire.RenewRequest) (*wire.RenewReply, error) {
	if _, err := o.caller(ctx); err != nil {
		return nil, err
	}
	certificate, err := o.authority.Issue(identity.Tenant, o.tenant, request.GetCertificateRequest(), time.Now())
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keys[keyIDOf(certificate)] = true
	return &wire.RenewReply{Certificate: certificate.Raw, Roots: o.authority.Roots().DER()}, nil
}

func (o *otherInstallation) Follow(_ *wire.FollowRequest, stream grpc.ServerStreamingServer[wire.TenancyState]) error {
	if _, err := o.caller(stream.Context()); err != nil {
		return err
	}
	for {
		o.mu.Lock()
		state, changed := &wire.TenancyState{
			State: o.state.State, Services: o.state.Services, Limit: o.state.Limit, Quota: o.state.Quota, Used: o.state.Used, Until: o.state.Until, Gateways: o.state.Gateways,
		}, o.changed
		o.mu.Unlock()
		if err := stream.Send(state); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

func (o *otherInstallation) Challenge(ctx context.Context, _ *wire.ChallengeRequest) (*wire.ChallengeReply, error) {
	if _, err := o.caller(ctx); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	challenge := make([]byte, identity.ProviderChallengeSize)
	challenge[0] = byte(len(o.challenges) + 1)
	o.challenges[string(challenge)] = true
	return &wire.ChallengeReply{Challenge: challenge}, nil
}

func (o *otherInstallation) AddComponent(ctx context.Context, request *wire.AddComponentRequest) (*wire.AddComponentReply, error) {
	if _, err := o.caller(ctx); err != nil {
		return nil, err
	}
	public, _, err := identity.ParseRequest(request.GetCertificateRequest())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	component := must(wire.ParseID(request.GetComponent()))
	signed := identity.ProviderKey{Provider: o.authority.Installation(), Tenant: o.tenant, Component: component, Challenge: request.GetChallenge()}
	if err := signed.Check(public, request.GetSignature()); err != nil || !o.challenges[string(request.GetChallenge())] {
		return nil, status.Error(codes.PermissionDenied, "the challenge or its signature does not count")
	}
	delete(o.challenges, string(request.GetChallenge()))
	id := engine.NewID()
	o.components[component] = id
	certificate := must(o.authority.Issue(identity.Component, id, request.GetCertificateRequest(), time.Now()))
	return &wire.AddComponentReply{Id: wire.IDBytes(id), Certificate: certificate.Raw, Roots: o.authority.Roots().DER()}, nil
}

func (o *otherInstallation) RemoveComponent(ctx context.Context, request *wire.RemoveComponentRequest) (*wire.RemoveComponentReply, error) {
	if _, err := o.caller(ctx); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for component, id := range o.components {
		if string(wire.IDBytes(id)) == string(request.GetComponent()) {
			delete(o.components, component)
		}
	}
	return &wire.RemoveComponentReply{}, nil
}

// known is how many components the provider knows.
func (o *otherInstallation) known() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.components)
}

func (o *otherInstallation) AskSession(ctx context.Context, request *wire.AskSessionRequest) (*wire.AskSessionReply, error) {
	if _, err := o.caller(ctx); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refusal != nil {
		return nil, o.refusal
	}
	known := false
	for _, id := range o.components {
		known = known || string(wire.IDBytes(id)) == string(request.GetComponent())
	}
	if !known {
		return nil, status.Error(codes.NotFound, "no such component")
	}
	o.asked = append(o.asked, must(wire.ParseID(request.GetService())))
	id := engine.NewID()
	if len(o.sessions) > 0 {
		id, o.sessions = o.sessions[0], o.sessions[1:]
	}
	return &wire.AskSessionReply{Session: wire.IDBytes(id)}, nil
}

// tenantOf is an installation that is a tenant, with a component that has a route to its provider.
type tenantOf struct {
	*installation
	other  *otherInstallation
	source *holder
	route  engine.Route
}

// beTenant makes the installation a tenant of a provider, pending still.
func (i *installation) beTenant(other *otherInstallation) engine.Provider {
	i.t.Helper()
	p, err := i.broker.RedeemLink(i.t.Context(), other.link)
	if err != nil {
		i.t.Fatal(err)
	}
	p.Name, p.Revision = "Vault Ltd", 1
	i.write(func(tx engine.Transaction) error { return tx.PutProvider(p) })
	return p
}

// withProvider makes a provider that the installation can reach.
func (i *installation) withProvider(t *testing.T) *otherInstallation {
	other := newProvider(t)
	i.config.ProvidersFolder = filepath.Join(t.TempDir(), "providers")
	i.config.DialProvider = other.dial
	return other
}

// inTenancy runs a test with an installation whose one source has a route to a provider that has confirmed it.
func inTenancy(t *testing.T, test func(t *testing.T, y *tenantOf)) {
	t.Helper()
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		other := i.withProvider(t)
		i.start()
		defer func() { i.stop() }()
		y := &tenantOf{installation: i, other: other}
		p := i.beTenant(other)
		other.activate()
		y.source = i.component("fileserver", "10.0.0.2")
		service := engine.Service{ID: engine.NewID(), Revision: 1, Name: "copies", Provider: p.ID, Remote: other.service}
		y.route = engine.Route{ID: engine.NewID(), Name: "copies", Sources: []engine.ID{y.source.id}, Listen: "127.0.0.1:9000", Service: service.ID, Direction: engine.Push, Enabled: true}
		i.write(func(tx engine.Transaction) error { return errors.Join(tx.PutService(service), tx.PutRoute(y.route)) })
		test(t, y)
	})
}

// join answers the own broker's wish that the component joins the provider, and gives the certificate that came of it.
func (y *tenantOf) join(a *agent) *wire.ProviderCertificate {
	y.t.Helper()
	y.giveKey(a, one(a, (*wire.Down).GetJoinProvider))
	return one(a, (*wire.Down).GetProviderCertificate)
}

func (y *tenantOf) giveKey(a *agent, asked *wire.JoinProvider) {
	y.t.Helper()
	key := must(identity.NewKey())
	signed := identity.ProviderKey{Provider: must(wire.ParseID(asked.GetProvider())), Tenant: must(wire.ParseID(asked.GetTenant())), Component: a.id, Challenge: asked.GetChallenge()}
	a.send(&wire.Up{Message: &wire.Up_ProviderKey{ProviderKey: &wire.ProviderKey{
		Provider: asked.GetProvider(), Challenge: asked.GetChallenge(), CertificateRequest: must(identity.NewRequest(key)), Signature: must(signed.Sign(key)),
	}}})
}

// attached gives the source, attached and joined.
func (y *tenantOf) attached() *agent {
	y.t.Helper()
	a := y.source.attach("10.0.0.2")
	y.join(a)
	return a
}

// begin begins a session that carries a flow, and gives its id on the wire.
func (y *tenantOf) begin(a *agent) []byte {
	y.t.Helper()
	a.request(y.route.ID)
	session := one(a, (*wire.Down).GetProviderSession).GetSession()
	a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: session, Ready: true}}})
	a.stats(&wire.SessionStats{Session: session, Flows: 1, AllFlows: 1, ToTarget: 100, Group: "X25519MLKEM768"})
	return session
}

// refused asks for a session and gives the words with which there is none.
func (y *tenantOf) refused(a *agent) string {
	y.t.Helper()
	a.request(y.route.ID)
	return one(a, (*wire.Down).GetSessionRefused).GetReason()
}

// stands gives how the installation stands at its only provider.
func (i *installation) stands() engine.ProviderStatus {
	i.t.Helper()
	i.wait()
	providers := i.broker.Providers()
	if len(providers) != 1 {
		i.t.Fatalf("%d providers", len(providers))
	}
	return providers[0]
}

func TestALinkMakesATenantThatIsPendingUntilItIsConfirmed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		other := i.withProvider(t)
		i.start()
		defer func() { i.stop() }()
		i.beTenant(other)
		p := i.stands()
		if !p.Connected || p.Gateway != theGateway || p.State != engine.TenantPending || p.Tenant != other.tenant || p.CAPin != other.authority.Pin() || len(p.Services) != 1 || p.Services[0].Name != "restic" {
			t.Errorf("it stands there as %+v", p)
		}
		if !other.keys[p.Key] || p.CertificateExpires.IsZero() {
			t.Errorf("the fingerprint to read out is %s, which the provider does not know", p.Key)
		}
		other.activate()
		if p := i.stands(); p.State != engine.TenantActive {
			t.Errorf("once it is confirmed it is %s", p.State)
		}
		other.say(func(s *wire.TenancyState) {
			s.Quota, s.Used, s.Limit, s.Gateways = 1000, 900, new(uint64(77)), []string{theGateway, "192.0.2.5:6180"}
		})
		if p := i.stands(); p.Quota != 1000 || p.Used != 900 || p.Limit != 77 || !slices.Equal(p.Gateways, []string{theGateway, "192.0.2.5:6180"}) {
			t.Errorf("it stands there as %+v", p)
		}
		if _, err := i.broker.RedeemLink(t.Context(), other.link); err == nil || strings.Contains(err.Error(), other.link.Reveal()) {
			t.Errorf("a link that is redeemed again: %v", err)
		}
	})
}

func TestALinkOfAnotherAuthorityIsNotUsedUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		other := i.withProvider(t)
		i.start()
		defer func() { i.stop() }()
		forged := must(identity.NewLink(engine.KeyID{1}, other.authority.Installation(), []string{theGateway}))
		if _, err := i.broker.RedeemLink(t.Context(), forged); err == nil || !strings.Contains(err.Error(), "not used up") {
			t.Errorf("a link with another authority's pin: %v", err)
		}
		if other.redeemed != nil {
			t.Error("the secret went to a broker that the link does not name")
		}
		own := must(identity.NewLink(i.authority.Pin(), i.authority.Installation(), []string{theGateway}))
		if _, err := i.broker.RedeemLink(t.Context(), own); err == nil || !strings.Contains(err.Error(), "this installation") {
			t.Errorf("a link of its own: %v", err)
		}
	})
}

func TestAConnectionToAProviderIsMadeAnewAndSaysWhatIsWrong(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		y.other.mu.Lock()
		y.other.down = true
		y.other.mu.Unlock()
		y.other.network.Close() // nobody is there for a new one; the present ones are ended by the provider
		y.stop()
		y.start()
		if p := y.stands(); p.Connected || !strings.Contains(p.Problem, theGateway) || !strings.Contains(p.Problem, "connection refused") {
			t.Errorf("it says %+v", p)
		}
		a := y.source.attach("10.0.0.2")
		if reason := y.refused(a); !strings.Contains(reason, "Vault Ltd is not connected") || !strings.Contains(reason, "connection refused") {
			t.Errorf("the tool is told %q", reason)
		}
		if receipt := y.receipt(); receipt.State != engine.SessionRefused || receipt.Provider != y.other.authority.Installation() || receipt.TargetName != "Vault Ltd" || receipt.Decision.By != engine.ByProviderGateway {
			t.Errorf("the receipt is %+v", receipt)
		}
	})
}

func TestTheCertificateForAProviderIsRenewedInTime(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		before := y.stands()
		time.Sleep(identity.CertificateLifetime / 2)
		after := y.stands()
		if after.Key == before.Key || !after.CertificateExpires.After(before.CertificateExpires) || !after.Connected {
			t.Errorf("it was %s until %s and is %s until %s, connected: %v", before.Key, before.CertificateExpires, after.Key, after.CertificateExpires, after.Connected)
		}
		directory := must(identity.OpenDirectory(filepath.Join(y.config.ProvidersFolder, string(y.other.authority.Installation()))))
		if directory.Previous() != nil {
			t.Error("the key before it is still kept")
		}
	})
}

func TestASourceJoinsTheProviderOfItsRoute(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.source.attach("10.0.0.2")
		asked := one(a, (*wire.Down).GetJoinProvider)
		if string(asked.GetTenant()) != string(wire.IDBytes(y.other.tenant)) || !slices.Equal(asked.GetGateways(), []string{theGateway}) {
			t.Errorf("it is asked to join as %+v", asked)
		}
		if reason := y.refused(a); !strings.Contains(reason, "fileserver has not joined the provider Vault Ltd yet") {
			t.Errorf("before it has joined, the tool is told %q", reason)
		}
		y.giveKey(a, asked)
		certificate := one(a, (*wire.Down).GetProviderCertificate)
		id := must(wire.ParseID(certificate.GetId()))
		if y.other.components[a.id] != id || len(certificate.GetRoots()) != 1 || !slices.Equal(certificate.GetGateways(), []string{theGateway}) {
			t.Errorf("it is given %+v", certificate)
		}
		kept := must(y.store.ProviderComponents(t.Context()))
		if len(kept) != 1 || kept[0].Component != a.id || kept[0].Remote != id {
			t.Errorf("the record has %+v", kept)
		}
		if p := y.stands(); p.Components != 1 {
			t.Errorf("%d components have joined", p.Components)
		}

		// They hear where the gateways are now.
		now := []string{"192.0.2.5:6180", theGateway}
		y.other.say(func(s *wire.TenancyState) { s.Gateways = now })
		if told := one(a, (*wire.Down).GetProviderCertificate); !slices.Equal(told.GetGateways(), now) || len(told.GetCertificate()) != 0 {
			t.Errorf("it is told %+v", told)
		}

		// One that still has its certificate is not asked again, but told the gateways; one that lost it is.
		a.stream.CloseSend()
		y.wait()
		a.open()
		a.send(&wire.Up{Message: &wire.Up_Hello{Hello: &wire.Hello{Instance: a.instance, Report: wire.FromReport(report("10.0.0.2")), OneTimeKeys: a.keys(1), Providers: [][]byte{asked.GetProvider()}}}})
		none(a, (*wire.Down).GetJoinProvider)
		if told := one(a, (*wire.Down).GetProviderCertificate); !slices.Equal(told.GetGateways(), now) {
			t.Errorf("when it attaches it is told %+v", told)
		}
		a.stream.CloseSend()
		y.wait()
		a.open()
		a.hello(report("10.0.0.2"))
		y.join(a)
	})
}

// A provider that was restored may not know a component any more. It joins anew by itself, not with each connection of its tool.
func TestAComponentThatTheProviderHasForgottenJoinsAnew(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		y.other.mu.Lock()
		clear(y.other.components)
		y.other.mu.Unlock()
		time.Sleep(joinAgain)
		if reason := y.refused(a); !strings.Contains(reason, "no such component") {
			t.Errorf("the tool is told %q", reason)
		}
		y.join(a)
		y.begin(a)
		y.other.mu.Lock()
		clear(y.other.components)
		y.other.mu.Unlock()
		y.refused(a)
		none(a, (*wire.Down).GetJoinProvider)
	})
}

func TestAComponentThatCannotJoinIsAskedAgainAndTheReasonIsShown(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.source.attach("10.0.0.2")
		asked := one(a, (*wire.Down).GetJoinProvider)
		a.send(&wire.Up{Message: &wire.Up_ProviderKey{ProviderKey: &wire.ProviderKey{Provider: asked.GetProvider(), Problem: "the disk is full"}}})
		if reason := y.refused(a); !strings.Contains(reason, "the disk is full") {
			t.Errorf("the tool is told %q", reason)
		}
		none(a, (*wire.Down).GetJoinProvider)
		time.Sleep(joinAgain + time.Second)
		y.giveKey(a, one(a, (*wire.Down).GetJoinProvider))
		one(a, (*wire.Down).GetProviderCertificate)
	})
}

func TestASignatureOfAnotherComponentIsNotPassedOn(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.source.attach("10.0.0.2")
		asked := one(a, (*wire.Down).GetJoinProvider)
		key := must(identity.NewKey())
		signed := identity.ProviderKey{Provider: y.other.authority.Installation(), Tenant: y.other.tenant, Component: engine.NewID(), Challenge: asked.GetChallenge()}
		a.send(&wire.Up{Message: &wire.Up_ProviderKey{ProviderKey: &wire.ProviderKey{
			Provider: asked.GetProvider(), Challenge: asked.GetChallenge(), CertificateRequest: must(identity.NewRequest(key)), Signature: must(signed.Sign(key)),
		}}})
		none(a, (*wire.Down).GetProviderCertificate)
		if len(y.other.components) != 0 {
			t.Error("the provider was asked all the same")
		}
	})
}

func TestASessionOfARouteToAProviderIsMadeThereAndShownHere(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		id := must(wire.ParseID(y.begin(a)))
		s := y.only()
		if s.ID != id || s.Provider != y.other.authority.Installation() || s.TargetName != "Vault Ltd" || s.Target != "" || s.State != engine.SessionLive || s.Decision.Mode != engine.Sealed || s.Decision.By != engine.ByProviderGateway || s.Traffic.ToTarget != 100 {
			t.Errorf("it is shown as %+v", s)
		}
		if !slices.Equal(y.other.asked, []engine.ID{y.other.service}) || y.stands().Sessions != 1 {
			t.Errorf("asked for %v, %d sessions", y.other.asked, y.stands().Sessions)
		}
		a.end(wire.IDBytes(id), &wire.SessionStats{Session: wire.IDBytes(id), AllFlows: 1, ToTarget: 4000})
		receipt := y.receipt()
		if receipt.ID != id || receipt.State != engine.SessionEnded || receipt.Provider != s.Provider || receipt.TargetName != "Vault Ltd" || receipt.Traffic.ToTarget != 4000 ||
			receipt.Key.SourceErasure != engine.ErasureProven || receipt.Key.TargetErasure != "" {
			t.Errorf("its receipt is %+v", receipt)
		}
		one(a, (*wire.Down).GetEndedAcknowledged)
	})
}

func TestASessionAtAProviderIsCutFromHere(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		session := y.begin(a)
		if err := y.broker.Cut(t.Context(), must(wire.ParseID(session)), "cut by an administrator"); err != nil {
			t.Fatal(err)
		}
		if cut := one(a, (*wire.Down).GetCut); string(cut.GetSession()) != string(session) || cut.GetDrain() {
			t.Errorf("the source hears %+v", cut)
		}
		a.end(session, nil)
		if receipt := y.receipt(); receipt.Reason != "cut by an administrator" {
			t.Errorf("the receipt says %q", receipt.Reason)
		}
	})
}

func TestASessionAtAProviderOutlivesARestartOfTheBroker(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		session := y.begin(a)
		settle()
		y.stop()
		y.start()
		a.connection = a.dial()
		a.open()
		a.send(&wire.Up{Message: &wire.Up_Hello{Hello: &wire.Hello{
			Instance: a.instance, Report: wire.FromReport(report("10.0.0.2")), OneTimeKeys: a.keys(1), Providers: [][]byte{wire.IDBytes(y.other.authority.Installation())},
			Sessions: []*wire.LiveSession{{Session: session, Side: wire.Side_SIDE_SOURCE, Stats: &wire.SessionStats{Session: session, Flows: 1, AllFlows: 1, ToTarget: 300}}},
		}}})
		if adopted := one(a, (*wire.Down).GetWelcome).GetAdopted(); len(adopted) != 1 || string(adopted[0]) != string(session) {
			t.Errorf("it goes on with %x", adopted)
		}
		if s := y.only(); s.Traffic.ToTarget != 300 || s.Provider == "" {
			t.Errorf("it is shown as %+v", s)
		}
		a.end(session, nil)
		if receipt := y.receipt(); receipt.State != engine.SessionEnded || receipt.Key.SourceErasure != engine.ErasureProven {
			t.Errorf("its receipt is %+v", receipt)
		}
	})
}

// Whatever stands in the way of a session is said in words, to the tool and in a receipt.
func TestWhatRefusesASessionAtAProviderIsSaidInWords(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*otherInstallation)
		want   string
	}{
		"pending": {func(o *otherInstallation) {
			o.say(func(s *wire.TenancyState) { s.State = wire.TenantState_TENANT_STATE_PENDING })
		}, "has not confirmed this installation yet"},
		"disabled": {func(o *otherInstallation) {
			o.say(func(s *wire.TenancyState) { s.State = wire.TenantState_TENANT_STATE_DISABLED })
		}, "has turned this installation off"},
		"ended": {func(o *otherInstallation) {
			o.say(func(s *wire.TenancyState) { s.State = wire.TenantState_TENANT_STATE_ENDED })
		}, "is over"},
		"over quota":  {func(o *otherInstallation) { o.say(func(s *wire.TenancyState) { s.Quota, s.Used = 10, 10 }) }, "quota at the provider Vault Ltd is used up"},
		"not granted": {func(o *otherInstallation) { o.say(func(s *wire.TenancyState) { s.Services = nil }) }, "does not grant the service"},
		"the provider's no": {func(o *otherInstallation) {
			o.mu.Lock()
			o.refusal = status.Error(codes.FailedPrecondition, "the repository is not attached\x1b[2J")
			o.mu.Unlock()
		}, `the provider Vault Ltd refuses: the repository is not attached`},
	} {
		t.Run(name, func(t *testing.T) {
			inTenancy(t, func(t *testing.T, y *tenantOf) {
				a := y.attached()
				c.change(y.other)
				y.wait()
				reason := y.refused(a)
				if !strings.Contains(reason, c.want) || strings.Contains(reason, "\x1b") {
					t.Errorf("the tool is told %q", reason)
				}
				if receipt := y.receipt(); receipt.Reason != reason || receipt.State != engine.SessionRefused || receipt.Decision.Mode != engine.Sealed {
					t.Errorf("the receipt is %+v", receipt)
				}
			})
		})
	}
}

func TestASessionThatTheProviderDoesNotOfferIsRefusedWithItsReason(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		a.request(y.route.ID)
		session := one(a, (*wire.Down).GetProviderSession).GetSession()
		a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: session, Reason: "the provider's repository did not answer"}}})
		if receipt := y.receipt(); receipt.State != engine.SessionRefused || receipt.Reason != "the provider's repository did not answer" || receipt.Key.SourceErasure != engine.ErasureNotNeeded {
			t.Errorf("its receipt is %+v", receipt)
		}
	})
}

// A hostile provider names sessions that are another's: what lives here, or has its receipt, stays as it is.
func TestAProviderCannotNameASessionThatIsHereAlready(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		target := y.component("target", "10.0.0.3")
		own := y.installation.route("own", target, y.source)
		a, b := y.attached(), target.attach("10.0.0.3")
		a.request(own.ID)
		offer := one(b, (*wire.Down).GetOffer)
		b.answer(offer)
		a.answer(one(a, (*wire.Down).GetOffer))
		here := must(wire.ParseID(offer.GetSession()))
		y.other.mu.Lock()
		y.other.sessions = []engine.ID{here, here}
		y.other.mu.Unlock()
		if reason := y.refused(a); !strings.Contains(reason, "lives here already") {
			t.Errorf("the tool is told %q", reason)
		}
		if s := y.only(); s.ID != here || s.Provider != "" {
			t.Errorf("what lives is %+v", s)
		}
		a.end(offer.GetSession(), nil)
		b.end(offer.GetSession(), nil)
		settle()
		if reason := y.refused(a); !strings.Contains(reason, "is over here already") {
			t.Errorf("the tool is told %q", reason)
		}
	})
}

// Nor does it name one of its own a second time, while its receipt waits to be written with others that are alike.
func TestAProviderCannotNameASessionASecondTimeBeforeItsReceiptIsThere(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		var session []byte
		for range 2 {
			a.request(y.route.ID)
			session = one(a, (*wire.Down).GetProviderSession).GetSession()
			a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: session, Reason: "the provider's repository did not answer"}}})
			settle()
		}
		again := must(wire.ParseID(session))
		y.other.mu.Lock()
		y.other.sessions = []engine.ID{again}
		y.other.mu.Unlock()
		if reason := y.refused(a); !strings.Contains(reason, "already") {
			t.Errorf("the tool is told %q", reason)
		}
		y.begin(a) // another id
	})
}

// No rule, exemption or override, and no edited row, makes what goes to a provider plain.
func TestWhatGoesToAProviderIsSealedWhateverTheRulesSay(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		y.write(func(tx engine.Transaction) error {
			settings := must(tx.RuleSet(t.Context())).Settings
			settings.DisablePublicIPTrafficEncryption = 1
			return errors.Join(tx.PutSettings(settings), tx.PutRule(engine.Rule{
				ID: engine.NewID(), Revision: 1, Name: "trusted", Enabled: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any}, Exempt: &engine.Exemption{Reason: "a line of our own"},
			}))
		})
		a := y.attached()
		y.begin(a)
		if s := y.only(); s.Decision.Mode != engine.Sealed || s.Decision.By != engine.ByProviderGateway || s.Stale {
			t.Errorf("it is %+v", s.Decision)
		}
		routes := y.broker.Routes()
		if at := slices.IndexFunc(routes, func(r engine.RouteStatus) bool { return r.ID == y.route.ID }); at < 0 || routes[at].TargetName != "Vault Ltd" || routes[at].Provider == "" ||
			routes[at].Listeners[0].Protection.State != engine.ProtectionSealed || len(routes[at].OpenLegs) != 0 {
			t.Errorf("the route is shown as %+v", routes)
		}
	})
}

// The tenant's own limits hold beside the provider's, from the start, for what the source sends.
func TestTheTenantsOwnLimitIsToldToTheSourceFromTheStart(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		y.write(func(tx engine.Transaction) error {
			c := must(tx.Component(t.Context(), y.source.id))
			c.LocalLimit = &engine.Limit{Value: 8, Unit: engine.MegabitsPerSecond}
			return tx.PutComponent(c)
		})
		a := y.attached()
		a.request(y.route.ID)
		told := one(a, (*wire.Down).GetProviderSession)
		if number, limit, err := told.GetLease().Terms(); err != nil || number == 0 || limit < 900_000 || limit > 1_000_000 {
			t.Errorf("the first lease is %d of %d bytes per second, %v", number, limit, err)
		}
		a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: told.GetSession(), Ready: true}}})
		a.stats(&wire.SessionStats{Session: told.GetSession(), Flows: 1, AllFlows: 1, Lease: told.GetLease()})
		time.Sleep(3 * time.Second)
		y.wait()
		if s := y.only(); len(s.Allotments) != 1 || s.Allotments[0].From != engine.SourceEnd || !s.Allotments[0].Confirmed || s.Allotments[0].BytesPerSecond > 1_000_000 {
			t.Errorf("it shows %+v", s.Allotments)
		}
	})
}

func TestTheLastSourceLeavesTheProvider(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		session := y.begin(a)
		y.write(func(tx engine.Transaction) error { return tx.RemoveRoute(y.route.ID) })
		if cut := one(a, (*wire.Down).GetCut); !cut.GetDrain() {
			t.Errorf("the source hears %+v", cut)
		}
		none(a, (*wire.Down).GetLeaveProvider) // it still carries something
		a.end(session, nil)
		settle()
		if left := one(a, (*wire.Down).GetLeaveProvider); string(left.GetProvider()) != string(wire.IDBytes(y.other.authority.Installation())) {
			t.Errorf("it leaves %x", left.GetProvider())
		}
		if kept := must(y.store.ProviderComponents(t.Context())); len(kept) != 0 || y.other.known() != 0 {
			t.Errorf("the record has %+v, and the provider knows %d", kept, y.other.known())
		}
	})
}

// A machine that was stolen does not leave by itself: the provider is told, also where the machine is away, and as soon as it can be told.
func TestTheProviderForgetsARevokedComponent(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		y.begin(a)
		if y.other.known() != 1 {
			t.Fatal("it has not joined")
		}
		y.write(func(tx engine.Transaction) error {
			c := must(tx.Component(t.Context(), y.source.id))
			c.Revoked = time.Now()
			return tx.PutComponent(c)
		})
		if y.other.known() != 0 || len(must(y.store.ProviderComponents(t.Context()))) != 0 || y.stands().Components != 0 {
			t.Error("a revoked component is still known")
		}
	})
}

func TestARemovedProviderIsForgottenWithItsKey(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		session := y.begin(a)
		folder := filepath.Join(y.config.ProvidersFolder, string(y.other.authority.Installation()))
		if _, err := os.Stat(folder); err != nil {
			t.Fatal(err)
		}
		y.write(func(tx engine.Transaction) error {
			return errors.Join(tx.RemoveRoute(y.route.ID), tx.RemoveService(y.route.Service), tx.RemoveProvider(y.other.authority.Installation()))
		})
		if cuts := heard(a, (*wire.Down).GetCut); len(cuts) == 0 || string(cuts[0].GetSession()) != string(session) {
			t.Errorf("the source hears %+v", cuts)
		}
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the key is still there: %v", err)
		}
		a.end(session, nil)
		settle()
		one(a, (*wire.Down).GetLeaveProvider)
		if len(y.broker.Providers()) != 0 {
			t.Error("it is still shown")
		}
	})
}

func TestNoTestGoesThroughAProvider(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		y.attached()
		_, probed := y.broker.ProbeRoute(t.Context(), y.route.ID)
		_, tested := y.broker.TestRoute(t.Context(), engine.RouteTest{Route: y.route.ID})
		for _, err := range []error{probed, tested} {
			if err == nil || !strings.Contains(err.Error(), "no test goes through a provider yet") {
				t.Errorf("it says %v", err)
			}
		}
	})
}
