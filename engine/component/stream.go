package component

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"sync"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// stream is one control stream, from hello to its end.
type stream struct {
	a   *attachment
	rpc wire.Attachment_AttachClient
	key engine.KeyID // the one that it proved
	// generation numbers the stream's one-time keys.
	generation uint64
	out        chan *wire.Up
	done       <-chan struct{} // closed when the stream is over
	end        context.CancelCauseFunc
	sending    sync.WaitGroup
}

const (
	// outgoing is how many messages may wait for a slow broker before the stream is given up.
	outgoing = 1024
	// oneTimeAhead is how many one-time keys the broker holds of this component, and oneTimeRefill below which more are sent:
	// as many sessions can begin within one round trip.
	oneTimeAhead  = 8
	oneTimeRefill = 6
)

var errSlowBroker = errors.New("the broker does not take what it is sent")

// attach opens a control stream and serves it until it breaks or ctx ends. It tells whether the broker had welcomed the
// component, and why the stream ended.
func (a *attachment) attach(opening, ctx context.Context) (welcomed bool, err error) {
	a.mu.Lock()
	unable := a.unable
	a.mu.Unlock()
	if unable != nil {
		return false, unable
	}
	if err := a.renewBeforeAttaching(opening); err != nil {
		return false, err
	}
	verifier := identity.NewVerifier(a.directory.Roots, a.clock.Now)
	certificate, err := a.directory.Certificate()
	if err != nil {
		return false, err
	}
	// Not the directory's own, which may be renewed before the handshake asks for it.
	config := identity.ClientConfig(verifier, func() (*tls.Certificate, error) { return certificate, nil })
	connection, err := dialBroker(opening, a.c.config.Network, a.brokers(), config)
	if err != nil {
		return false, err
	}
	defer connection.Close()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	rpc, err := wire.NewAttachmentClient(connection).Attach(ctx)
	if err != nil {
		return false, explainStream(err)
	}
	key := identity.KeyIDOf(certificate.Leaf.RawSubjectPublicKeyInfo)
	s := &stream{a: a, rpc: rpc, key: key, out: make(chan *wire.Up, outgoing), done: ctx.Done(), end: end}
	named, err := s.hello()
	if err != nil {
		return false, streamError(ctx, err)
	}
	welcome, err := s.awaitWelcome()
	if err != nil {
		return false, streamError(ctx, err)
	}
	if err := a.directory.Attached(key); err != nil {
		a.log.Warn("the key before the renewal stays on the disk", "reason", err.Error())
	}
	s.welcome(welcome, named, presence{
		since: a.clock.Now(), role: machine.Shorten(welcome.GetRole()), seenFrom: machine.Shorten(welcome.GetSeenFrom()), group: connection.group, address: connection.address,
	})
	a.log.Info("attached to the broker", "broker", connection.address, "key exchange", connection.group, "certificate ends", certificate.Leaf.NotAfter)
	a.attachAnewWhereRenewed()
	s.sending.Go(s.sendAll)
	err = s.receiveAll()
	end(err)
	a.detached(s)
	s.sending.Wait()
	return true, streamError(ctx, err)
}

// streamError prefers the reason for which the stream was ended here.
func streamError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && cause != ctx.Err() && !errors.Is(err, cause) {
		return cause
	}
	return explainStream(err)
}

// hello says who is here. It gives the ids of the sessions that it named: those that the broker does not adopt are cut.
func (s *stream) hello() (named []engine.ID, err error) {
	a := s.a
	s.generation = a.oneTime.Renew()
	keys, err := a.oneTime.Make(s.generation, oneTimeAhead)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	report := a.report
	a.mu.Unlock()
	hello := &wire.Hello{Instance: a.instance[:], Report: wire.FromReport(report), OneTimeKeys: s.oneTimeMessage(keys)}
	for _, live := range a.sessions.all() {
		if message := live.forHello(); message != nil {
			hello.Sessions = append(hello.Sessions, message)
			named = append(named, live.id)
		}
	}
	// A broker that refuses may have done so before the hello is sent. Why, only receiving tells; sending says EOF.
	if err := s.rpc.Send(&wire.Up{Message: &wire.Up_Hello{Hello: hello}}); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return named, nil
}

func (s *stream) oneTimeMessage(keys []session.OneTimePublic) *wire.OneTimeKeys {
	message := &wire.OneTimeKeys{Generation: s.generation}
	for _, key := range keys {
		message.Keys = append(message.Keys, &wire.OneTimeKey{Id: key.ID[:], Public: key.Key})
	}
	return message
}

