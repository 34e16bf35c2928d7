package component

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"lockwire/engine"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/enginetest/loopback"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// tenancy is a component whose own broker has it join a service provider, with a broker and a repository of its own.
type tenancy struct {
	own, provider *fakeBroker
	repository    *runningAgent
	backend       *backend
	tenant        engine.ID
	// tenantComponent is the component's id at the provider.
	tenantComponent engine.ID
	folder          string
	source          *runningAgent
	way             *testWay
	gateway         string // HOST:PORT
	clock           machine.Clock
	network         *watchedNetwork
	// route is the tenant's, granted the session that the provider's broker makes for it.
	route, granted *testRoute
}

// testWay leads where a gateway would, without one.
type testWay struct {
	broker, repository string

	mu       sync.Mutex
	gateways []string
	refuses  bool
}

func (w *testWay) Broker(ctx context.Context, gateway string) (net.Conn, error) {
	w.mu.Lock()
	w.gateways = append(w.gateways, gateway)
	w.mu.Unlock()
	return (&net.Dialer{}).DialContext(ctx, "tcp", w.broker)
}

func (w *testWay) Session(ctx context.Context, _ engine.ID) (net.Conn, error) {
	w.mu.Lock()
	refuses := w.refuses
	w.mu.Unlock()
	if refuses {
		return nil, live.ErrTunnel
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", w.repository)
}

func (w *testWay) Close() {}

// refuse has the way let no session through any more.
func (w *testWay) refuse() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuses = true
}

// watchedNetwork is the machine's network; it keeps where was dialled and listened.
type watchedNetwork struct {
	machine.SystemNetwork
	mu       sync.Mutex
	dialled  []string
	listened []string
}

func (n *watchedNetwork) note(list *[]string, address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	*list = append(*list, address)
}

func (n *watchedNetwork) Dial(ctx context.Context, address string) (net.Conn, error) {
	n.note(&n.dialled, address)
	return n.SystemNetwork.Dial(ctx, address)
}

func (n *watchedNetwork) DialBroker(ctx context.Context, address string) (net.Conn, error) {
	n.note(&n.dialled, address)
	return n.SystemNetwork.DialBroker(ctx, address)
}

func (n *watchedNetwork) Listen(ctx context.Context, address string) (net.Listener, error) {
	n.note(&n.listened, address)
	return n.SystemNetwork.Listen(ctx, address)
}

const testGateway = "gateway.provider.invalid:6180"

// grant has the provider's broker make another session for the tenant's route.
func (w *tenancy) grant() {
	w.provider.mu.Lock()
	w.granted = &testRoute{id: engine.NewID(), name: w.granted.name, source: w.granted.source, target: w.granted.target, backend: w.granted.backend, mode: engine.Sealed, tunnel: true}
	w.provider.routes[w.granted.id] = w.granted
	w.provider.mu.Unlock()
	w.own.mu.Lock()
	w.route.elsewhere.Session = wire.IDBytes(w.granted.id)
	w.own.mu.Unlock()
}

// newTenancy brings up both installations, without a gateway. The component has joined its own broker only.
func newTenancy(t *testing.T) *tenancy {
	t.Helper()
	t.Parallel()
	w := newProviderOnly(t)
	w.way, w.gateway = &testWay{broker: w.provider.address, repository: w.repository.listener.Addr().String()}, testGateway
	w.runSource(t)
	return w
}

// newProviderOnly is a tenancy whose component does not run yet.
func newProviderOnly(t *testing.T) *tenancy {
	t.Helper()
	w := &tenancy{own: newFakeBroker(t), provider: newFakeBroker(t), backend: newBackend(t, echo), tenant: engine.NewID(), network: &watchedNetwork{}}
	repositoryFolder, repository := joined(t, w.provider, "repository", w.backend.Addr().String())
	w.repository = run(t, repositoryFolder, repository)
	await[*wire.Hello](t, w.provider, nil)
	folder, source := joined(t, w.own, "source")
	w.folder = folder
	w.granted = &testRoute{id: engine.NewID(), name: "tenant Example", target: repository, backend: w.backend.Addr().String(), mode: engine.Sealed, tunnel: true}
	w.route = &testRoute{id: engine.NewID(), name: "offsite", listen: loopback.Address(t), source: source}
	w.route.elsewhere = &wire.ProviderSession{
		Provider: wire.IDBytes(w.installation()), Session: wire.IDBytes(w.granted.id), Route: wire.IDBytes(w.route.id), RouteName: "offsite", ProviderName: "Deep Vault",
	}
	w.own.routes[w.route.id] = w.route
	w.provider.routes[w.granted.id] = w.granted
	return w
}

