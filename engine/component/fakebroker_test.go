package component

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"lockwire/engine"
	"lockwire/engine/enginetest/loopback"
	"lockwire/engine/identity"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// fakeBroker speaks the real control protocol with real certificates and mints real keys. What it decides is in its fields,
// which a test sets before it attaches components.
type fakeBroker struct {
	wire.UnimplementedEnrolmentServer
	wire.UnimplementedAttachmentServer
	t         *testing.T
	authority *identity.Authority
	verifier  *identity.Verifier
	address   string
	server    *grpc.Server
	service   engine.ID
	// beforeWelcome, where it is set, is called for each hello before it is answered.
	beforeWelcome func()

	mu       sync.Mutex
	tokens   map[[32]byte]string // name of the component that joins with it
	names    map[engine.ID]string
	members  map[engine.ID]*member
	revoked  map[engine.ID]bool
	routes   map[engine.ID]*testRoute
	sessions map[engine.ID]*brokered
	forget   bool        // adopt nothing
	role     engine.Role // of whoever joins and attaches; a repository where it is empty
	keys     map[engine.ID]engine.KeyID
	events   *eventLog // what components said
}

type testRoute struct {
	id             engine.ID
	name, listen   string
	source, target engine.ID
	backend        string
	mode           engine.Mode
	linger         time.Duration
	ageCap         time.Duration
	endpoints      []string // empty: those that the target reports
	same           bool
	refusal        string
	lease          *wire.Lease
	change         func(*wire.Offer)     // what a broker that was broken into would send
	elsewhere      *wire.ProviderSession // where the session is asked for; the request is filled in
	tunnel         bool                  // a session at a service provider, which has the route's id
}

type member struct {
	id     engine.ID
	stream wire.Attachment_AttachServer
	hello  *wire.Hello
	sendMu sync.Mutex
	keys   []session.OneTimePublic
	end    context.CancelFunc
}

func (m *member) send(d *wire.Down) {
	m.sendMu.Lock()
	defer m.sendMu.Unlock()
	_ = m.stream.Send(d)
}

// sessionEnded is what an end says of a session's end, and which end that is.
type sessionEnded struct {
	*wire.SessionEnded
	side wire.Side
}

// report and leasesInForce are what a component says, and which component that is.
type report struct {
	*wire.Report
	from engine.ID
}

type leasesInForce struct {
	*wire.LeasesInForce
	from engine.ID
}

type brokered struct {
	route   *testRoute
	id      engine.ID
	minted  session.Minted
	request uint64
	test    bool
}

