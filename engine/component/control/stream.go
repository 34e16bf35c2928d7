package control

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
	"lockwire/engine/wire"
)

// Stream is one control stream, from hello to its end.
type Stream struct {
	broker *Broker
	rpc    wire.Attachment_AttachClient
	key    engine.KeyID // the one that it proved
	// generation numbers the one-time keys that came with its hello.
	generation uint64
	reported   engine.Report // with its hello
	out        chan *wire.Up
	done       <-chan struct{} // closed when the stream is over
	end        context.CancelCauseFunc
	sending    sync.WaitGroup
}

// outgoing is how many messages may wait for a slow broker before the stream is given up.
const outgoing = 1024

var errSlowBroker = errors.New("the broker does not take what it is sent")

// attach opens a control stream and serves it until it breaks or ctx ends. It tells whether the broker had welcomed the
// component, and why the stream ended.
func (b *Broker) attach(opening, ctx context.Context) (welcomed bool, err error) {
	b.mu.Lock()
	unable := b.unable
	b.mu.Unlock()
	if unable != nil {
		return false, unable
	}
	if err := b.renewBeforeAttaching(opening); err != nil {
		return false, err
	}
	verifier := identity.NewVerifier(b.Directory.Roots, b.Clock.Now)
	certificate, err := b.Directory.Certificate()
	if err != nil {
		return false, err
	}
	// Not the directory's own, which may be renewed before the handshake asks for it.
	config := identity.ClientConfig(verifier, func() (*tls.Certificate, error) { return certificate, nil })
	connection, err := dialBroker(opening, b.Network, b.dialWithin(), b.brokers(), config)
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
	s := &Stream{broker: b, rpc: rpc, key: key, out: make(chan *wire.Up, outgoing), done: ctx.Done(), end: end}
	hello, err := s.sayHello()
	if err != nil {
		return false, streamError(ctx, err)
	}
	welcome, err := s.awaitWelcome()
	if err != nil {
		return false, streamError(ctx, err)
	}
	if err := b.Directory.Attached(key); err != nil {
		b.Log.Warn("the key before the renewal stays on the disk", "reason", err.Error())
	}
	b.keepName(welcome.GetName())
	b.attachedNow(s, Presence{
		Since: b.Clock.Now(), Role: machine.Shorten(welcome.GetRole()), SeenFrom: machine.Shorten(welcome.GetSeenFrom()), Group: connection.group, Address: connection.address,
	})
	b.Rooms.Welcomed(hello, welcome)
	b.Log.Info("attached to the broker", "broker", connection.address, "key exchange", connection.group, "certificate ends", certificate.Leaf.NotAfter)
	b.attachAnewWhereRenewed()
	s.sending.Go(s.sendAll)
	err = s.receiveAll()
	end(err)
	b.detached(s)
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

// sayHello says who is here.
func (s *Stream) sayHello() (*wire.Hello, error) {
	b := s.broker
	s.reported = b.Report()
	hello := &wire.Hello{Instance: b.instance[:], Report: wire.FromReport(s.reported)}
	if err := b.Rooms.Hello(hello); err != nil {
		return nil, err
	}
	s.generation = hello.GetOneTimeKeys().GetGeneration()
	// A broker that refuses may have done so before the hello is sent. Why, only receiving tells; sending says EOF.
	if err := s.rpc.Send(&wire.Up{Message: &wire.Up_Hello{Hello: hello}}); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return hello, nil
}

// awaitWelcome waits for the broker's first word, which is welcome.
func (s *Stream) awaitWelcome() (*wire.Welcome, error) {
	late := s.broker.Clock.NewTimer(callTimeout)
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

// sendAll sends what is queued until the stream is over.
func (s *Stream) sendAll() {
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

// Send queues a message. It never waits: a broker that takes nothing loses the stream, and everything is sent again on the next one.
func (s *Stream) Send(message *wire.Up) {
	select {
	case s.out <- message:
	case <-s.done:
	default:
		s.end(errSlowBroker)
	}
}

// Done is closed when the stream is over.
func (s *Stream) Done() <-chan struct{} { return s.done }

// Generation numbers the one-time keys that came with its hello.
func (s *Stream) Generation() uint64 { return s.generation }

// Congested tells that many messages wait for the broker. What the next second tells better is left out then.
func (s *Stream) Congested() bool { return len(s.out) > cap(s.out)/2 }

func (s *Stream) sendReport(report engine.Report) {
	s.Send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(report)}})
}

// receiveAll carries out what the broker says until the stream is over, and gives the reason.
func (s *Stream) receiveAll() error {
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

// take carries out one message.
func (s *Stream) take(down *wire.Down) error {
	switch message := down.GetMessage().(type) {
	case *wire.Down_Roots:
		return s.broker.keepRoots(message.Roots.GetRoots())
	case *wire.Down_BrokerAddresses:
		if s.broker.Tunnelled {
			break
		}
		return s.broker.keepBrokers(message.BrokerAddresses.GetAddresses())
	}
	return s.broker.Rooms.Take(s, down)
}