func (w *tenancy) installation() engine.ID { return w.provider.authority.Installation() }

func (w *tenancy) runSource(t *testing.T) {
	t.Helper()
	w.source = run(t, w.folder, w.route.source, func(c *Config) {
		c.Network, c.Clock = w.network, w.clock
		if w.way != nil {
			c.way = func(*identity.Directory) way { return w.way }
		}
	})
	await(t, w.own, func(s *wire.ListenerStates) bool { return len(s.GetStates()) == 1 && s.GetStates()[0].GetListening() })
}

// providerFolder is where the component keeps its key for the provider.
func (w *tenancy) providerFolder() string {
	return filepath.Join(machine.AttachmentsFolder(w.folder), string(w.own.authority.Installation()), providersFolder, string(w.installation()))
}

// tellOwn has the component's own broker say something.
func (w *tenancy) tellOwn(down *wire.Down) { w.own.member(w.route.source).send(down) }

// join has the component join the provider, as the two brokers do, and waits for its hello there.
func (w *tenancy) join(t *testing.T) *wire.Hello {
	t.Helper()
	challenge := bytes.Repeat([]byte{7}, 32)
	w.tellOwn(&wire.Down{Message: &wire.Down_JoinProvider{JoinProvider: &wire.JoinProvider{
		Provider: wire.IDBytes(w.installation()), Tenant: wire.IDBytes(w.tenant), Challenge: challenge, Gateways: []string{w.gateway},
	}}})
	key := await[*wire.ProviderKey](t, w.own, nil)
	public, keyID, err := identity.ParseRequest(key.GetCertificateRequest())
	if err != nil || key.GetProblem() != "" {
		t.Fatalf("the component's answer: %v, problem %q", err, key.GetProblem())
	}
	proof := identity.ProviderKey{Provider: w.installation(), Tenant: w.tenant, Component: w.route.source, Challenge: challenge}
	if err := proof.Check(public, key.GetSignature()); err != nil {
		t.Error(err)
	}
	w.tenantComponent = engine.NewID()
	certificate, err := w.provider.authority.Issue(identity.Component, w.tenantComponent, key.GetCertificateRequest(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.provider.mu.Lock()
	w.provider.names[w.tenantComponent] = "TENANT 1"
	w.granted.source = w.tenantComponent
	w.provider.mu.Unlock()
	w.tellOwn(&wire.Down{Message: &wire.Down_ProviderCertificate{ProviderCertificate: &wire.ProviderCertificate{
		Provider: wire.IDBytes(w.installation()), Id: wire.IDBytes(w.tenantComponent), Certificate: certificate.Raw, Roots: w.provider.rootsDER(), Gateways: []string{w.gateway},
	}}})
	hello := w.awaitHello(t)
	w.provider.mu.Lock()
	defer w.provider.mu.Unlock()
	if w.provider.keys[w.tenantComponent] != keyID {
		t.Error("the component attached with another key than it had named")
	}
	return hello
}

// awaitHello waits for the component's hello at the provider.
func (w *tenancy) awaitHello(t *testing.T) *wire.Hello {
	t.Helper()
	return await(t, w.provider, func(h *wire.Hello) bool { return len(h.GetReport().GetEndpoints()) == 0 })
}

// dial connects as a tool does.
func (w *tenancy) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	return (&pair{route: w.route}).dial(t)
}

func TestComponentJoinsAProviderAndCarriesThere(t *testing.T) {
	w := newTenancy(t)
	hello := w.join(t)
	if report := hello.GetReport(); !proto.Equal(report, &wire.Report{Version: report.GetVersion(), ChannelVersion: engine.ChannelVersion, Aes: report.GetAes(), Fips: report.GetFips()}) {
		t.Errorf("the provider was told %v", report)
	}
	first := w.dial(t)
	roundTrip(t, first, "to the vault")
	second := w.dial(t)
	roundTrip(t, second, "joins")
	if got := w.backend.connections(); got != 2 {
		t.Errorf("%d connections at the backend", got)
	}
	answer := await(t, w.own, func(a *wire.OfferAnswer) bool { return a.GetReady() })
	if !bytes.Equal(answer.GetSession(), wire.IDBytes(w.granted.id)) {
		t.Error("the own broker was told of another session")
	}
	carries := func(s *wire.Stats) bool {
		return len(s.GetSessions()) == 1 && s.GetSessions()[0].GetToTarget() == 17 && bytes.Equal(s.GetSessions()[0].GetSession(), answer.GetSession())
	}
	if own := await(t, w.own, carries); own.GetSessions()[0].GetLocalAddress() == "" || own.GetMemory() == 0 {
		t.Errorf("the own broker was told %v", own)
	}
	told := await(t, w.provider, func(s *wire.Stats) bool { return carries(s) && s.GetMemory() == 0 }) // else they are the repository's
	if one := told.GetSessions()[0]; one.GetLocalAddress() != "" || one.GetEndpoint() != "" || one.GetCpuNanoseconds() != 0 || told.GetCores() != nil || told.GetCosts() != nil {
		t.Errorf("the provider was told %v", told)
	}
	status := w.source.Status()
	if len(status.Attachments) != 1 || len(status.Attachments[0].Providers) != 1 {
		t.Fatalf("the status has %+v", status.Attachments)
	}
	if p := status.Attachments[0].Providers[0]; !p.Attached || p.Gateway != testGateway || p.Name != "TENANT 1" || len(p.Sessions) != 1 || p.Sessions[0].Route != "offsite" || p.Sessions[0].Peer != "Deep Vault" {
		t.Errorf("the status has %+v", p)
	}
	if !strings.Contains(status.Words(), "attached through the gateway "+testGateway) {
		t.Errorf("the status reads\n%s", status.Words())
	}
	finish(t, first)
	finish(t, second)
	w.source.stop()
	for _, b := range []*fakeBroker{w.own, w.provider} {
		ended := await(t, b, func(e *sessionEnded) bool {
			return bytes.Equal(e.GetSession(), answer.GetSession()) && e.side != wire.Side_SIDE_TARGET || b == w.own
		})
		if ended.GetDestroyed() == 0 || ended.GetStats().GetToTarget() != 17 {
			t.Errorf("the end was told as %v", ended.SessionEnded)
		}
		if ended.GetReason() == live.ErrStopped.Error() && b == w.provider {
			t.Error("the provider was told why the session ended")
		}
	}
	w.network.mu.Lock()
	defer w.network.mu.Unlock()
	if others := slices.DeleteFunc(slices.Clone(w.network.dialled), func(a string) bool { return a == w.own.address }); len(others) > 0 {
		t.Errorf("the component dialled %v outside of the tunnel", others)
	}
}

func TestProviderIsTakenUpAgainAtStart(t *testing.T) {
	w := newTenancy(t)
	w.join(t)
	w.source.stop()
	w.own.events.forget()
	w.runSource(t)
	w.awaitHello(t)
	own := await[*wire.Hello](t, w.own, nil)
	if len(own.GetProviders()) != 1 || !bytes.Equal(own.GetProviders()[0], wire.IDBytes(w.installation())) {
		t.Errorf("the own broker was told of the providers %x", own.GetProviders())
	}
	roundTrip(t, w.dial(t), "after a start")
}

func TestComponentLeavesAProvider(t *testing.T) {
	w := newTenancy(t)
	w.join(t)
	conn := w.dial(t)
	roundTrip(t, conn, "before")
	w.tellOwn(&wire.Down{Message: &wire.Down_LeaveProvider{LeaveProvider: &wire.LeaveProvider{Provider: wire.IDBytes(w.installation())}}})
	mustBeReset(t, conn)
	await(t, w.own, func(e *sessionEnded) bool { return e.GetDestroyed() != 0 })
	w.source.log.await(t, "this machine left a service provider")
	if _, err := os.Stat(w.providerFolder()); !os.IsNotExist(err) {
		t.Errorf("the folder of the key: %v", err)
	}
	if status := w.source.Status(); len(status.Attachments[0].Providers) != 0 {
		t.Errorf("the status has %+v", status.Attachments[0].Providers)
	}
	(&pair{route: w.route}).mustRefuse(t)
	problem := await(t, w.own, func(k *wire.ProviderKey) bool { return k.GetProblem() != "" })
	if !bytes.Equal(problem.GetProvider(), wire.IDBytes(w.installation())) {
		t.Errorf("the own broker was told %v", problem)
	}
}

func TestEitherBrokerEndsASessionAtAProvider(t *testing.T) {
	for name, test := range map[string]struct {
		cut func(w *tenancy)
		// What each is told of the reason.
		own, provider string
	}{
		"the own broker": {func(w *tenancy) {
			w.tellOwn(&wire.Down{Message: &wire.Down_Cut{Cut: &wire.Cut{Session: wire.IDBytes(w.granted.id), Reason: "alice has cut it"}}})
		}, "alice has cut it", "the tenant's side ended the session"},
		"the provider's": {func(w *tenancy) {
			w.provider.member(w.tenantComponent).send(&wire.Down{Message: &wire.Down_Cut{Cut: &wire.Cut{Session: wire.IDBytes(w.granted.id), Reason: "the quota is used up"}}})
		}, "the quota is used up", "the quota is used up"},
		"the own broker, which does not go on with it": {func(w *tenancy) {
			w.own.mu.Lock()
			w.own.forget = true
			w.own.mu.Unlock()
			w.own.member(w.route.source).end()
		}, "the broker does not go on with the session", "the tenant's side ended the session"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTenancy(t)
			w.join(t)
			conn := w.dial(t)
			roundTrip(t, conn, "before")
			test.cut(w)
			mustBeReset(t, conn)
			if ended := await[*sessionEnded](t, w.own, nil); ended.GetReason() != test.own {
				t.Errorf("the own broker was told %q", ended.GetReason())
			}
			if ended := await(t, w.provider, func(e *sessionEnded) bool { return e.side == wire.Side_SIDE_SOURCE }); ended.GetReason() != test.provider {
				t.Errorf("the provider was told %q", ended.GetReason())
			}
		})
	}
}

