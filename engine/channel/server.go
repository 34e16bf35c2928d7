package channel

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel/admission"
	"lockwire/engine/network"
)

// Server is the target's side: it admits connections, runs their handshakes or takes their joins, and delivers those whose open
// was authentic.
// Its fields must not change while it serves.
type Server struct {
	// Lookup finds a live session, before anything is signed for it. It returns ErrNoSession for one that is unknown, used
	// up or expired. It is called for every connection that names a session and must be quick. The session's secret may be
	// destroyed at any time: see Secret.Destroy.
	Lookup func(id engine.ID) (*Session, error)
	// Handle gets each flow that was opened, in a goroutine of its own. It connects to the backend, calls Accept or Refuse,
	// and returns when it is done with the channel; an Incoming that got neither answer is reset then. ctx ends with Serve's,
	// and when the source leaves before it has got an answer: nobody waits for the backend any more.
	Handle func(ctx context.Context, in *Incoming)
	// Refused, which may be nil, is told of every connection that came to no flow, and why (ErrClientHello, ErrBusy,
	// ErrNoSession, ErrPeerKey, ErrFlowUsed, what TLS said, or that it joins no session). It must be quick and is called from many goroutines at once.
	Refused func(from net.Addr, why error)
	// Bounds limit what connections that have proved nothing can take. The zero value stands for admission.DefaultBounds.
	Bounds admission.Bounds
}

// Serve accepts connections until ctx ends or the listener fails for good, and returns when every handler has returned.
// It closes the listener. After ctx ends it returns nil.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	gate := admission.New(s.Bounds)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
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
				_ = conn.Close()
			}
			return nil
		case err != nil:
			return fmt.Errorf("accept channels: %w", err)
		}
		network.SetReset(conn)
		running.Go(func() {
			network.GrowStack()
			s.serve(ctx, conn, gate)
		})
	}
}

// serve takes one connection through its life: a flow, and where the connection is kept those that come after it.
func (s *Server) serve(ctx context.Context, conn net.Conn, gate *admission.Gate) {
	next := s.serveOne(ctx, conn, func() {}, func(ctx context.Context) (*Incoming, error) { return s.admit(ctx, conn, gate) })
	for next != nil {
		k := next
		next = s.serveOne(ctx, conn, k.drop, func(context.Context) (*Incoming, error) { return s.next(k, gate.Bounds().HelloWait) })
	}
}

// serveOne takes one flow, which take waits for, through its life, and gives its connection where that is kept. leave is called before the
// connection is closed because ctx has ended.
func (s *Server) serveOne(ctx context.Context, conn net.Conn, leave func(), take func(context.Context) (*Incoming, error)) *kept {
	serving := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var admitted atomic.Pointer[Incoming]
	defer context.AfterFunc(ctx, func() { // with Serve's, or when the source has gone
		if in := admitted.Load(); in != nil {
			in.conn.Reset()
		} else {
			leave()
			_ = conn.Close()
		}
	})()
	in, err := take(ctx)
	if err != nil {
		_ = conn.Close()
		if s.Refused != nil && serving.Err() == nil && !errors.Is(err, errKeptClosed) {
			s.Refused(conn.RemoteAddr(), err)
		}
		return nil
	}
	defer in.drop()
	admitted.Store(in)
	in.watch(cancel)
	s.Handle(ctx, in)
	return in.conn.kept.Load()
}

// admit turns a connection, which somebody closes when ctx ends, into an Incoming.
func (s *Server) admit(ctx context.Context, conn net.Conn, gate *admission.Gate) (*Incoming, error) {
	waiting, err := gate.Enter(conn)
	if err != nil {
		return nil, err
	}
	defer waiting.Leave()
	if err := conn.SetDeadline(time.Now().Add(gate.Bounds().HelloWait)); err != nil {
		return nil, err
	}
	beginning := make([]byte, maximumFlight) // shorter than any ClientHello that can succeed
	n, err := conn.Read(beginning)
	if n == 0 {
		return nil, silent(waiting, fmt.Errorf("%w: %w", ErrClientHello, cmp.Or(err, io.ErrNoProgress)))
	}
	beginning = beginning[:n]
	if recordType(beginning[0]) == typeJoin {
		return s.takeJoin(conn, beginning)
	}
	rest := bytes.NewReader(beginning)
	raw, name, err := admission.ReadClientHello(io.MultiReader(rest, conn))
	if err != nil {
		return nil, silent(waiting, err)
	}
	if rest.Len() > 0 {
		return nil, fmt.Errorf("%w: more follows", ErrClientHello)
	}
	id, err := admission.SessionOf(name)
	if err != nil {
		return nil, err
	}
	found, err := s.find(id)
	if err != nil {
		return nil, err
	}
	session, err := found.check(target)
	if err != nil {
		return nil, fmt.Errorf("session %v: %w", id, err)
	}
	if !session.Secret.HasKey() {
		return nil, fmt.Errorf("%w: it takes no handshake any more", ErrNoSession)
	}

	ctx, cancel := context.WithTimeout(ctx, gate.Bounds().HandshakeWait)
	defer cancel()
	slot, err := waiting.Acquire(ctx, id)
	if err != nil {
		return nil, err
	}
	defer slot.Release()
	deadline, _ := ctx.Deadline() // the wait for a slot counts
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	return s.handshake(ctx, conn, raw, session)
}

