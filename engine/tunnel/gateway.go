package tunnel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/network"
	"lockwire/engine/pump"
)

// errWasCut: the broker had the connection ended.
var errWasCut = errors.New("the broker has cut it")

// errNotAllowed: the broker says that the key may not go there.
var errNotAllowed = errors.New("the broker does not allow it")

// Verdict is what the broker says of where a key wants to go.
type Verdict struct {
	Allowed bool
	// Tenant is whose key it is, where it is allowed.
	Tenant engine.ID
	// Endpoints are ADDR:PORT of the session's target, best first. Those of the broker are the gateway's to know.
	Endpoints []string
}

// Config is what a Gateway is made from.
type Config struct {
	// TLS is identity.GatewayConfig.
	TLS *tls.Config
	// Authorise asks the broker. An error means that it gave no answer.
	Authorise func(ctx context.Context, key engine.KeyID, to Destination) (Verdict, error)
	// Broker gives HOST:PORT of the broker, best first.
	Broker func() []string
	// Dial connects to the broker or to a target. What it gives is a *net.TCPConn.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Refused, which may be nil, is told of each connection that was not let through or did not end in order, and why.
	Refused func(from net.Addr, why error)
	Bounds  Bounds
	// Silence and HalfClosed are those of pump.Options.
	Silence, HalfClosed time.Duration
}

// Gateway lets tenants through to the broker and to the targets of their sessions. It is safe for concurrent use.
type Gateway struct {
	config    Config
	unproven  *crowd
	strangers *crowd
	holders   *holders
	line      line
}

// NewGateway makes a gateway.
func NewGateway(config Config) *Gateway {
	config.Bounds = config.Bounds.withDefaults()
	b := config.Bounds
	return &Gateway{config: config, line: newLine(), unproven: newCrowd(b.Unproven, b.UnprovenPerAddress), strangers: newCrowd(b.Strangers, b.StrangersPerAddress), holders: newHolders(b)}
}

// Serve accepts connections until ctx ends or the listener fails for good, and returns when none is left. It closes the listener. After ctx
// ends it returns nil.
func (g *Gateway) Serve(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	defer listener.Close()
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel() // before the wait
	accepting := network.Acceptor{Listener: listener}
	for {
		conn, err := accepting.Accept(ctx)
		switch {
		case ctx.Err() != nil:
			if err == nil {
				reset(conn)
			}
			return nil
		case err != nil:
			return fmt.Errorf("accept tunnels: %w", err)
		}
		running.Go(func() { g.Handle(ctx, conn) })
	}
}

// Handle serves one connection until it or ctx ends.
func (g *Gateway) Handle(ctx context.Context, conn net.Conn) {
	defer context.AfterFunc(ctx, func() { reset(conn) })()
	if err := g.serve(ctx, conn); err != nil && ctx.Err() == nil && g.config.Refused != nil {
		g.config.Refused(conn.RemoteAddr(), err)
	}
}

// CutKey ends all connections of a key, and has it asked about anew.
func (g *Gateway) CutKey(key engine.KeyID) { g.holders.cutKey(key) }

// CutSession ends all connections of a session, and has it asked about anew.
func (g *Gateway) CutSession(session engine.ID) { g.holders.cutSession(session) }

// CutSessions ends what leads to targets. The connections with the broker go on.
func (g *Gateway) CutSessions() { g.holders.cutSessions() }

// CutAll ends all connections, and forgets all that was allowed.
func (g *Gateway) CutAll() { g.holders.cutAll() }

// SetLine says how many bytes per second the gateway carries each way, throttle.Unlimited where that is not known. Where more wants to
// pass it is shared equally among the tenants, and what each gets equally among its sessions.
func (g *Gateway) SetLine(bytesPerSecond uint64) { g.line.set(bytesPerSecond) }

// Carried gives how many sessions there are, and how many connections they have.
func (g *Gateway) Carried() (sessions, connections int) { return g.holders.carried() }

// WhenEmpty is closed when no session has a connection any more.
func (g *Gateway) WhenEmpty() <-chan struct{} { return g.holders.whenEmpty() }

// Counts gives how many connections there are whose key is proven, and of how many keys.
func (g *Gateway) Counts() (connections, keys int) { return g.holders.counts() }