func TestSessionAtAProviderKeepsToTheLowerOfBothLimits(t *testing.T) {
	w := newTenancy(t)
	w.join(t)
	w.own.mu.Lock()
	w.route.elsewhere.Lease = wire.NewLease(3, 40<<20)
	w.own.mu.Unlock()
	conn := w.dial(t)
	roundTrip(t, conn, "before")
	own := await(t, w.own, func(s *wire.Stats) bool { return len(s.GetSessions()) == 1 && s.GetSessions()[0].GetAllFlows() == 1 })
	if lease := own.GetSessions()[0].GetLease(); lease.GetNumber() != 3 || lease.GetLimit() != 40<<20 {
		t.Errorf("the own broker's lease in force is %v", lease)
	}
	id := wire.IDBytes(w.granted.id)
	w.tellOwn(allotments(&wire.Allotment{Session: id, Lease: wire.NewLease(4, 0)}))
	confirmed := await(t, w.own, func(l *leasesInForce) bool { return len(l.GetLeases()) == 1 && l.GetLeases()[0].GetNumber() == 4 })
	if !bytes.Equal(confirmed.GetLeases()[0].GetSession(), id) {
		t.Error("another session's lease was confirmed")
	}
	if _, err := conn.Write([]byte("held back")); err != nil {
		t.Fatal(err)
	}
	await(t, w.own, func(s *wire.Stats) bool { return len(s.GetSessions()) == 1 && s.GetSessions()[0].GetWaiting() })
	w.provider.member(w.tenantComponent).send(allotments(&wire.Allotment{Session: id, Lease: wire.NewLease(9, 30<<20)}))
	await(t, w.provider, func(l *leasesInForce) bool { return l.from == w.tenantComponent && l.GetLeases()[0].GetNumber() == 9 })
	w.tellOwn(allotments(&wire.Allotment{Session: id, Lease: wire.NewLease(5, 50<<20)}))
	got := make([]byte, 9)
	if _, err := conn.Read(got); err != nil || string(got) != "held back" {
		t.Errorf("came back as %q, %v", got, err)
	}
}

