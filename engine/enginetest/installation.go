package enginetest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/broker"
	"lockwire/engine/broker/front"
	"lockwire/engine/component"
	"lockwire/engine/component/control"
	"lockwire/engine/component/machine"
	"lockwire/engine/enginetest/freshstore"
	"lockwire/engine/enginetest/loopback"
	"lockwire/engine/identity"
	"lockwire/store"
)

// Patience is how long the tests wait for what must come. It is generous: a test that needs all of it fails.
const Patience = 60 * time.Second

// Installation is a broker and its components in this process.
type Installation struct {
	t         testing.TB
	Store     *store.Store
	Authority *identity.Authority
	// Admin is the administration in the broker's process.
	Admin  *administration.Local
	Broker *broker.Broker
	// Log is what all parts said.
	Log *Log

	// SetForward is by how much the broker's clock on the wall was set forward, in nanoseconds; less than nothing is back.
	SetForward atomic.Int64

	address string
	// providers holds the broker's keys for service providers.
	providers string
	stop      context.CancelFunc
	served    chan error
}

// New brings up a broker on loopback. It is stopped when the test ends.
func New(t testing.TB) *Installation {
	t.Helper()
	records := freshstore.Open(t)
	authority, err := identity.NewAuthority(engine.NewID(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	i := &Installation{t: t, Store: records, Authority: authority, Log: &Log{}, providers: t.TempDir()}
	i.address = FreeAddress(t)
	i.StartBroker()
	t.Cleanup(func() {
		i.StopBroker()
		records.Close()
		if t.Failed() {
			t.Logf("what all parts said:\n%s", i.Log)
		}
	})
	return i
}

// StartBroker starts the broker on the installation's record, at the address that it always has.
func (i *Installation) StartBroker() {
	i.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var local *administration.Local
	service := administration.NewService(func(ctx context.Context) (*administration.Local, error) {
		peer, _ := front.PeerFrom(ctx)
		return local.As(peer.Actor(), peer.Administrator), nil
	})
	running, err := broker.New(ctx, broker.Config{
		Store: i.Store, Authority: i.Authority, Logger: i.Log.logger("broker"), Addresses: []string{i.address},
		Register: func(server *grpc.Server) { administration.Register(server, service) }, Access: administration.Access(),
		Now: i.now, ProvidersFolder: i.providers,
	})
	if err != nil {
		stop()
		i.t.Fatal(err)
	}
	local = administration.New(administration.Config{
		Store: i.Store, Broker: running, Installation: i.Authority.Installation(), Version: "test",
		Authority: func() (*identity.Authority, error) { return i.Authority, nil }, Now: i.now,
	}, "test")
	listener, err := net.Listen("tcp", i.address)
	if err != nil {
		stop()
		i.t.Fatal(err)
	}
	i.Broker, i.Admin, i.stop, i.served = running, local, stop, make(chan error, 1)
	go func() { i.served <- running.Serve(ctx, listener) }()
}

// now is the broker's clock on the wall.
func (i *Installation) now() time.Time { return time.Now().Add(time.Duration(i.SetForward.Load())) }

// StopBroker stops the broker and waits until it has. A broker that is stopped stays so.
func (i *Installation) StopBroker() {
	if i.stop == nil {
		return
	}
	i.stop()
	i.stop = nil
	if err := <-i.served; err != nil {
		i.t.Errorf("the broker: %v", err)
	}
}

// Component is a component of the installation that runs in this process.
type Component struct {
	ID     engine.ID
	Name   string
	Folder string
	stop   context.CancelFunc
	ran    chan error
}

// Machine says what a component is to be.
type Machine struct {
	Name string
	Role engine.Role
	// Addresses are its interfaces, given by hand. Without any it is this machine, as it is.
	Addresses     []string
	AllowBackends []string
	Tags          []string
	// Memory is its budget for connections; 0 is a part of this machine's.
	Memory uint64
	// LongPath is from which round trip on its connections get several streams.
	LongPath time.Duration
	// Advertise, where it is set, replaces the loopback address of its own data port.
	Advertise string
	// Listen, where it is set, is its own data port.
	Listen string
	// Clock is the system's where it is nil.
	Clock machine.Clock
}

// Join lets a machine join with a token, and runs it.
func (i *Installation) Join(m Machine) *Component {
	i.t.Helper()
	if m.Role == "" {
		m.Role = engine.Server
	}
	token, err := i.Admin.NewToken(context.Background(), engine.TokenRequest{Kind: engine.JoinComponent, Name: m.Name, Role: m.Role, Tags: m.Tags})
	if err != nil {
		i.t.Fatal(err)
	}
	folder := filepath.Join(i.t.TempDir(), m.Name)
	joined, err := control.Join(context.Background(), control.JoinOptions{Token: token.Secret, Folder: folder, AllowBackends: m.AllowBackends})
	if err != nil {
		i.t.Fatal(err)
	}
	c := &Component{ID: joined.ID, Name: m.Name, Folder: folder}
	i.Run(c, m)
	i.t.Cleanup(c.Stop)
	return c
}

// Run starts a component that has joined, and waits until it is attached.
func (i *Installation) Run(c *Component, m Machine) {
	i.t.Helper()
	i.Start(c, m)
	i.Wait(m.Name+" is attached", func() bool { return i.Status(c).Online })
}

// WaitAttached waits until components are attached, and have heard of it themselves. The broker shows a component as online before that;
// what it listens on is told only by a component that knows its broker.
func (i *Installation) WaitAttached(components ...*Component) {
	i.t.Helper()
	i.Wait("the components are attached", func() bool {
		for _, c := range components {
			if !i.Status(c).Online {
				return false
			}
		}
		for _, route := range i.Broker.Routes() {
			for _, listener := range route.Listeners {
				if listener.State != engine.ListenerUp {
					return false
				}
			}
		}
		return true
	})
}

// Start starts a component that has joined.
func (i *Installation) Start(c *Component, m Machine) {
	i.t.Helper()
	config := component.Config{Folder: c.Folder, Listen: cmp.Or(m.Listen, FreeAddress(i.t)), Version: "test", Memory: m.Memory, LongPath: m.LongPath, Clock: m.Clock, Log: i.Log.logger(m.Name)}
	for _, address := range m.Addresses {
		config.Interfaces = append(config.Interfaces, netip.MustParseAddr(address))
	}
	if len(m.Addresses) > 0 {
		config.Machine = m.Name
		advertised := m.Advertise
		if advertised == "" {
			advertised = config.Listen
		}
		config.Advertise = []netip.AddrPort{netip.MustParseAddrPort(advertised)}
	}
	ctx, stop := context.WithCancel(context.Background())
	running, err := component.New(ctx, config)
	if err != nil {
		stop()
		i.t.Fatal(err)
	}
	c.stop, c.ran = stop, make(chan error, 1)
	go func() { c.ran <- running.Run(ctx) }()
}

// Stop stops a component and waits until it has.
func (c *Component) Stop() {
	if c.stop == nil {
		return
	}
	c.stop()
	c.stop = nil
	<-c.ran
}

// Status gives what the broker knows of a component.
func (i *Installation) Status(c *Component) engine.ComponentStatus {
	for _, status := range i.Broker.Components() {
		if status.ID == c.ID {
			return status
		}
	}
	return engine.ComponentStatus{}
}

// Route makes a service and a route to it, and waits until its source listens.
func (i *Installation) Route(source, target *Component, backend string, edit func(*engine.Route)) engine.Route {
	i.t.Helper()
	ctx := context.Background()
	service, err := i.Admin.PutService(ctx, engine.Service{Name: "to " + target.Name + " " + backend, Target: target.ID, Backend: backend})
	if err != nil {
		i.t.Fatal(err)
	}
	route := engine.Route{Name: "route to " + backend, Sources: []engine.ID{source.ID}, Listen: FreeAddress(i.t), Service: service.ID, Direction: engine.Push, Enabled: true, LingerSeconds: 1}
	if edit != nil {
		edit(&route)
	}
	route = *i.Apply(engine.Change{PutRoute: &engine.RouteEdit{Route: route}}).Route
	i.Wait("the route is listened on", func() bool {
		for _, status := range i.Broker.Routes() {
			if status.ID == route.ID {
				return len(status.Listeners) == 1 && status.Listeners[0].State == engine.ListenerUp
			}
		}
		return false
	})
	return route
}

// Apply does a change, confirmed.
func (i *Installation) Apply(change engine.Change) engine.Effect {
	i.t.Helper()
	effect, err := engine.ApplyShown(context.Background(), i.Admin, change, false, func(engine.Effect) {})
	if err != nil {
		i.t.Fatal(err)
	}
	return effect
}

// Encrypt adds a rule that encrypts between two addresses, and gives it as it is stored.
func (i *Installation) Encrypt(name, source, target string) engine.Rule {
	i.t.Helper()
	rule := engine.Rule{Name: name, Enabled: true, Encrypt: true, Source: []engine.Selector{selector(i.t, source)}, Target: []engine.Selector{selector(i.t, target)}}
	i.Apply(engine.Change{AddRule: &rule})
	set, err := i.Admin.RuleSet(context.Background())
	if err != nil {
		i.t.Fatal(err)
	}
	for _, stored := range set.Rules {
		if stored.Name == name {
			return stored
		}
	}
	i.t.Fatalf("rule %q is not stored", name)
	return rule
}

func selector(t testing.TB, text string) engine.Selector {
	t.Helper()
	parsed, err := engine.ParseSelector(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// Receipts gives all receipts, newest first.
func (i *Installation) Receipts() []engine.Receipt {
	i.t.Helper()
	receipts, err := i.Store.Receipts(context.Background(), engine.ReceiptQuery{})
	if err != nil {
		i.t.Fatal(err)
	}
	return receipts
}

// WaitReceipts waits for so many receipts.
func (i *Installation) WaitReceipts(count int) []engine.Receipt {
	i.t.Helper()
	i.Wait("the receipts", func() bool { return len(i.Receipts()) >= count })
	return i.Receipts()
}

// Wait asks again until something is so.
func (i *Installation) Wait(what string, so func() bool) {
	i.t.Helper()
	deadline := time.After(Patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			i.t.Fatalf("it did not come to this: %s", what)
		}
	}
}

// FreeAddress finds a loopback address on which nothing listens.
func FreeAddress(t testing.TB) string {
	t.Helper()
	return loopback.Address(t)
}

// Echo is a backend that sends back what it gets, and counts its connections.
type Echo struct {
	listener net.Listener
	mu       sync.Mutex
	answer   func(net.Conn)
	count    int
	broken   int
}

// NewEcho starts one on loopback. It is stopped when the test ends.
func NewEcho(t testing.TB) *Echo {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &Echo{listener: listener}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			e.mu.Lock()
			e.count++
			e.mu.Unlock()
			running.Go(func() { e.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		running.Wait()
	})
	return e
}

// Answer has later connections answered by do instead, which need not close them.
func (e *Echo) Answer(do func(net.Conn)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = do
}

func (e *Echo) serve(conn net.Conn) {
	defer conn.Close()
	e.mu.Lock()
	answer := e.answer
	e.mu.Unlock()
	if answer != nil {
		answer(conn)
		return
	}
	_, err := io.Copy(conn, conn)
	if err == nil {
		err = conn.(*net.TCPConn).CloseWrite()
	}
	if err != nil && !errors.Is(err, net.ErrClosed) {
		e.mu.Lock()
		e.broken++
		e.mu.Unlock()
	}
}

// Address is where it listens.
func (e *Echo) Address() string { return e.listener.Addr().String() }

// Connections counts those that were accepted, Broken those that ended with an error.
func (e *Echo) Connections() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.count
}

// Broken counts the connections that ended with an error.
func (e *Echo) Broken() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.broken
}

// Log gathers what all parts say.
type Log struct {
	mu   sync.Mutex
	text []byte
}

func (l *Log) logger(who string) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})).With("who", who)
}

// Write adds a line.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

// String gives all lines.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