func newFakeBroker(t *testing.T) *fakeBroker {
	t.Helper()
	authority, err := identity.NewAuthority(engine.NewID(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b := &fakeBroker{
		t: t, authority: authority, service: engine.NewID(),
		verifier: identity.NewVerifier(authority.Roots, time.Now),
		tokens:   map[[32]byte]string{}, names: map[engine.ID]string{}, members: map[engine.ID]*member{}, revoked: map[engine.ID]bool{},
		routes: map[engine.ID]*testRoute{}, sessions: map[engine.ID]*brokered{}, keys: map[engine.ID]engine.KeyID{},
		events: newEventLog(),
	}
	b.start(loopback.Address(t)) // which nobody else gets while it is started again
	t.Cleanup(b.stop)
	return b
}

func (b *fakeBroker) start(address string) {
	b.t.Helper()
	certificate, err := identity.NewBrokerCertificate(b.authority, time.Now)
	if err != nil {
		b.t.Fatal(err)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.address = listener.Addr().String()
	b.server = grpc.NewServer(grpc.Creds(credentials.NewTLS(identity.BrokerServerConfig(certificate))))
	wire.RegisterEnrolmentServer(b.server, b)
	wire.RegisterAttachmentServer(b.server, b)
	server := b.server
	go func() { _ = server.Serve(listener) }()
}

func (b *fakeBroker) stop() { b.server.Stop() }

// caller proves who calls, as the real broker does.
func (b *fakeBroker) caller(ctx context.Context) (identity.Caller, tls.ConnectionState) {
	p, _ := peer.FromContext(ctx)
	info, _ := p.AuthInfo.(credentials.TLSInfo)
	return b.verifier.Identify(info.State), info.State
}

func (b *fakeBroker) token(name string) string {
	token, err := identity.NewToken(b.authority.Pin(), []string{b.address})
	if err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens[token.Hash()] = name
	return token.Reveal()
}

func (b *fakeBroker) Join(_ context.Context, request *wire.JoinRequest) (*wire.JoinReply, error) {
	hash, err := identity.HashTokenSecret(request.GetSecret())
	b.mu.Lock()
	defer b.mu.Unlock()
	name, known := b.tokens[hash]
	if err != nil || !known {
		return nil, status.Error(codes.PermissionDenied, identity.ErrTokenUnknown.Error())
	}
	delete(b.tokens, hash)
	id := engine.NewID()
	certificate, err := b.issue(id, request.GetCertificateRequest())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	b.names[id] = name
	return &wire.JoinReply{
		Kind: "component", Id: wire.IDBytes(id), Name: name, Role: b.roleName(), Installation: wire.IDBytes(b.authority.Installation()),
		Certificate: certificate.Raw, Roots: b.rootsDER(), Brokers: []string{b.address},
	}, nil
}

func (b *fakeBroker) roleName() string { return cmp.Or(string(b.role), "repository") }

// issue makes a certificate as the real broker does.
func (b *fakeBroker) issue(id engine.ID, request []byte) (*x509.Certificate, error) {
	if b.role == engine.ProviderGateway {
		return b.authority.IssueGateway(id, request, time.Now())
	}
	return b.authority.Issue(identity.Component, id, request, time.Now())
}

// rootsDER takes the bundle apart through its own text form.
func (b *fakeBroker) rootsDER() [][]byte { return rootsDER(b.t, b.authority.Roots()) }

func (b *fakeBroker) Renew(ctx context.Context, request *wire.RenewRequest) (*wire.RenewReply, error) {
	caller, _ := b.caller(ctx)
	renewing, err := caller.Renewing()
	if err != nil {
		return nil, status.Error(codes.PermissionDenied, err.Error())
	}
	certificate, err := b.authority.Issue(identity.Component, renewing.ID, request.GetCertificateRequest(), time.Now())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &wire.RenewReply{Certificate: certificate.Raw, Roots: b.rootsDER()}, nil
}

func (b *fakeBroker) Attach(stream wire.Attachment_AttachServer) error {
	caller, _ := b.caller(stream.Context())
	who, err := caller.Component()
	if err != nil {
		return status.Error(codes.Unauthenticated, err.Error())
	}
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	b.mu.Lock()
	revoked := b.revoked[who.ID]
	b.mu.Unlock()
	if revoked {
		return status.Error(codes.PermissionDenied, "this component was revoked; join again with a new token")
	}
	ctx, end := context.WithCancel(stream.Context())
	defer end()
	m := &member{id: who.ID, stream: stream, hello: first.GetHello(), end: end}
	m.take(first.GetHello().GetOneTimeKeys())
	if b.beforeWelcome != nil {
		b.beforeWelcome()
	}
	b.mu.Lock()
	welcome := &wire.Welcome{Name: b.names[who.ID], Role: b.roleName(), SeenFrom: "127.0.0.1"}
	if !b.forget {
		for _, s := range m.hello.GetSessions() {
			welcome.Adopted = append(welcome.Adopted, s.GetSession())
		}
	}
	b.keys[who.ID] = who.KeyID
	b.mu.Unlock()
	m.send(&wire.Down{Message: &wire.Down_Welcome{Welcome: welcome}})
	b.mu.Lock()
	b.members[who.ID] = m
	b.mu.Unlock()
	b.sendRoutes(m)
	b.events.add(first.GetHello())
	errs := make(chan error, 1)
	go func() {
		for {
			up, err := stream.Recv()
			if err != nil {
				errs <- err
				return
			}
			b.take(m, up)
		}
	}()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.members[who.ID] == m {
			delete(b.members, who.ID)
		}
	}()
	select {
	case err := <-errs:
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	case <-ctx.Done():
		return status.Error(codes.Unavailable, "the broker goes away")
	}
}

func (m *member) take(keys *wire.OneTimeKeys) {
	for _, key := range keys.GetKeys() {
		if public, err := session.ParseOneTimePublic(key.GetPublic()); err == nil {
			m.keys = append(m.keys, public)
		}
	}
}

func (b *fakeBroker) sendRoutes(m *member) {
	b.mu.Lock()
	message := &wire.Routes{}
	for _, r := range b.routes {
		if r.source == m.id {
			message.Routes = append(message.Routes, &wire.Route{Id: wire.IDBytes(r.id), Name: r.name, Listen: r.listen})
		}
	}
	b.mu.Unlock()
	m.send(&wire.Down{Message: &wire.Down_Routes{Routes: message}})
}

// take answers what a component says.
func (b *fakeBroker) take(m *member, up *wire.Up) {
	switch message := up.GetMessage().(type) {
	case *wire.Up_OneTimeKeys:
		b.mu.Lock()
		m.take(message.OneTimeKeys)
		b.mu.Unlock()
		b.events.add(message.OneTimeKeys)
	case *wire.Up_SessionRequest:
		b.request(m, message.SessionRequest)
	case *wire.Up_OfferAnswer:
		b.answered(m, message.OfferAnswer)
		b.events.add(message.OfferAnswer)
	case *wire.Up_SessionEnded:
		m.send(&wire.Down{Message: &wire.Down_EndedAcknowledged{EndedAcknowledged: &wire.EndedAcknowledged{Session: message.SessionEnded.GetSession()}}})
		id, _ := wire.ParseID(message.SessionEnded.GetSession())
		b.mu.Lock()
		ended := &sessionEnded{message.SessionEnded, wire.Side_SIDE_TARGET}
		if s := b.sessions[id]; s != nil && s.route.source == m.id {
			ended.side = wire.Side_SIDE_SOURCE
		}
		b.mu.Unlock()
		b.events.add(ended)
	case *wire.Up_KeyDestroyed:
		b.events.add(message.KeyDestroyed)
	case *wire.Up_ListenerStates:
		b.events.add(message.ListenerStates)
	case *wire.Up_Stats:
		b.events.add(message.Stats)
	case *wire.Up_ProviderKey:
		b.events.add(message.ProviderKey)
	case *wire.Up_Report:
		b.events.add(&report{message.Report, m.id})
	case *wire.Up_ProbeResult:
		b.events.add(message.ProbeResult)
	case *wire.Up_LeasesInForce:
		b.events.add(&leasesInForce{message.LeasesInForce, m.id})
	case *wire.Up_TransferResult:
		b.events.add(message.TransferResult)
	case *wire.Up_TunnelAsk:
		b.events.add(message.TunnelAsk)
	}
}

func (m *member) oneTime() session.OneTimePublic {
	if len(m.keys) == 0 {
		return session.OneTimePublic{}
	}
	key := m.keys[0]
	m.keys = m.keys[1:]
	return key
}

// request mints a session and offers it to the target.
func (b *fakeBroker) request(m *member, request *wire.SessionRequest) {
	route, _ := wire.ParseID(request.GetRoute())
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.routes[route]
	refuse := func(reason string) {
		m.send(&wire.Down{Message: &wire.Down_SessionRefused{SessionRefused: &wire.SessionRefused{Request: request.GetRequest(), Reason: reason}}})
	}
	if r == nil {
		refuse("there is no such route")
		return
	}
	if r.refusal != "" {
		refuse(r.refusal)
		return
	}
	if r.elsewhere != nil {
		there := proto.Clone(r.elsewhere).(*wire.ProviderSession)
		there.Request = request.GetRequest()
		m.send(&wire.Down{Message: &wire.Down_ProviderSession{ProviderSession: there}})
		return
	}
	if request.GetNotSameMachine() {
		r.same = false
	}
	target := b.members[r.target]
	if target == nil {
		refuse("the target is not attached")
		return
	}
	s := &brokered{route: r, id: engine.NewID(), request: request.GetRequest(), test: request.GetTransfer() != 0}
	if r.tunnel {
		s.id = r.id
	}
	var err error
	s.minted, err = session.Mint(session.Binding{Installation: b.authority.Installation(), Session: s.id, Mode: r.mode}, session.Recipient{Component: m.id, OneTime: m.oneTime()}, session.Recipient{Component: target.id, OneTime: target.oneTime()}, time.Now)
	if err != nil {
		refuse(err.Error())
		return
	}
	b.sessions[s.id] = s
	b.offer(target, s, wire.Side_SIDE_TARGET)
}

func (b *fakeBroker) offer(m *member, s *brokered, side wire.Side) {
	r := s.route
	linger, ageCap := r.linger, r.ageCap
	if linger == 0 {
		linger = time.Minute
	}
	if ageCap == 0 {
		ageCap = time.Hour
	}
	sealed := s.minted.Source
	if side == wire.Side_SIDE_TARGET {
		sealed = s.minted.Target
	}
	offer := &wire.Offer{
		Session: wire.IDBytes(s.id), Side: side, Route: wire.IDBytes(r.id), RouteName: r.name, Service: wire.IDBytes(b.service),
		Mode: wire.FromMode(r.mode), Cipher: wire.FromCipher(engine.AES256GCM), OneTimeKey: sealed.OneTimeKey[:], SealedKey: sealed.Bytes,
		LingerMilliseconds: linger.Milliseconds(), AgeCapMilliseconds: ageCap.Milliseconds(), Test: s.test, Lease: r.lease, PeerName: "peer", Tunnel: r.tunnel,
	}
	source, target := b.keys[r.source], b.keys[r.target]
	offer.SourceKey, offer.TargetKey = source[:], target[:]
	if side == wire.Side_SIDE_TARGET {
		if !s.test {
			offer.Backend = r.backend
		}
		if r.tunnel {
			offer.Tenant = wire.IDBytes(engine.NewID())
		}
	} else {
		offer.Request, offer.SameMachine = s.request, r.same
		offer.Endpoints = r.endpoints
		if len(offer.Endpoints) == 0 && !r.tunnel {
			offer.Endpoints = b.members[r.target].hello.GetReport().GetEndpoints()
		}
	}
	if r.change != nil {
		r.change(offer)
	}
	m.send(&wire.Down{Message: &wire.Down_Offer{Offer: offer}})
}

// answered goes on with a session once its target is ready.
func (b *fakeBroker) answered(m *member, answer *wire.OfferAnswer) {
	id, _ := wire.ParseID(answer.GetSession())
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[id]
	if s == nil || m.id != s.route.target || s.minted.Source.Bytes == nil {
		return
	}
	source := b.members[s.route.source]
	if source == nil {
		return
	}
	if !answer.GetReady() {
		source.send(&wire.Down{Message: &wire.Down_SessionRefused{SessionRefused: &wire.SessionRefused{Request: s.request, Reason: answer.GetReason()}}})
		return
	}
	b.offer(source, s, wire.Side_SIDE_SOURCE)
	s.minted.Source.Bytes = nil // offered once
}

func (b *fakeBroker) member(id engine.ID) *member {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.members[id]
}