// What a provider sends back is its own to limit; the own broker's limit on that holds where it arrives.
func TestARestoreFromAProviderKeepsToTheOwnLimit(t *testing.T) {
	w := newTenancy(t)
	w.join(t)
	w.own.mu.Lock()
	w.route.elsewhere.Receives = wire.NewLease(3, 40<<20)
	w.own.mu.Unlock()
	conn := w.dial(t)
	roundTrip(t, conn, "before")
	own := await(t, w.own, func(s *wire.Stats) bool { return len(s.GetSessions()) == 1 && s.GetSessions()[0].GetAllFlows() == 1 })
	if lease := own.GetSessions()[0].GetReceives(); lease.GetNumber() != 3 || lease.GetLimit() != 40<<20 {
		t.Errorf("the own broker's lease in force is %v", lease)
	}
	id := wire.IDBytes(w.granted.id)
	w.tellOwn(allotments(&wire.Allotment{Session: id, Receives: wire.NewLease(4, 0)}))
	await(t, w.own, func(l *leasesInForce) bool {
		return len(l.GetLeases()) == 1 && l.GetLeases()[0].GetReceives() == 4
	})
	if _, err := conn.Write([]byte("held back")); err != nil {
		t.Fatal(err)
	}
	await(t, w.own, func(s *wire.Stats) bool {
		return len(s.GetSessions()) == 1 && s.GetSessions()[0].GetReceivesWaiting() && !s.GetSessions()[0].GetWaiting()
	})
	w.tellOwn(allotments(&wire.Allotment{Session: id, Receives: wire.NewLease(5, 50<<20)}))
	got := make([]byte, 9)
	if _, err := conn.Read(got); err != nil || string(got) != "held back" {
		t.Errorf("came back as %q, %v", got, err)
	}
}

