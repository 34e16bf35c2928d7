package broker

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/identity"
	"lockwire/engine/record"
	"lockwire/engine/wire"
)

// token makes a join token.
func (i *installation) token(t engine.JoinToken) identity.Token {
	i.t.Helper()
	token := must(identity.NewToken(i.authority.Pin(), i.config.Addresses))
	t.ID, t.Hash, t.Made = engine.NewID(), token.Hash(), time.Now()
	t.Expires = t.Made.Add(identity.TokenLifetime)
	if t.Uses > 0 {
		t.Expires = t.Made.Add(engine.RolloutLifetime)
	}
	i.write(func(tx engine.Transaction) error { return tx.PutJoinToken(t) })
	return token
}

// join joins with a token.
func (h *holder) join(token identity.Token) (*wire.JoinReply, *ecdsa.PrivateKey, error) {
	key := must(identity.NewKey())
	reply, err := h.joinAs(token, "", key)
	return reply, key, err
}

// joinAs joins with a token under a name, for a key.
func (h *holder) joinAs(token identity.Token, name string, key *ecdsa.PrivateKey) (*wire.JoinReply, error) {
	connection := h.dial()
	defer connection.Close()
	return wire.NewEnrolmentClient(connection).Join(h.i.t.Context(), &wire.JoinRequest{Secret: token.Secret(), CertificateRequest: must(identity.NewRequest(key)), Name: name})
}

func TestJoinMakesAComponentThatCanAttach(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		token := i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "tape-3", Role: engine.Tape, Tags: []string{"branch"}})
		reply, key, err := i.stranger().join(token)
		if err != nil {
			t.Fatal(err)
		}
		if reply.GetName() != "tape-3" || reply.GetRole() != "tape" || reply.GetKind() != "component" || len(reply.GetBrokers()) != 1 {
			t.Errorf("the reply is %v", reply)
		}
		if roots := must(identity.ParseRootsDER(reply.GetRoots())); !roots.Has(token.Pin()) {
			t.Error("the roots do not hold the pinned one")
		}
		h := &holder{i: i, id: must(wire.ParseID(reply.GetId())), name: "tape-3", from: "10.0.0.2", key: key, certificate: must(x509.ParseCertificate(reply.GetCertificate()))}
		a := h.attach("10.0.0.2")
		if welcome := one(a, (*wire.Down).GetWelcome); welcome.GetName() != "tape-3" || welcome.GetRole() != "tape" || welcome.GetSeenFrom() != "10.0.0.2" {
			t.Errorf("the welcome is %v", welcome)
		}
		if got := i.status(h); !got.Online || got.Group != "X25519MLKEM768" || got.SeenFrom.String() != "10.0.0.2" || strings.Join(got.Tags, " ") != "branch" {
			t.Errorf("the component is shown as %+v", got)
		}
		audit := must(i.store.Audit(t.Context(), engine.AuditQuery{Thing: "tape-3"}))
		if len(audit) != 1 || audit[0].What != "component.join" || len(audit[0].After) == 0 {
			t.Errorf("the audit says %+v", audit)
		}
		if _, _, err := i.stranger().join(token); words(err) != identity.ErrTokenUsed.Error() {
			t.Errorf("the token is taken a second time: %v", err)
		}
	})
}

// leaving cancels its caller's context once a change is written, as the context of somebody who hangs up is.
type leaving struct {
	engine.Store
	leave func()
}

func (l leaving) Write(ctx context.Context, change func(engine.Transaction) error) error {
	err := l.Store.Write(ctx, change)
	if err == nil {
		l.leave()
	}
	return err
}

// RuleSet is the first thing that is read for a refresh.
func (l leaving) RuleSet(ctx context.Context) (engine.RuleSet, error) {
	if err := ctx.Err(); err != nil {
		return engine.RuleSet{}, err
	}
	return l.Store.RuleSet(ctx)
}

