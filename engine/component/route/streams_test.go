package route

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/live"
	"lockwire/engine/secret"
	"lockwire/engine/stripe"
)

// A source may add a stream as soon as it hears that the flow is open, when the target has not gone on yet.
func TestAStreamThatComesAtOnceWaitsForItsFlow(t *testing.T) {
	flows := NewFlows(Config{Host: &live.Host{}}, NewDials())
	flow := &Flow{flows: flows, Flow: &live.Flow{Number: 7, Session: &live.Session{ID: engine.NewID(), Offer: &live.Offer{Streams: 2}}}}
	accepted := make(chan error, 1)
	openFlow(t, channel.Open{Flow: 7, Streams: 2, Service: engine.NewID()}, func(in *channel.Incoming) { accepted <- flow.Accept(in) }, func() {
		// The source has its answer, and the target is still about to give it.
		waits, end := context.WithCancel(t.Context())
		end()
		if _, err := flows.striped.get(waits, flow.key()); !errors.Is(err, context.Canceled) {
			t.Errorf("a stream that comes now: %v", err)
		}
		if err := <-accepted; err != nil {
			t.Error(err)
		}
	})
	want := new(stripe.Flow)
	flows.striped.add(flow.key(), want)
	if got, err := flows.striped.get(t.Context(), flow.key()); err != nil || got != want {
		t.Errorf("a stream that comes later: %v, %v", got, err)
	}
	flows.striped.remove(flow.key())
	if _, err := flows.striped.get(t.Context(), flow.key()); !errors.Is(err, errNoSuchFlow) {
		t.Errorf("a stream that comes when the flow is over: %v", err)
	}
}

func TestAStreamWhoseFlowNeverCameIsRefused(t *testing.T) {
	var s striped
	key := flowKey{engine.NewID(), 1}
	s.expect(key)
	j := s.open[key]
	s.remove(key)
	<-j.ready       // who waits goes on
	s.open[key] = j // and finds what it found before
	if _, err := s.get(t.Context(), key); !errors.Is(err, errNoSuchFlow) {
		t.Errorf("it waited, and got %v", err)
	}
}

// openFlow opens a channel over loopback. handle is its target, and opened is called once the source has its answer.
func openFlow(t *testing.T, open channel.Open, handle func(*channel.Incoming), opened func()) {
	t.Helper()
	key, err := secret.New()
	if err != nil {
		t.Fatal(err)
	}
	same, err := key.Clone()
	if err != nil {
		t.Fatal(err)
	}
	sourceCertificate, sourceKey := certificate(t)
	targetCertificate, targetKey := certificate(t)
	terms := channel.Terms{Installation: engine.NewID(), Session: engine.NewID(), Route: engine.NewID(), Mode: engine.Sealed, Cipher: engine.AES256GCM, Source: sourceKey, Target: targetKey}
	source := channel.Session{Terms: terms, Secret: channel.NewSecret(key), Certificate: sourceCertificate}
	target := channel.Session{Terms: terms, Secret: channel.NewSecret(same), Certificate: targetCertificate, Flows: new(channel.FlowNumbers)}
	defer source.Secret.Destroy()
	defer target.Secret.Destroy()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := channel.Server{
		Lookup: func(engine.ID) (*channel.Session, error) { return &target, nil },
		Handle: func(_ context.Context, in *channel.Incoming) { handle(in) },
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	defer func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := channel.Dial(ctx, conn, source, open)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Reset()
	opened()
}

// certificate is a component's, with its key id.
func certificate(t *testing.T) (tls.Certificate, engine.KeyID) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, channel.KeyIDOf(leaf)
}