func TestSessionThatAProviderRefusesSaysWhy(t *testing.T) {
	w := newTenancy(t)
	w.join(t)
	w.provider.mu.Lock()
	w.granted.refusal = "the quota of 2 TB is used up"
	w.provider.mu.Unlock()
	(&pair{route: w.route}).mustRefuse(t)
	answer := await[*wire.OfferAnswer](t, w.own, nil)
	if answer.GetReady() || !strings.Contains(answer.GetReason(), "the quota of 2 TB is used up") {
		t.Errorf("the own broker was told %v", answer)
	}
	w.source.log.await(t, "at the service provider Deep Vault: the broker refused the session: the quota of 2 TB is used up")
}

func TestSessionThatAGatewayDoesNotLetThroughIsAskedForAnew(t *testing.T) {
	w := newTenancy(t)
	w.join(t)
	conn := w.dial(t)
	roundTrip(t, conn, "before")
	w.provider.mu.Lock()
	w.granted.refusal = "the tenant was disabled"
	w.provider.mu.Unlock()
	w.way.refuse()
	(&pair{route: w.route}).mustRefuse(t)
	w.source.log.await(t, "the tenant was disabled")
	roundTrip(t, conn, "what runs goes on until it is cut")
}

// ProviderPlainOffer: whatever a provider's broker says, the component is the source of sealed sessions through the tunnel, and nothing else.
func TestProviderPlainOffer(t *testing.T) {
	for name, change := range map[string]func(w *tenancy, o *wire.Offer){
		"plain":               func(_ *tenancy, o *wire.Offer) { o.Mode = wire.Mode_MODE_PLAIN },
		"no mode":             func(_ *tenancy, o *wire.Offer) { o.Mode = 0 },
		"outside the tunnel":  func(w *tenancy, o *wire.Offer) { o.Tunnel, o.Endpoints = false, []string{w.way.repository} },
		"endpoints beside it": func(w *tenancy, o *wire.Offer) { o.Endpoints = []string{w.way.repository} },
		"a backend":           func(w *tenancy, o *wire.Offer) { o.Backend = w.granted.backend },
		"the target's side": func(w *tenancy, o *wire.Offer) {
			o.Side, o.Backend, o.SourceKey, o.TargetKey = wire.Side_SIDE_TARGET, w.granted.backend, o.TargetKey, o.SourceKey
		},
		"one machine":     func(_ *tenancy, o *wire.Offer) { o.SameMachine = true },
		"a test":          func(_ *tenancy, o *wire.Offer) { o.Test = true },
		"another route":   func(_ *tenancy, o *wire.Offer) { o.Route = wire.IDBytes(engine.NewID()) },
		"another session": func(_ *tenancy, o *wire.Offer) { o.Session = wire.IDBytes(engine.NewID()) },
		"another session with its route": func(_ *tenancy, o *wire.Offer) {
			o.Session = wire.IDBytes(engine.NewID())
			o.Route = o.Session
		},
		"no request": func(_ *tenancy, o *wire.Offer) { o.Request = 99 },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTenancy(t)
			w.join(t)
			w.provider.mu.Lock()
			w.granted.change = func(o *wire.Offer) {
				if o.GetSide() == wire.Side_SIDE_SOURCE {
					change(w, o)
				}
			}
			w.provider.mu.Unlock()
			if name == "no request" || name == "the target's side" {
				w.dial(t) // which still waits for its session
			} else {
				(&pair{route: w.route}).mustRefuse(t)
			}
			told := w.provider
			if name == "a test" {
				told = w.own // the offer as such is good, and not for a tool's connection
			}
			refused := await(t, told, func(a *wire.OfferAnswer) bool { return !a.GetReady() })
			if refused.GetReason() == "" {
				t.Error("the offer was refused without a reason")
			}
			w.dialledNothing(t)
		})
	}
	t.Run("orders", func(t *testing.T) {
		w := newTenancy(t)
		w.join(t)
		listen, endpoint := loopback.Address(t), w.way.repository
		provider := w.provider.member(w.tenantComponent)
		for range 2 {
			for _, down := range []*wire.Down{
				{Message: &wire.Down_Routes{Routes: &wire.Routes{Routes: []*wire.Route{{Id: wire.IDBytes(engine.NewID()), Name: "theirs", Listen: listen}}}}},
				{Message: &wire.Down_BrokerAddresses{BrokerAddresses: &wire.BrokerAddresses{Addresses: []string{endpoint}}}},
				{Message: &wire.Down_Probe{Probe: &wire.Probe{Probe: 1, Endpoint: endpoint, Connect: true}}},
				{Message: &wire.Down_Transfer{Transfer: &wire.Transfer{Transfer: 1, Route: wire.IDBytes(w.granted.id), Bytes: 1 << 20}}},
				{Message: &wire.Down_Calibrate{Calibrate: &wire.Calibrate{}}},
				{Message: &wire.Down_DrainOrder{DrainOrder: &wire.DrainOrder{Drain: &wire.Drain{Since: 1, By: "them"}}}},
				{Message: &wire.Down_JoinProvider{JoinProvider: &wire.JoinProvider{Provider: wire.IDBytes(engine.NewID()), Tenant: wire.IDBytes(engine.NewID()), Challenge: make([]byte, 32)}}},
				{Message: &wire.Down_LeaveProvider{LeaveProvider: &wire.LeaveProvider{Provider: wire.IDBytes(w.installation())}}},
				{Message: &wire.Down_ProviderSession{ProviderSession: &wire.ProviderSession{Request: 1, Provider: wire.IDBytes(w.installation())}}},
			} {
				provider.send(down)
			}
		}
		// What was sent before this has been taken when it is carried out.
		roundTrip(t, w.dial(t), "still here")
		w.dialledNothing(t)
		for _, kind := range []string{"Routes", "Probe", "Transfer", "Calibrate", "DrainOrder", "JoinProvider", "LeaveProvider", "ProviderSession"} {
			if n := strings.Count(w.source.log.String(), "message="+kind+"\n"); n != 1 {
				t.Errorf("%s was logged %d times", kind, n)
			}
		}
		w.network.mu.Lock()
		defer w.network.mu.Unlock()
		if slices.Contains(w.network.listened, listen) {
			t.Error("the component listened for the provider")
		}
		if gateways := w.source.Status().Attachments[0].Providers[0].Gateways; !slices.Equal(gateways, []string{testGateway}) {
			t.Errorf("the provider's broker changed the gateways to %v", gateways)
		}
	})
}

