package broker

import (
	"context"
	"crypto/x509"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// awaitDown receives until a message of one kind comes.
func awaitDown[Message any](t *testing.T, a *agent, pick func(*wire.Down) *Message) *Message {
	t.Helper()
	for {
		down, err := a.stream.Recv()
		if err != nil {
			t.Fatalf("%s: %v", a.name, err)
		}
		if message := pick(down); message != nil {
			return message
		}
	}
}

// attachNow attaches without a goroutine that receives.
func attachNow(t *testing.T, h *holder, address string) *agent {
	t.Helper()
	a := &agent{holder: h, connection: h.dial(), instance: make([]byte, 16), ring: session.NewKeyRing()}
	t.Cleanup(a.ring.DropAll)
	a.stream = must(wire.NewAttachmentClient(a.connection).Attach(t.Context()))
	a.hello(report(address))
	awaitDown(t, a, (*wire.Down).GetWelcome)
	return a
}

// TestEnrolmentAndSessionInRealTime goes once from two join tokens to the receipt of a sealed session. It is the test that runs
// in strict FIPS mode too.
func TestEnrolmentAndSessionInRealTime(t *testing.T) {
	i := newInstallation(t)
	i.realTime = true
	i.start()
	defer func() { i.stop() }()

	join := func(name, from string) *holder {
		reply, key, err := i.stranger().join(i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: name, Role: engine.Repository}))
		if err != nil {
			t.Fatal(err)
		}
		h := &holder{i: i, id: must(wire.ParseID(reply.GetId())), name: name, from: from, key: key, certificate: must(x509.ParseCertificate(reply.GetCertificate()))}
		return must(h.renew())
	}
	source, target := join("source", "10.0.0.2"), join("target", "10.0.0.3")
	route := i.route("backup", target, source)
	i.encryptAll()
	a, b := attachNow(t, source, "10.0.0.2"), attachNow(t, target, "10.0.0.3")

	a.request(route.ID)
	toTarget := awaitDown(t, b, (*wire.Down).GetOffer)
	b.answer(toTarget)
	toSource := awaitDown(t, a, (*wire.Down).GetOffer)
	sourceKey, targetKey := must(a.key(toSource)), must(b.key(toTarget))
	if !sourceKey.Equal(targetKey) || toSource.GetMode() != wire.Mode_MODE_SEALED {
		t.Error("the two ends do not share the key of a sealed session")
	}
	sourceKey.Destroy()
	targetKey.Destroy()
	a.answer(toSource)
	a.end(toSource.GetSession(), nil)
	b.end(toSource.GetSession(), nil)
	for _, end := range []*agent{a, b} {
		awaitDown(t, end, (*wire.Down).GetEndedAcknowledged)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		if _, err := i.store.Receipt(ctx, must(wire.ParseID(toSource.GetSession()))); err == nil {
			return
		}
		// The source's report alone is acknowledged before the target's comes; the receipt is written after both.
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("no receipt was written")
		}
	}
}
