package broker

import (
	"context"
	"crypto/ecdsa"
	"crypto/fips140"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/enginetest/memorystore"
	"lockwire/engine/identity"
	"lockwire/engine/secret"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// The tests of this package speak the real protocol: gRPC over mutual TLS with certificates of a real authority, over a
// network in memory and within a bubble of synctest, whose clock stands while anything happens.

// network is a listener to which connections can be dialled in memory.
type network struct {
	arrived chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func newNetwork() *network {
	return &network{arrived: make(chan net.Conn), closed: make(chan struct{})}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case connection := <-n.arrived:
		return connection, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error { n.once.Do(func() { close(n.closed) }); return nil }

func (n *network) Addr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("10.0.0.1:6170"))
}

// dial connects from an address.
func (n *network) dial(from string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case n.arrived <- addressed{far, net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 40000))}:
		return near, nil
	case <-n.closed:
		return nil, errors.New("connection refused")
	}
}

type addressed struct {
	net.Conn
	from net.Addr
}

func (a addressed) RemoteAddr() net.Addr { return a.from }

// stalling is a connection whose peer stops reading and answering when stalled is closed, without anybody being told.
type stalling struct {
	net.Conn
	stalled chan struct{}
	done    chan struct{}
	once    sync.Once
}

func (s *stalling) Write(p []byte) (int, error) {
	select {
	case <-s.stalled:
		return len(p), nil
	default:
		return s.Conn.Write(p)
	}
}

func (s *stalling) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	select {
	case <-s.stalled:
		<-s.done
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (s *stalling) Close() error {
	s.once.Do(func() { close(s.done) })
	return s.Conn.Close()
}

// installation is a broker that runs, with its store and authority.
type installation struct {
	t         *testing.T
	store     *memorystore.Store
	authority *identity.Authority
	config    Config
	broker    *Broker
	network   *network
	stop      func()
	realTime  bool // not in a bubble
	// setForward is by how much the clock on the wall was set forward; less than nothing is back.
	setForward atomic.Int64
}

// wait waits until everybody is quiet. Outside of a bubble nobody can tell.
func (i *installation) wait() {
	if !i.realTime {
		synctest.Wait()
	}
}

// bubble runs a test whose clock stands while anything happens. In strict FIPS mode it is skipped: the certified module draws
// entropy from the jitter of a clock, which stands too. A test in real time covers that mode.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	if fips140.Enabled() {
		t.Skip("no entropy while the clock stands")
	}
	synctest.Test(t, test)
}

// inBubble runs a test with an installation whose broker runs.
func inBubble(t *testing.T, test func(t *testing.T, i *installation)) {
	t.Helper()
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		i.start()
		defer func() { i.stop() }()
		test(t, i)
	})
}

func newInstallation(t *testing.T) *installation {
	// The authority is older than any certificate that a test wants to have expired.
	authority := must(identity.NewAuthority(engine.NewID(), time.Now().Add(-90*24*time.Hour)))
	i := &installation{t: t, store: memorystore.New(), authority: authority}
	i.config = Config{Store: i.store, Authority: authority, Addresses: []string{"broker.example:6170"},
		// The process has one collector, which no bubble can hold up.
		erase: func(context.Context) error { return nil },
		Now:   func() time.Time { return time.Now().Add(time.Duration(i.setForward.Load())) }}
	return i
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// start starts a broker on what the store holds.
func (i *installation) start() {
	i.t.Helper()
	i.broker = must(New(i.t.Context(), i.config))
	i.network = newNetwork()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	broker, network := i.broker, i.network
	go func() { served <- broker.Serve(ctx, network) }()
	i.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			i.t.Error("serve:", err)
		}
	})
	i.wait()
}

// write changes the store and lets the broker take it up.
func (i *installation) write(change func(engine.Transaction) error) {
	i.t.Helper()
	if err := i.store.Write(i.t.Context(), change); err != nil {
		i.t.Fatal(err)
	}
	if err := i.broker.Refresh(i.t.Context()); err != nil {
		i.t.Fatal(err)
	}
	i.wait()
}