// dialledNothing checks that the component has dialled nothing but its own broker, besides the tunnel.
func (w *tenancy) dialledNothing(t *testing.T) {
	t.Helper()
	w.network.mu.Lock()
	defer w.network.mu.Unlock()
	for _, address := range w.network.dialled {
		if address != w.own.address {
			t.Errorf("the component dialled %s", address)
		}
	}
}

func TestOfferThroughATunnelIsRefusedWhereItDoesNotBelong(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*wire.Offer)
		words  string
	}{
		"the own broker offers the source a tunnel": {func(o *wire.Offer) {
			if o.GetSide() == wire.Side_SIDE_SOURCE {
				o.Tunnel, o.Endpoints = true, nil
			}
		}, "only a service provider offers a session through its tunnel"},
		"a repository is offered a plain one": {func(o *wire.Offer) {
			if o.GetSide() == wire.Side_SIDE_TARGET {
				o.Tunnel, o.Mode = true, wire.Mode_MODE_PLAIN
			}
		}, "what goes through a tunnel to a service provider is always sealed"},
		"a repository is offered one of one machine": {func(o *wire.Offer) {
			if o.GetSide() == wire.Side_SIDE_TARGET {
				o.Tunnel, o.SameMachine = true, true
			}
		}, "never one machine"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, engine.Sealed, func(r *testRoute) { r.change = test.change })
			p.mustRefuse(t)
			answer := await(t, p.b, func(a *wire.OfferAnswer) bool { return !a.GetReady() })
			if !strings.Contains(answer.GetReason(), test.words) {
				t.Errorf("refused with %q", answer.GetReason())
			}
		})
	}
}

