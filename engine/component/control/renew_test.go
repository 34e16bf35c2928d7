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

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// renewing is a broker that only renews.
type renewing struct {
	wire.UnimplementedEnrolmentServer
	authority   *identity.Authority
	id          engine.ID
	asked, goOn chan struct{}
}

func (b *renewing) Renew(_ context.Context, request *wire.RenewRequest) (*wire.RenewReply, error) {
	b.asked <- struct{}{}
	<-b.goOn
	certificate, err := b.authority.Issue(identity.Component, b.id, request.GetCertificateRequest(), time.Now())
	if err != nil {
		return nil, err
	}
	return &wire.RenewReply{Certificate: certificate.Raw}, nil
}

// aheadClock runs four days ahead: the certificate is due.
type aheadClock struct{ machine.SystemClock }

func (aheadClock) Now() time.Time { return time.Now().Add(4 * 24 * time.Hour) }

// Two renewals at once would leave the broker with another key than the machine.
func TestRenewalsThatAreDueAtOnceAreOne(t *testing.T) {
	authority, err := identity.NewAuthority(engine.NewID(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b := &renewing{authority: authority, id: engine.NewID(), asked: make(chan struct{}, 2), goOn: make(chan struct{})}
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
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
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