func TestWhoHangsUpWhileJoiningIsListedAllTheSame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		ctx, leave := context.WithCancel(t.Context())
		// A broker that starts first begins the chain of receipts, which is a write, too.
		if err := record.BeginChain(t.Context(), i.store, i.authority.RecordKey(), i.authority.Installation(), time.Now()); err != nil {
			t.Fatal(err)
		}
		i.config.Store = leaving{i.store, leave}
		i.start()
		defer func() { i.stop() }()
		token := i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "tape-3", Role: engine.Tape})
		i.broker.front.Enrolment().Join(ctx, &wire.JoinRequest{Secret: token.Secret(), CertificateRequest: must(identity.NewRequest(must(identity.NewKey())))})
		if components := i.broker.Components(); len(components) != 1 || components[0].Name != "tape-3" {
			t.Errorf("the record has the component, the broker shows %+v", components)
		}
	})
}

func TestTokenLetsOneIn(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		token := i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "one", Role: engine.Proxy})
		var in, out int
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				_, _, err := i.stranger().join(token)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					in++
				} else if words(err) == identity.ErrTokenUsed.Error() {
					out++
				}
			})
		}
		all.Wait()
		if in != 1 || out != 7 || len(i.broker.Components()) != 1 {
			t.Errorf("%d were let in and %d refused", in, out)
		}
	})
}

func TestJoinIsRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		unknown := must(identity.NewToken(i.authority.Pin(), i.config.Addresses))
		if _, _, err := i.stranger().join(unknown); status.Code(err) != codes.PermissionDenied || words(err) != identity.ErrTokenUnknown.Error() {
			t.Errorf("an unknown token: %v", err)
		}
		i.component("taken", "10.0.0.2")
		taken := i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "Taken", Role: engine.Proxy})
		if _, _, err := i.stranger().join(taken); status.Code(err) != codes.AlreadyExists {
			t.Errorf("a name that is taken: %v", err)
		}
		if record := must(i.store.JoinToken(t.Context(), taken.Hash())); !record.Used.IsZero() {
			t.Error("the token is used up, and nobody came in")
		}
		late := i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "late", Role: engine.Proxy})
		time.Sleep(identity.TokenLifetime)
		if _, _, err := i.stranger().join(late); words(err) != identity.ErrTokenExpired.Error() {
			t.Errorf("an expired token: %v", err)
		}
		garbage := &wire.JoinRequest{Secret: i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "x", Role: engine.Proxy}).Secret(), CertificateRequest: []byte("no request")}
		if _, err := wire.NewEnrolmentClient(i.stranger().dial()).Join(t.Context(), garbage); status.Code(err) != codes.InvalidArgument {
			t.Errorf("a certificate request that is none: %v", err)
		}
	})
}

func TestAdministratorJoins(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		i.withAdministration()
		i.start()
		defer func() { i.stop() }()
		reply, key, err := i.stranger().join(i.token(engine.JoinToken{Kind: engine.JoinAdministrator, Name: "Ada", Administrator: engine.MayChange}))
		if err != nil || reply.GetKind() != "administrator" || reply.GetRole() != "change" {
			t.Fatalf("%v, %v", reply, err)
		}
		h := &holder{i: i, from: "10.0.0.9", key: key, certificate: must(x509.ParseCertificate(reply.GetCertificate()))}
		if answer := call(h, administrationMethod("Cut")); answer.Code() != codes.Unimplemented {
			t.Errorf("the administrator is answered with %v", answer)
		}
	})
}

func TestJoinsFromOneAddressAreLimited(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		client := wire.NewEnrolmentClient(i.stranger().dial())
		limited := 0
		for range front.JoinBurst + 20 {
			if _, err := client.Join(t.Context(), &wire.JoinRequest{Secret: make([]byte, 16)}); status.Code(err) == codes.ResourceExhausted {
				limited++
			}
		}
		if limited != 20 {
			t.Errorf("%d attempts were limited", limited)
		}
		other := i.stranger()
		other.from = "198.51.100.8"
		if _, err := wire.NewEnrolmentClient(other.dial()).Join(t.Context(), &wire.JoinRequest{Secret: make([]byte, 16)}); status.Code(err) != codes.PermissionDenied {
			t.Errorf("another address is limited too: %v", err)
		}
	})
}