func TestGatewaysThatTheOwnBrokerNamesAreTriedNext(t *testing.T) {
	w := newTenancy(t)
	w.join(t)
	other := "other.provider.invalid:6180"
	w.tellOwn(&wire.Down{Message: &wire.Down_ProviderCertificate{ProviderCertificate: &wire.ProviderCertificate{Provider: wire.IDBytes(w.installation()), Gateways: []string{other}}}})
	w.source.log.await(t, "the service provider's gateways changed")
	w.provider.member(w.tenantComponent).end()
	w.awaitHello(t)
	w.way.mu.Lock()
	defer w.way.mu.Unlock()
	if got := w.way.gateways[len(w.way.gateways)-1]; got != other {
		t.Errorf("the component went to %s", got)
	}
}

func TestEndAtAProviderThatCameWhileTheOwnBrokerWasAwayIsReportedAfterwards(t *testing.T) {
	w := newTenancy(t)
	w.join(t)
	w.provider.mu.Lock()
	w.granted.linger = time.Millisecond
	w.provider.mu.Unlock()
	conn := w.dial(t)
	roundTrip(t, conn, "before")
	w.own.stop()
	finish(t, conn)
	await(t, w.provider, func(e *sessionEnded) bool { return e.side == wire.Side_SIDE_SOURCE })
	w.own.start(w.own.address)
	if ended := await[*sessionEnded](t, w.own, nil); !bytes.Equal(ended.GetSession(), wire.IDBytes(w.granted.id)) || ended.GetStats().GetToTarget() != 6 {
		t.Errorf("the own broker was told %v", ended.SessionEnded)
	}
}