// holder is somebody with a certificate, or without one.
type holder struct {
	i           *installation
	id          engine.ID
	name        string
	from        string
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

func keyIDOf(certificate *x509.Certificate) engine.KeyID {
	return identity.KeyIDOf(certificate.RawSubjectPublicKeyInfo)
}

// certified makes a key and a certificate as of a moment.
func certified(authority *identity.Authority, kind identity.Kind, id engine.ID, at time.Time) (*ecdsa.PrivateKey, *x509.Certificate) {
	key := must(identity.NewKey())
	return key, must(authority.Issue(kind, id, must(identity.NewRequest(key)), at))
}

// component enrols a component, without a token.
func (i *installation) component(name, from string, tags ...string) *holder {
	i.t.Helper()
	h := &holder{i: i, id: engine.NewID(), name: name, from: from}
	h.key, h.certificate = certified(i.authority, identity.Component, h.id, time.Now())
	i.write(func(tx engine.Transaction) error {
		return tx.PutComponent(engine.Component{ID: h.id, Name: name, Role: engine.Repository, Tags: tags, Key: keyIDOf(h.certificate), Joined: time.Now(), CertificateExpires: h.certificate.NotAfter})
	})
	return h
}

// administrator enrols an administrator.
func (i *installation) administrator(name string, role engine.AdministratorRole) *holder {
	i.t.Helper()
	h := &holder{i: i, id: engine.NewID(), name: name, from: "10.0.0.9"}
	h.key, h.certificate = certified(i.authority, identity.Administrator, h.id, time.Now())
	i.write(func(tx engine.Transaction) error {
		return tx.PutAdministrator(engine.Administrator{ID: h.id, Name: name, Role: role, Key: keyIDOf(h.certificate), Joined: time.Now(), CertificateExpires: h.certificate.NotAfter})
	})
	return h
}

// stranger has no certificate.
func (i *installation) stranger() *holder { return &holder{i: i, from: "198.51.100.7"} }

// dial opens a gRPC connection, which is closed when the test ends. Wrap, where it is given, wraps the one below it.
func (h *holder) dial(wrap ...func(net.Conn) net.Conn) *grpc.ClientConn {
	h.i.t.Helper()
	verifier := identity.NewVerifier(h.i.authority.Roots, time.Now)
	config := identity.ClientConfig(verifier, func() (*tls.Certificate, error) {
		if h.certificate == nil {
			return new(tls.Certificate), nil
		}
		return identity.TLSCertificate(h.certificate, h.key), nil
	})
	network := h.i.network
	connection, err := grpc.NewClient("passthrough:///broker", grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			raw, err := network.dial(h.from)
			for _, w := range wrap {
				if err == nil {
					raw = w(raw)
				}
			}
			return raw, err
		}))
	if err != nil {
		h.i.t.Fatal(err)
	}
	h.i.t.Cleanup(func() { connection.Close() })
	return connection
}

// agent is a component's end of a control stream.
type agent struct {
	generation uint64 // of the one-time keys
	*holder
	connection *grpc.ClientConn
	stream     grpc.BidiStreamingClient[wire.Up, wire.Down]
	ring       *session.KeyRing
	instance   []byte
	requests   uint64

	mu       sync.Mutex
	received []*wire.Down
	err      error // why the stream ended
}

// report is what a component at these addresses says of itself.
func report(addresses ...string) engine.Report {
	r := engine.Report{Version: "1", ChannelVersion: engine.ChannelVersion, OS: "linux", Architecture: "amd64", Processor: engine.Processor{Cores: 2, AES: []string{"AES-NI"}}, ProvableErasure: true, AllowedBackends: []string{"127.0.0.1:8000-8010", "10.9.9.9:445"}}
	for _, text := range addresses {
		address := netip.MustParseAddr(text)
		r.Interfaces = append(r.Interfaces, engine.Address{Address: address, Origin: engine.FromInterface, Interface: "eth0"})
		r.Endpoints = append(r.Endpoints, netip.AddrPortFrom(address, wire.DataPort))
	}
	return r
}

// prepare makes an agent that has not said hello.
func (h *holder) prepare(wrap ...func(net.Conn) net.Conn) *agent {
	h.i.t.Helper()
	a := &agent{holder: h, connection: h.dial(wrap...), ring: session.NewKeyRing(), instance: make([]byte, 16)}
	rand.Read(a.instance)
	h.i.t.Cleanup(a.ring.DropAll)
	a.open()
	return a
}