// renew asks for a certificate for a fresh key, and gives a holder that has it.
func (h *holder) renew() (*holder, error) {
	key := must(identity.NewKey())
	connection := h.dial()
	defer connection.Close()
	reply, err := wire.NewEnrolmentClient(connection).Renew(context.Background(), &wire.RenewRequest{CertificateRequest: must(identity.NewRequest(key))})
	if err != nil {
		return nil, err
	}
	renewed := *h
	renewed.key, renewed.certificate = key, must(x509.ParseCertificate(reply.GetCertificate()))
	return &renewed, nil
}

func TestOldKeyCountsUntilTheRenewedOneAttaches(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		old := i.component("one", "10.0.0.2")
		must(old.renew()) // its reply is lost
		renewed := must(old.renew())
		a := old.attach("10.0.0.2")
		a.stream.CloseSend()
		synctest.Wait()
		i.stop()
		i.start() // the renewal is in the record
		renewed.attach("10.0.0.2").stream.CloseSend()
		synctest.Wait()
		for _, restarted := range []bool{false, true} {
			if restarted {
				i.stop()
				i.start()
			}
			refused := old.prepare()
			refused.hello(report("10.0.0.2"))
			if err := refused.ended(); status.Code(err) != codes.Unauthenticated || !strings.Contains(words(err), "was replaced") {
				t.Errorf("the old key attaches (restarted: %v): %v", restarted, err)
			}
			if _, err := old.renew(); status.Code(err) != codes.Unauthenticated {
				t.Errorf("the old key renews (restarted: %v): %v", restarted, err)
			}
		}
		renewed.attach("10.0.0.2")
		if got := i.status(renewed); got.Key != keyIDOf(renewed.certificate) || !got.CertificateExpires.Equal(renewed.certificate.NotAfter) {
			t.Errorf("the component is shown with %v until %v", got.Key, got.CertificateExpires)
		}
	})
}

func TestRenewedAdministratorReplacesTheOldOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		i.withAdministration()
		i.start()
		defer func() { i.stop() }()
		old := i.administrator("Ada", engine.MayView)
		renewed := must(old.renew())
		for _, step := range []struct {
			who  *holder
			code codes.Code
		}{{old, codes.Unimplemented}, {renewed, codes.Unimplemented}, {old, codes.Unauthenticated}, {renewed, codes.Unimplemented}} {
			if answer := call(step.who, administrationMethod("Sessions")); answer.Code() != step.code {
				t.Errorf("answered with %v, not %v", answer, step.code)
			}
		}
	})
}

func TestRenewalNeedsAFreshKey(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		h := i.component("one", "10.0.0.2")
		_, err := wire.NewEnrolmentClient(h.dial()).Renew(t.Context(), &wire.RenewRequest{CertificateRequest: must(identity.NewRequest(h.key))})
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("renewed with the old key: %v", err)
		}
	})
}

func TestACertificateIsNotRenewedWithoutAnEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		one, other := i.component("one", "10.0.0.2"), i.component("other", "10.0.0.2")
		renewed := 0
		var refused error
		for refused == nil && renewed < 1000 {
			if _, refused = one.renew(); refused == nil {
				renewed++
			}
		}
		if status.Code(refused) != codes.ResourceExhausted || renewed != front.RenewBurst {
			t.Errorf("%d renewals, then %v", renewed, refused)
		}
		if _, err := other.renew(); err != nil {
			t.Errorf("another component: %v", err)
		}
		time.Sleep(2 * time.Minute)
		if _, err := one.renew(); err != nil {
			t.Errorf("after a while: %v", err)
		}
	})
}