// silent says why a connection gave nothing, or not enough.
func silent(waiting *admission.Waiter, err error) error {
	if waiting.Evicted() {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

// find looks a session up.
func (s *Server) find(id engine.ID) (*Session, error) {
	found, err := s.Lookup(id)
	if err != nil {
		return nil, err
	}
	if found.Terms.Session != id || found.Flows == nil || found.Secret == nil {
		return nil, fmt.Errorf("session %v: the lookup gave another session, or one without a secret or flow numbers", id)
	}
	return found, nil
}

// handshake proves the source and waits for its open. A channel without a flow does not keep its session alive: when the session
// secret is wiped meanwhile, the keys that were derived go before Destroy returns.
func (s *Server) handshake(ctx context.Context, conn net.Conn, raw []byte, session Session) (*Incoming, error) {
	var request []byte
	c, err := session.Secret.whileHandshaking(conn, func() (*Conn, error) {
		c, open, err := s.opening(ctx, conn, raw, session)
		request = open
		return c, err
	})
	if err != nil {
		return nil, err
	}
	return admitted(c, request, &session)
}

// opening does what handshake says, and founds the session's chain. Where it gives an error, no key of the channel is left.
func (s *Server) opening(ctx context.Context, conn net.Conn, raw []byte, session Session) (*Conn, []byte, error) {
	config, err := session.tlsConfig(session.Terms.Source)
	if err != nil {
		return nil, nil, err
	}
	name := config.ServerName
	var another error // the source speaks another version
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if hello.ServerName != name { // crypto/tls must have read what admission did
			return nil, fmt.Errorf("%w: ambiguous server name", ErrClientHello)
		}
		if names := hello.SupportedProtos; !slices.Equal(names, config.NextProtos) {
			another = otherVersion("the source", names)
			if len(names) == 0 || slices.Contains(names, protocol) {
				return nil, another // where crypto/tls itself would go on
			}
		}
		return nil, nil
	}
	prepare := func() *tls.Conn { return tls.Server(&feed{Conn: conn, prefix: raw, total: len(raw)}, config) }
	c, err := establish(ctx, conn, prepare, session, target)
	if err != nil && another != nil {
		err = another
	}
	if err != nil {
		return nil, nil, err
	}
	_, request, err := c.receiveOne(nil, typeOpen)
	if err != nil {
		return nil, nil, c.fail(err)
	}
	if err := session.Secret.hold(c.opening.takeChain()); err != nil {
		return nil, nil, c.fail(err)
	}
	return c, request, nil
}

// admitted judges an open that was authentic, and answers where it must not become a flow.
func admitted(c *Conn, request []byte, session *Session) (*Incoming, error) {
	open, err := parseOpen(request)
	var used error
	if open.Stream == 0 || err != nil { // who holds the flow judges the number of a further stream
		used = session.Flows.Take(open.Flow) // whatever becomes of the flow
	}
	switch {
	case errors.Is(err, errExtension):
		return nil, c.refuse(ReasonUnknownExtension, err)
	case err != nil:
		return nil, c.fail(err)
	case used != nil:
		return nil, c.refuse(ReasonFlowUsed, used)
	}
	return &Incoming{conn: c, open: open}, nil
}

// refuse answers with refused and ends the channel. It gives why.
func (c *Conn) refuse(r Reason, why error) error {
	_ = c.answer(typeRefused, marshalRefused(r, ""))
	c.afterRefusal()
	return why
}

// Incoming is a flow that a proven source asks for.
type Incoming struct {
	conn *Conn
	open Open

	watching sync.WaitGroup

	mu       sync.Mutex
	answered bool
	watched  bool        // the watch has begun
	later    *time.Timer // begins it; nil before watch
}

// watchAfter is how long an Incoming goes without a watch: nearly all are answered by then.
const watchAfter = 100 * time.Millisecond

// Open is what the source asked for.
func (in *Incoming) Open() Open { return in.open }

// Terms are the terms of the flow's session.
func (in *Incoming) Terms() Terms { return in.conn.terms }

// RemoteAddr is the source's address.
func (in *Incoming) RemoteAddr() net.Addr { return in.conn.RemoteAddr() }

// Accept tells the source that the backend is connected. From then on the channel carries data and belongs to the caller. In plain
// mode it waits until the source of a join has proved that the flight was its own.
// It fails when an answer was given before, when the source has gone, or with ErrNoSession when the session secret was wiped.
func (in *Incoming) Accept() (*Conn, error) {
	if err := in.answer(); err != nil {
		return nil, err
	}
	c := in.conn
	err := c.answered()
	if err == nil {
		err = c.conn.SetDeadline(time.Now().Add(answerTimeout))
	}
	if err == nil {
		err = c.answer(typeOpened, c.keepsFor(in.open))
	}
	if err == nil && c.terms.Mode == engine.Plain && c.random != nil {
		_, _, err = c.receiveOne(nil, typePing)
	}
	if err == nil {
		err = c.opened(in.open)
	}
	if err != nil {
		return nil, fmt.Errorf("accept the channel of %v: %w", in.RemoteAddr(), c.fail(err))
	}
	return c, nil
}

// Refuse tells the source why the flow is not carried, and ends the channel. detail may be empty; it reaches the source's log.
func (in *Incoming) Refuse(r Reason, detail string) error {
	if err := in.answer(); err != nil {
		return err
	}
	err := in.conn.conn.SetDeadline(time.Now().Add(answerTimeout))
	if err == nil {
		err = in.conn.answer(typeRefused, marshalRefused(r, detail))
	}
	in.conn.afterRefusal()
	if err != nil {
		return fmt.Errorf("refuse the channel of %v: %w", in.RemoteAddr(), err)
	}
	return nil
}

// answerTimeout is how long the answer to an open may take to leave, which is one small record, and then, in plain mode, the
// source's proof that it sent the flight.
const answerTimeout = 10 * time.Second

var errAnswered = errors.New("the flow was answered before")

// answer ends the watch, so that the connection is the answer's alone, and looks once more at what the watch would have found.
func (in *Incoming) answer() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.answered {
		return errAnswered
	}
	in.answered = true
	in.later.Stop()
	if in.watched {
		_ = in.conn.conn.SetReadDeadline(time.Unix(1, 0)) // fails only on a closed connection, which ends the watch too
		in.watching.Wait()
	}
	if err := in.conn.failure(); err != nil {
		return err
	}
	early := network.Readable(in.conn.conn)
	if in.watched || early {
		_ = in.conn.conn.SetReadDeadline(time.Time{})
	}
	if early {
		return in.readEarly()
	}
	return nil
}

