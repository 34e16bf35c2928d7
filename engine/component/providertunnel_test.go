package component

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/componenttest"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/tunnel"
	"lockwire/engine/wire"
)

// newTenancyBehindAGateway is a tenancy that goes through a real tunnel to a real gateway, which lets the tenant's component through to its
// session as long as nobody disallows it.
func newTenancyBehindAGateway(t *testing.T, changes ...func(*tenancy)) (*tenancy, *tunnel.Gateway) {
	t.Helper()
	t.Parallel()
	w := newProviderOnly(t)
	for _, change := range changes {
		change(w)
	}
	key, err := identity.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	request, err := identity.NewRequest(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := w.provider.authority.IssueGateway(engine.NewID(), request, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	repository := w.repository.listener.Addr().String()
	gateway := tunnel.NewGateway(tunnel.Config{
		TLS: identity.GatewayConfig(func() (*tls.Certificate, error) { return identity.TLSCertificate(certificate, key), nil }, w.provider.authority.Roots),
		Authorise: func(_ context.Context, _ engine.KeyID, to tunnel.Destination) (tunnel.Verdict, error) {
			return tunnel.Verdict{Allowed: to == tunnel.Broker() || to == tunnel.Session(w.grantedID()), Endpoints: []string{repository}}, nil
		},
		Broker: func() []string { return []string{w.provider.address} },
		Dial:   (&machine.SystemNetwork{}).Dial,
	})
	ctx, stop := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := gateway.Serve(ctx, listener); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); serving.Wait() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	w.gateway = net.JoinHostPort("localhost", port) // as people name it
	w.runSource(t)
	w.join(t)
	return w, gateway
}

// grantedID is the session that is granted now.
func (w *tenancy) grantedID() engine.ID {
	w.provider.mu.Lock()
	defer w.provider.mu.Unlock()
	return w.granted.id
}

// exchange sends bytes, ends its direction and expects them back, whole.
func exchange(t *testing.T, conn *net.TCPConn, size int) {
	t.Helper()
	sent := make([]byte, size)
	rand.Read(sent)
	go func() {
		_, _ = conn.Write(sent)
		_ = conn.CloseWrite()
	}()
	if got, err := io.ReadAll(conn); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes came back of %d, %v", len(got), len(sent), err)
	}
}

func TestFlowsGoThroughATunnelWhole(t *testing.T) {
	for name, change := range map[string]func(*tenancy){
		"one stream":      func(*tenancy) {},
		"several streams": func(w *tenancy) { w.granted.change = func(o *wire.Offer) { o.Streams = 4 } },
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := newTenancyBehindAGateway(t, change)
			var running sync.WaitGroup
			for range 3 { // the first one founds, the others join
				conn := w.dial(t)
				running.Go(func() { exchange(t, conn, 3<<20) })
			}
			running.Wait()
			if stats := await(t, w.own, func(s *wire.Stats) bool { return len(s.GetSessions()) == 1 && s.GetSessions()[0].GetAllFlows() == 3 }); stats.GetSessions()[0].GetEndpoint() != w.gateway {
				t.Errorf("the own broker was told that %s was dialled", stats.GetSessions()[0].GetEndpoint())
			}
			if provider := w.source.Status().Attachments[0].Providers[0]; provider.Gateway != w.gateway || provider.Problem != "" {
				t.Errorf("the status has %+v", provider)
			}
		})
	}
}

func TestAFlowThatAGatewayEndsIsNoEndInOrder(t *testing.T) {
	w, gateway := newTenancyBehindAGateway(t)
	conn := w.dial(t)
	roundTrip(t, conn, "before")
	gateway.CutSession(w.granted.id)
	mustBeReset(t, conn)
	exchange(t, w.dial(t), 1<<10) // the session goes on: the gateway asks anew
}

func TestAControlStreamThatAGatewayEndsIsOpenedAgain(t *testing.T) {
	w, gateway := newTenancyBehindAGateway(t)
	w.provider.mu.Lock()
	key := w.provider.keys[w.tenantComponent]
	w.provider.mu.Unlock()
	conn := w.dial(t)
	roundTrip(t, conn, "before")
	gateway.CutKey(key)
	if hello := w.awaitHello(t); len(hello.GetSessions()) != 1 {
		t.Errorf("the hello has the sessions %v", hello.GetSessions())
	}
	mustBeReset(t, conn)
}

func TestCertificateAtAProviderIsRenewedUnderARunningFlow(t *testing.T) {
	clock := &componenttest.LeapClock{}
	w, _ := newTenancyBehindAGateway(t, func(w *tenancy) { w.clock = clock })
	conn := w.dial(t)
	roundTrip(t, conn, "with the first key")
	key := func() engine.KeyID {
		w.provider.mu.Lock()
		defer w.provider.mu.Unlock()
		return w.provider.keys[w.tenantComponent]
	}
	before := key()
	w.provider.events.forget()
	clock.Leap(4 * 24 * time.Hour)
	await(t, w.provider, func(h *wire.Hello) bool { return len(h.GetReport().GetEndpoints()) == 0 && len(h.GetSessions()) == 1 })
	roundTrip(t, conn, "goes on")
	if key() == before {
		t.Error("the component attached with the key before")
	}
	w.grant()
	roundTrip(t, w.dial(t), "a session with the new key")
	finish(t, conn)
}