// open opens the control stream.
func (a *agent) open() {
	a.i.t.Helper()
	a.generation = a.ring.Renew()
	stream, err := wire.NewAttachmentClient(a.connection).Attach(a.i.t.Context())
	if err != nil {
		a.i.t.Fatal(err)
	}
	a.mu.Lock()
	a.stream, a.received, a.err = stream, nil, nil
	a.mu.Unlock()
	go func() {
		for {
			down, err := stream.Recv()
			a.mu.Lock()
			if a.stream != stream {
				a.mu.Unlock()
				return
			}
			if err != nil {
				a.err = err
				a.mu.Unlock()
				return
			}
			a.received = append(a.received, down)
			a.mu.Unlock()
		}
	}()
}

// send says something and waits until everybody is quiet.
func (a *agent) send(up *wire.Up) {
	a.i.t.Helper()
	if err := a.stream.Send(up); err != nil {
		a.i.t.Logf("%s: send: %v", a.name, err)
	}
	a.i.wait()
}

// keys makes one-time keys.
func (a *agent) keys(n int) *wire.OneTimeKeys {
	message := &wire.OneTimeKeys{Generation: a.generation}
	for _, key := range must(a.ring.Make(a.generation, n)) {
		message.Keys = append(message.Keys, &wire.OneTimeKey{Id: key.ID[:], Public: key.Key})
	}
	return message
}

// helloKeys are how many one-time keys a hello brings.
const helloKeys = 3

func (a *agent) hello(r engine.Report, sessions ...*wire.LiveSession) {
	a.i.t.Helper()
	a.send(&wire.Up{Message: &wire.Up_Hello{Hello: &wire.Hello{Instance: a.instance, Report: wire.FromReport(r), OneTimeKeys: a.keys(helloKeys), Sessions: sessions}}})
}

// attach attaches a component that has these addresses.
func (h *holder) attach(addresses ...string) *agent {
	h.i.t.Helper()
	a := h.prepare()
	a.hello(report(addresses...))
	if err := a.ended(); err != nil {
		h.i.t.Fatalf("%s does not attach: %v", h.name, err)
	}
	return a
}

// ended is the status with which the stream ended; nil while it goes on.
func (a *agent) ended() error {
	a.i.wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// heard takes the messages of one kind out of what was received.
func heard[Message any](a *agent, pick func(*wire.Down) *Message) []*Message {
	a.i.wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	var messages []*Message
	var rest []*wire.Down
	for _, down := range a.received {
		if message := pick(down); message != nil {
			messages = append(messages, message)
		} else {
			rest = append(rest, down)
		}
	}
	a.received = rest
	return messages
}

// one takes the only message of a kind.
func one[Message any](a *agent, pick func(*wire.Down) *Message) *Message {
	a.i.t.Helper()
	messages := heard(a, pick)
	if len(messages) != 1 {
		a.i.t.Fatalf("%s heard %d messages of a kind, not 1: %v", a.name, len(messages), messages)
	}
	return messages[0]
}

// none makes sure that no message of a kind came.
func none[Message any](a *agent, pick func(*wire.Down) *Message) {
	a.i.t.Helper()
	if messages := heard(a, pick); len(messages) > 0 {
		a.i.t.Fatalf("%s heard what it should not have: %v", a.name, messages)
	}
}

// request asks for a session over a route.
func (a *agent) request(route engine.ID) uint64 {
	a.i.t.Helper()
	a.requests++
	a.send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: &wire.SessionRequest{Request: a.requests, Route: wire.IDBytes(route)}}})
	return a.requests
}

// key opens the sealed key of an offer.
func (a *agent) key(offer *wire.Offer) (*secret.Key, error) {
	sealed, err := session.ParseSealedKey(offer.GetOneTimeKey(), offer.GetSealedKey())
	if err != nil {
		return nil, err
	}
	mode, err := offer.GetMode().Engine()
	if err != nil {
		return nil, err
	}
	return a.ring.Open(sealed, session.Binding{Installation: a.i.authority.Installation(), Session: must(wire.ParseID(offer.GetSession())), Mode: mode}, a.id)
}

func (a *agent) answer(offer *wire.Offer) {
	a.i.t.Helper()
	a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: offer.GetSession(), Ready: true}}})
}

func (a *agent) refuse(offer *wire.Offer, reason string) {
	a.i.t.Helper()
	a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: offer.GetSession(), Reason: reason}}})
}

func (a *agent) stats(stats *wire.SessionStats) {
	a.i.t.Helper()
	a.load([]float64{0.5, 0.25}, 0.1, stats)
}