// awaitWelcome waits for the broker's first word, which is welcome.
func (s *stream) awaitWelcome() (*wire.Welcome, error) {
	late := s.a.clock.NewTimer(callTimeout)
	defer late.Stop()
	type first struct {
		message *wire.Down
		err     error
	}
	received := make(chan first, 1)
	s.sending.Go(func() {
		message, err := s.rpc.Recv()
		received <- first{message, err}
	})
	select {
	case got := <-received:
		if got.err != nil {
			return nil, got.err
		}
		if got.message.GetWelcome() == nil {
			return nil, errors.New("the broker's first word is not welcome")
		}
		return got.message.GetWelcome(), nil
	case <-late.C():
		err := errors.New("the broker took the connection but does not answer")
		s.end(err)
		<-received
		return nil, err
	}
}

// welcome takes the broker's first word: sessions that it does not adopt are cut, ends that it may have missed are reported again.
func (s *stream) welcome(welcome *wire.Welcome, named []engine.ID, present presence) {
	a := s.a
	if name := welcome.GetName(); name != "" && len(name) <= identity.MaxName && name != a.directory.Attachment().Name {
		if err := a.directory.SetName(name); err != nil {
			a.log.Warn("the component's new name is not kept", "reason", err.Error())
		}
	}
	adopted := make(map[engine.ID]bool, len(welcome.GetAdopted()))
	for _, id := range welcome.GetAdopted() {
		if session, err := wire.ParseID(id); err == nil {
			adopted[session] = true
		}
	}
	a.routes.startAnew()
	a.attachedNow(s, present)
	for _, id := range named {
		if live := a.sessions.get(id); live != nil && !adopted[id] {
			live.order(session.CutOrdered, "the broker does not go on with the session")
		}
	}
	for _, live := range a.sessions.all() {
		live.order(session.Reattached, "")
	}
	a.routes.tell()
}

// sendAll sends what is queued until the stream is over.
func (s *stream) sendAll() {
	for {
		select {
		case message := <-s.out:
			if err := s.rpc.Send(message); err != nil {
				s.end(nil) // the receiving side knows the reason
				return
			}
		case <-s.done:
			return
		}
	}
}

// send queues a message. It never waits: a broker that takes nothing loses the stream, and everything is sent again on the next one.
func (s *stream) send(message *wire.Up) {
	select {
	case s.out <- message:
	case <-s.done:
	default:
		s.end(errSlowBroker)
	}
}

func (s *stream) sendReport(report engine.Report) {
	s.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(report)}})
}

// refill makes up for one-time keys that offers have used. An offer may be answered after its stream is over: the keys of the
// next one are its own.
func (s *stream) refill() {
	keys, err := s.a.oneTime.Refill(s.generation, oneTimeRefill, oneTimeAhead)
	switch {
	case errors.Is(err, session.ErrOldGeneration):
	case err != nil:
		s.a.log.Error("no one-time keys: no session can begin", "reason", err.Error())
	case len(keys) > 0:
		s.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: s.oneTimeMessage(keys)}})
	}
}

// receiveAll carries out what the broker says until the stream is over, and gives the reason.
func (s *stream) receiveAll() error {
	for {
		message, err := s.rpc.Recv()
		if err != nil {
			return err
		}
		if err := s.take(message); err != nil {
			return fmt.Errorf("the broker's message is not understood: %w", err)
		}
	}
}

// take carries out one message. It must not wait for the network: what does is started.
func (s *stream) take(down *wire.Down) error {
	a := s.a
	switch message := down.GetMessage().(type) {
	case *wire.Down_Routes:
		return a.routes.replace(message.Routes.GetRoutes())
	case *wire.Down_Offer:
		return a.offers.take(s, message.Offer)
	case *wire.Down_SessionRefused:
		a.requests.answer(message.SessionRefused.GetRequest(), nil, &sessionRefused{machine.Sentence(message.SessionRefused.GetReason())})
	case *wire.Down_OfferCancelled:
		return a.offers.cancel(message.OfferCancelled.GetSession(), message.OfferCancelled.GetReason())
	case *wire.Down_Cut:
		return a.cut(message.Cut)
	case *wire.Down_EndedAcknowledged:
		return a.ordered(message.EndedAcknowledged.GetSession(), session.ReportAcknowledged, "")
	case *wire.Down_Roots:
		return a.keepRoots(message.Roots.GetRoots())
	case *wire.Down_BrokerAddresses:
		return a.keepBrokers(message.BrokerAddresses.GetAddresses())
	case *wire.Down_Probe:
		a.probe(s, message.Probe)
	case *wire.Down_Transfer:
		a.transfer(s, message.Transfer)
	case *wire.Down_Allotments:
		return s.allot(message.Allotments)
	case *wire.Down_DrainOrder:
		return a.takeDrainOrder(message.DrainOrder)
	case *wire.Down_Calibrate:
		a.c.calibrator.Order()
	}
	return nil // a newer broker may say what this agent does not know
}