// watch resets the channel and calls gone when the source leaves before it has got an answer, which is noticed watchAfter from now
// at the earliest. Until then a source sends nothing, in either mode, so that whatever there is to read is the end of the connection or
// a peer that breaks the protocol.
func (in *Incoming) watch(gone func()) {
	_ = in.conn.conn.SetReadDeadline(time.Time{}) // the handshake's
	in.mu.Lock()
	defer in.mu.Unlock()
	in.later = time.AfterFunc(watchAfter, func() {
		if !in.beginWatch() {
			return
		}
		defer in.watching.Done()
		if err := in.readEarly(); err != nil { // nil once it is answered
			gone()
		}
	})
}

// beginWatch tells whether there is still something to watch. watching.Done must follow then.
func (in *Incoming) beginWatch() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.answered {
		return false
	}
	in.watched = true
	in.watching.Add(1)
	return true
}

// readEarly reads before the answer. Whatever it finds ends the channel.
func (in *Incoming) readEarly() error {
	c := in.conn
	n, err := c.conn.Read(make([]byte, 1))
	switch {
	case n > 0:
		return c.fail(fmt.Errorf("%w: the source did not wait for its answer", ErrRecord))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	}
	return c.fail(readError(err))
}

// drop resets a flow that the handler forgot or is done with.
func (in *Incoming) drop() {
	in.mu.Lock()
	in.answered = true
	in.later.Stop()
	in.mu.Unlock()
	in.conn.Reset()
	in.watching.Wait()
}

// afterRefusal closes a channel that ends with a refused record. The record must arrive, so that this close is a clean one:
// nothing of a flow was carried that it could make look complete.
func (c *Conn) afterRefusal() {
	network.SetOrderly(c.conn)
	err := error(errClosed)
	if c.dead.CompareAndSwap(nil, &err) {
		c.wipe()
		_ = c.answered() // nothing is left to be abandoned
		_ = c.conn.Close()
	}
}