// load reports how busy the machine's cores are, and how many of them the agent takes, beside a session.
func (a *agent) load(cores []float64, agent float64, stats *wire.SessionStats) {
	a.i.t.Helper()
	a.send(&wire.Up{Message: &wire.Up_Stats{Stats: &wire.Stats{Sessions: []*wire.SessionStats{stats}, Cores: cores, Agent: agent, Memory: 1 << 20}}})
}

// end reports that a session is over and its key is destroyed.
func (a *agent) end(id []byte, stats *wire.SessionStats) {
	a.i.t.Helper()
	a.endedAt(id, time.Now(), stats)
}

// endedAt says that a session ended some time ago.
func (a *agent) endedAt(id []byte, at time.Time, stats *wire.SessionStats) {
	a.i.t.Helper()
	a.send(&wire.Up{Message: &wire.Up_SessionEnded{SessionEnded: &wire.SessionEnded{
		Session: id, Reason: "no connection for 15 s", Stats: stats, Ended: at.UnixMilli(), Destroyed: at.UnixMilli(), Proven: true,
	}}})
}

// settle lets the recorder write what it gathered.
func settle() {
	time.Sleep(2 * time.Second)
	synctest.Wait()
}

// route makes a route from a source to a service on a target.
func (i *installation) route(name string, target *holder, sources ...*holder) engine.Route {
	i.t.Helper()
	service := engine.Service{ID: engine.NewID(), Name: name + " service", Target: target.id, Backend: "127.0.0.1:8000"}
	route := engine.Route{ID: engine.NewID(), Name: name, Listen: "127.0.0.1:9000", Service: service.ID, Direction: engine.Push, Enabled: true}
	for _, source := range sources {
		route.Sources = append(route.Sources, source.id)
	}
	i.write(func(tx engine.Transaction) error { return errors.Join(tx.PutService(service), tx.PutRoute(route)) })
	return route
}

// encryptAll adds a rule that encrypts between all private addresses.
func (i *installation) encryptAll() {
	i.t.Helper()
	i.write(func(tx engine.Transaction) error {
		return tx.PutRule(engine.Rule{ID: engine.NewID(), Revision: 1, Name: "Encrypt all", Enabled: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any}, Encrypt: true})
	})
}

// pair is two attached components with a route from source to target.
type pair struct {
	source, target *agent
	route          engine.Route
}

func (i *installation) pair() pair {
	i.t.Helper()
	source, target := i.component("source", "10.0.0.2"), i.component("target", "10.0.0.3")
	route := i.route("backup", target, source)
	return pair{source.attach("10.0.0.2"), target.attach("10.0.0.3"), route}
}

// live begins a session that has a flow, and gives its id on the wire.
func (p pair) live() []byte {
	p.source.i.t.Helper()
	p.source.request(p.route.ID)
	offer := one(p.target, (*wire.Down).GetOffer)
	p.target.answer(offer)
	p.source.answer(one(p.source, (*wire.Down).GetOffer))
	p.source.stats(&wire.SessionStats{Session: offer.GetSession(), Flows: 1, AllFlows: 1, ToTarget: 100, Endpoint: "10.0.0.3:6171", Group: "X25519MLKEM768"})
	return offer.GetSession()
}

// only gives the only live session.
func (i *installation) only() engine.Session {
	i.t.Helper()
	i.wait()
	sessions := i.broker.Sessions()
	if len(sessions) != 1 {
		i.t.Fatalf("%d sessions live, not 1", len(sessions))
	}
	return sessions[0]
}

// receipts gives all receipts, newest first.
func (i *installation) receipts() []engine.Receipt {
	settle()
	return must(i.store.Receipts(context.Background(), engine.ReceiptQuery{}))
}

// receipt gives the only receipt.
func (i *installation) receipt() engine.Receipt {
	i.t.Helper()
	receipts := i.receipts()
	if len(receipts) != 1 {
		i.t.Fatalf("there are %d receipts, not 1: %+v", len(receipts), receipts)
	}
	return receipts[0]
}

// status gives a component as it is now.
func (i *installation) status(h *holder) engine.ComponentStatus {
	i.t.Helper()
	i.wait()
	for _, s := range i.broker.Components() {
		if s.ID == h.id {
			return s
		}
	}
	i.t.Fatalf("component %s is not listed", h.name)
	return engine.ComponentStatus{}
}

// words gives a status's message.
func words(err error) string { return status.Convert(err).Message() }
