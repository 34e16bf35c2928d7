package control

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// renewing is a broker that renews, and welcomes whoever attaches.
type renewing struct {
	wire.UnimplementedEnrolmentServer
	wire.UnimplementedAttachmentServer
	authority   *identity.Authority
	verifier    *identity.Verifier
	id          engine.ID
	asked, goOn chan struct{} // goOn, where there is one, holds up each renewal
	// welcoming is called before a component is welcomed, attached gets the key with which it then is.
	welcoming func()
	attached  chan engine.KeyID
}

func (b *renewing) Renew(_ context.Context, request *wire.RenewRequest) (*wire.RenewReply, error) {
	b.asked <- struct{}{}
	if b.goOn != nil {
		<-b.goOn
	}
	certificate, err := b.authority.Issue(identity.Component, b.id, request.GetCertificateRequest(), time.Now())
	if err != nil {
		return nil, err
	}
	return &wire.RenewReply{Certificate: certificate.Raw}, nil
}

func (b *renewing) Attach(stream wire.Attachment_AttachServer) error {
	p, _ := peer.FromContext(stream.Context())
	info, _ := p.AuthInfo.(credentials.TLSInfo)
	who, err := b.verifier.Identify(info.State).Component()
	if err != nil {
		return err
	}
	if _, err := stream.Recv(); err != nil {
		return err
	}
	b.welcoming()
	if err := stream.Send(&wire.Down{Message: &wire.Down_Welcome{Welcome: &wire.Welcome{Name: "machine", Role: "repository"}}}); err != nil {
		return err
	}
	b.attached <- who.KeyID
	<-stream.Context().Done()
	return nil
}

// joined starts a broker, and gives the attachment of a machine that has joined it.
func joined(t *testing.T) (*renewing, *identity.Directory) {
	t.Helper()
	authority, err := identity.NewAuthority(engine.NewID(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b := &renewing{
		authority: authority, verifier: identity.NewVerifier(authority.Roots, time.Now), id: engine.NewID(),
		asked: make(chan struct{}, 2), attached: make(chan engine.KeyID, 2),
	}
	own, err := identity.NewBrokerCertificate(authority, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(identity.BrokerServerConfig(own))))
	wire.RegisterEnrolmentServer(server, b)
	wire.RegisterAttachmentServer(server, b)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	key, err := identity.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	request, err := identity.NewRequest(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.Issue(identity.Component, b.id, request, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	directory, err := identity.Join(t.TempDir(), identity.Attachment{
		Kind: identity.Component, Installation: authority.Installation(), ID: b.id, Name: "machine", Brokers: []string{listener.Addr().String()},
	}, authority.Roots(), key, certificate)
	if err != nil {
		t.Fatal(err)
	}
	return b, directory
}

// noRooms is an attachment without sessions, routes and tests.
type noRooms struct{}

func (noRooms) Hello(*wire.Hello) error             { return nil }
func (noRooms) Welcomed(*wire.Hello, *wire.Welcome) {}
func (noRooms) Take(*Stream, *wire.Down) error      { return nil }
func (noRooms) Detached()                           {}
func (noRooms) Changed()                            {}

// aheadClock runs four days ahead: the certificate is due.
type aheadClock struct{ machine.SystemClock }

func (aheadClock) Now() time.Time { return time.Now().Add(4 * 24 * time.Hour) }

// Two renewals at once would leave the broker with another key than the machine.
func TestRenewalsThatAreDueAtOnceAreOne(t *testing.T) {
	b, directory := joined(t)
	b.goOn = make(chan struct{})
	c := NewBroker(Config{Directory: directory, Log: slog.New(slog.DiscardHandler), Clock: aheadClock{}, Network: &machine.SystemNetwork{}}, engine.Report{})
	before := directory.KeyID()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := c.renewIfDue(t.Context()); err != nil {
				t.Errorf("renewal: %v", err)
			}
		})
	}
	<-b.asked
	close(b.goOn)
	both.Wait()
	if len(b.asked) != 0 || directory.KeyID() == before {
		t.Errorf("the broker was asked %d times more, and the key is another one: %v", len(b.asked), directory.KeyID() != before)
	}
}

// A renewal can succeed while the component attaches with the key before it. The broker still has that one, and names it in offers.
func TestComponentThatAttachesWithTheOldKeyWhileItRenewsAttachesAgain(t *testing.T) {
	b, directory := joined(t)
	c := NewBroker(Config{Directory: directory, Log: slog.New(slog.DiscardHandler), Clock: machine.SystemClock{}, Network: &machine.SystemNetwork{}, Rooms: noRooms{}}, engine.Report{})
	before := directory.KeyID()
	var once sync.Once
	b.welcoming = func() {
		once.Do(func() {
			if err := c.renew(t.Context()); err != nil {
				t.Errorf("renewal: %v", err)
			}
			c.attachAnewWhereRenewed() // as keepRenewed does, which knows of no stream yet
			if _, err := c.CertificateFor(before); err != nil {
				t.Errorf("an offer to the key that attaches: %v", err)
			}
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var running sync.WaitGroup
	running.Go(func() { c.Run(ctx, ctx) })
	defer running.Wait()
	defer stop()
	first, second := <-b.attached, <-b.attached
	if after := directory.KeyID(); first != before || second != after || before == after {
		t.Errorf("the key was %v, is %v; attached with %v, then with %v", before, after, first, second)
	}
}