func TestADrainingComponentDrainsItsSessionsAtProvidersToo(t *testing.T) {
	w := newTenancy(t)
	w.join(t)
	conn := w.dial(t)
	roundTrip(t, conn, "before")
	w.tellOwn(&wire.Down{Message: &wire.Down_DrainOrder{DrainOrder: &wire.DrainOrder{Drain: &wire.Drain{Since: 1, By: "alice"}}}})
	w.source.log.await(t, "session takes no new connection")
	w.grant()
	(&pair{route: w.route}).mustRefuse(t)
	roundTrip(t, conn, "what runs goes on")
	finish(t, conn)
	if ended := await(t, w.provider, func(e *sessionEnded) bool { return e.side == wire.Side_SIDE_SOURCE }); strings.Contains(ended.GetReason(), "alice") {
		t.Errorf("the provider was told %q", ended.GetReason())
	}
	if ended := await[*sessionEnded](t, w.own, nil); !strings.Contains(ended.GetReason(), "as alice ordered") {
		t.Errorf("the own broker was told %q", ended.GetReason())
	}
}

// A tenant's component may send as fast as it likes, whatever it was told: here it was told nothing.
func TestTheTargetTakesNoMoreOfATenantThanItIsLet(t *testing.T) {
	w := newTenancy(t)
	w.join(t)
	conn := w.dial(t)
	roundTrip(t, conn, "before")
	id, target := wire.IDBytes(w.granted.id), w.granted.target
	tell := func(number, limit uint64) {
		t.Helper()
		w.provider.member(target).send(allotments(&wire.Allotment{Session: id, Receives: wire.NewLease(number, limit)}))
		await(t, w.provider, func(l *leasesInForce) bool { return l.from == target && l.GetLeases()[0].GetReceives() == number })
	}
	tell(4, 0)
	if _, err := conn.Write([]byte("held back")); err != nil {
		t.Fatal(err)
	}
	held := await(t, w.provider, func(s *wire.Stats) bool {
		return len(s.GetSessions()) == 1 && s.GetSessions()[0].GetReceives() != nil && s.GetSessions()[0].GetReceived().GetLimit() > 0
	}).GetSessions()[0]
	if number, limit, _ := held.GetReceives().Terms(); number != 4 || limit != 0 || !held.GetReceivesWaiting() || held.GetToTarget() != uint64(len("before")) {
		t.Errorf("the target says %v", held)
	}
	tell(5, wire.NoLimit)
	got := make([]byte, 9)
	if _, err := conn.Read(got); err != nil || string(got) != "held back" {
		t.Errorf("came back as %q, %v", got, err)
	}
}

func TestTheTargetTakesNoMoreInATenantsTestThanItIsLet(t *testing.T) {
	w := newTenancy(t)
	w.join(t)
	const size = 100_000
	w.provider.mu.Lock()
	w.granted.change = func(o *wire.Offer) {
		if o.GetSide() == wire.Side_SIDE_TARGET {
			o.Receives = wire.NewLease(3, 0)
		}
	}
	w.provider.mu.Unlock()
	w.tellOwn(&wire.Down{Message: &wire.Down_Transfer{Transfer: &wire.Transfer{Transfer: 1, Route: wire.IDBytes(w.route.id), Bytes: size}}})
	held := await(t, w.provider, func(s *wire.Stats) bool { return len(s.GetSessions()) == 1 && s.GetSessions()[0].GetReceivesWaiting() })
	if n := held.GetSessions()[0].GetToTarget(); n != 0 {
		t.Errorf("it took %d bytes", n)
	}
	w.provider.member(w.granted.target).send(allotments(&wire.Allotment{Session: held.GetSessions()[0].GetSession(), Receives: wire.NewLease(4, wire.NoLimit)}))
	if result := await[*wire.TransferResult](t, w.own, nil); result.GetProblem() != "" || result.GetBytes() != size {
		t.Errorf("the test's result is %v", result)
	}
}