// serve takes one connection through its life. It closes it.
func (g *Gateway) serve(ctx context.Context, conn net.Conn) error {
	defer reset(conn) // does nothing to one that was closed in order
	network.SetReset(conn)
	below := newGatherer(conn)
	secured := tls.Server(below, g.config.TLS)
	guest := g.unproven.enter(conn.RemoteAddr(), func() { reset(conn) })
	defer guest.leave()
	if err := g.prove(ctx, conn, secured, guest); err != nil {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	key := identity.KeyIDOf(secured.ConnectionState().PeerCertificates[0].RawSubjectPublicKeyInfo)
	passage, known, err := g.holders.enter(key, conn)
	if err != nil {
		return err
	}
	defer g.holders.leave(passage)
	wait := g.config.Bounds.Hello
	if known { // else it stays among the unproven until it speaks: keys cost nothing, and each has room of its own
		guest.leave()
		wait = g.config.Bounds.Ready
	}
	if err := conn.SetDeadline(time.Now().Add(wait)); err != nil {
		return err
	}
	to, err := readHello(secured)
	evicted := guest.leave()
	if err != nil {
		if evicted {
			return fmt.Errorf("%w connections of unknown keys that say nothing: %w", errBusy, err)
		}
		if known {
			return nil // a connection that was kept ready, and not used
		}
		return fmt.Errorf("wait for where it wants to go: %w", err)
	}
	return g.lead(ctx, passage, to, secured, below)
}

// prove runs the handshake.
func (g *Gateway) prove(ctx context.Context, conn net.Conn, secured *tls.Conn, guest *guest) error {
	ctx, cancel := context.WithTimeout(ctx, g.config.Bounds.Handshake)
	defer cancel()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	if err := secured.HandshakeContext(ctx); err != nil {
		network.SetOrderly(conn) // the alert says why
		_ = conn.Close()
		if guest.leave() {
			return fmt.Errorf("%w handshakes at once: %w", errBusy, err)
		}
		return err
	}
	return nil
}

// lead connects a client with where it wants to go.
func (g *Gateway) lead(ctx context.Context, p *passage, to Destination, secured *tls.Conn, below *gatherer) error {
	verdict, err := g.judge(ctx, p, to)
	var target *pump.TCP
	switch {
	case err != nil:
	case to.Kind == ToBroker && !verdict.Allowed:
		guest := g.strangers.enter(below.RemoteAddr(), p.reset)
		defer guest.leave()
		defer g.judgeLater(ctx, p, guest)()
		target, err = g.dial(ctx, g.config.Broker())
	case !verdict.Allowed:
		err = errNotAllowed
	case to.Kind == ToBroker:
		target, err = g.dial(ctx, g.config.Broker())
	default:
		target, err = g.dial(ctx, verdict.Endpoints)
	}
	answer := []byte{answerThrough}
	if err != nil {
		answer[0] = answerRefused
	}
	if late := below.SetDeadline(time.Now().Add(g.config.Bounds.Hello)); err == nil {
		err = late
	}
	if _, unsent := secured.Write(answer); err == nil {
		err = unsent
	}
	if err == nil {
		err = below.SetDeadline(time.Time{})
	}
	if err != nil {
		if target != nil {
			target.Reset()
		}
		network.SetOrderly(below.Conn)
		_ = secured.Close()
		return fmt.Errorf("it wants to reach %v: %w", to, err)
	}
	options := pump.Options{LocalName: func() string { return "the tenant" }, RemoteName: to.String, Silence: g.config.Silence, HalfClosed: g.config.HalfClosed}
	if to.Kind == ToSession {
		defer g.line.join(verdict.Tenant, to.Session, &options)()
	}
	if _, err = pump.Run(ctx, newEnd(secured, below), target, options); err != nil {
		return fmt.Errorf("the connection with %v has ended: %w", to, err)
	}
	return nil
}

// judge says whether a connection may go there.
func (g *Gateway) judge(ctx context.Context, p *passage, to Destination) (Verdict, error) {
	verdict, ask, err := g.holders.goes(p, to)
	switch {
	case err != nil && ask:
		return Verdict{}, fmt.Errorf("%w questions about this key", err)
	case err != nil || !ask:
		return verdict, err
	}
	return g.ask(ctx, p)
}

// ask asks the broker. The question is counted already.
func (g *Gateway) ask(ctx context.Context, p *passage) (Verdict, error) {
	verdict, err := g.config.Authorise(ctx, p.key, p.to)
	if err != nil {
		verdict = Verdict{}
	}
	if cut := g.holders.answered(p, verdict); err == nil {
		err = cut
	}
	return verdict, err
}

// judgeLater asks about a stranger once more after a while, when it must have become known, and else ends its connection.
func (g *Gateway) judgeLater(ctx context.Context, p *passage, guest *guest) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	asking.Go(func() {
		if engine.Pause(ctx, g.config.Bounds.Stranger) != nil {
			return
		}
		err := g.holders.asksAgain(p)
		if err == nil {
			var verdict Verdict
			if verdict, err = g.ask(ctx, p); err == nil && verdict.Allowed {
				guest.leave()
				return
			}
		}
		p.reset()
	})
	return func() {
		cancel()
		asking.Wait()
	}
}

const (
	// dialWithin is how long the connect with one address may take, and dialNext when the next one is tried beside it.
	dialWithin = 5 * time.Second
	dialNext   = 250 * time.Millisecond
)

var errNoEndpoint = errors.New("the broker names no address of it")

// dial connects with the first of several addresses that answers.
func (g *Gateway) dial(ctx context.Context, addresses []string) (*pump.TCP, error) {
	if len(addresses) == 0 {
		return nil, errNoEndpoint
	}
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	type attempt struct {
		conn net.Conn
		err  error
	}
	attempts := make(chan attempt, len(addresses))
	var failures []error
	next := time.NewTimer(0)
	defer next.Stop()
	for begun, ended := 0, 0; ended < len(addresses); {
		var begin <-chan time.Time
		if begun < len(addresses) {
			begin = next.C
		}
		select {
		case <-begin:
			address := addresses[begun]
			begun++
			next.Reset(dialNext)
			go func() { // who dials waits for it
				conn, err := g.config.Dial(ctx, address)
				attempts <- attempt{conn, err}
			}()
		case a := <-attempts:
			ended++
			if a.err != nil {
				failures = append(failures, a.err)
				next.Reset(0)
				continue
			}
			cancel()
			for range begun - ended {
				if late := <-attempts; late.err == nil { // it was as quick
					reset(late.conn)
				}
			}
			return takeOver(a.conn)
		}
	}
	return nil, errors.Join(failures...)
}

func takeOver(conn net.Conn) (*pump.TCP, error) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		reset(conn)
		return nil, errors.New("it was not reached over TCP")
	}
	return pump.NewTCP(tcp)
}
