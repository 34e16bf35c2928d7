package broker

import (
	"context"
	"errors"
	"net"
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
