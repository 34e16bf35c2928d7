package broker

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

func TestALinkMakesATenantThatIsPendingUntilItsFingerprintIsConfirmed(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		target := i.component("repo-1", "10.0.0.3")
		service := i.service("restic", target)
		made := i.tenant("smith", service)
		if state := i.shown(made.ID).State; state != engine.TenantInvited {
			t.Errorf("before the link is redeemed it is %s", state)
		}
		newcomer := i.newcomer()
		c, err := newcomer.redeem(i.link(made.ID))
		if err != nil {
			t.Fatal(err)
		}
		if shown := i.shown(made.ID); shown.State != engine.TenantPending || shown.Key != keyIDOf(newcomer.certificate) || shown.Linked.IsZero() {
			t.Errorf("it is shown as %+v", shown)
		}
		stream, err := wire.NewTenancyClient(c.dial()).Follow(t.Context(), &wire.FollowRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if state := must(stream.Recv()); state.GetState() != wire.TenantState_TENANT_STATE_PENDING || len(state.GetServices()) != 1 || state.GetServices()[0].GetName() != "restic" {
			t.Errorf("it is told %v", state)
		}
		if !i.shown(made.ID).Attached {
			t.Error("it is not shown as connected")
		}
		if _, err := c.add(c.adding()); status.Code(err) != codes.FailedPrecondition || !strings.Contains(words(err), "fingerprint") {
			t.Errorf("before it is confirmed, a component is added: %v", err)
		}
		i.confirm(made.ID)
		if state := must(stream.Recv()); state.GetState() != wire.TenantState_TENANT_STATE_ACTIVE {
			t.Errorf("after it is confirmed it is told %v", state)
		}
		machine, err := c.add(c.adding())
		if err != nil {
			t.Fatal(err)
		}
		machine.attach()
		if shown := i.shown(made.ID); shown.Components != 1 {
			t.Errorf("%d components are shown", shown.Components)
		}
		for _, listed := range i.broker.Components() {
			if listed.ID == machine.id {
				t.Error("its component is listed among those of this installation")
			}
		}
		audit := must(i.store.Audit(t.Context(), engine.AuditQuery{Thing: "smith"}))
		if len(audit) == 0 || audit[len(audit)-1].What != "tenant.redeem" && audit[0].What != "tenant.redeem" {
			t.Errorf("the audit says %+v", audit)
		}
	})
}

func TestLinkStolen(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		refused := func(what string, err error) {
			t.Helper()
			if status.Code(err) != codes.PermissionDenied || words(err) != errLink.Error() {
				t.Errorf("%s: %v", what, err)
			}
		}
		smith := i.tenant("smith")

		// Redeemed twice at once: one of the two becomes the tenant.
		link := i.link(smith.ID)
		var racing sync.WaitGroup
		won := make([]*customer, 8)
		for n := range won {
			racing.Go(func() {
				c, err := i.newcomer().redeem(link)
				if err != nil {
					refused("at once", err)
				}
				won[n] = c
			})
		}
		racing.Wait()
		var first *customer
		for _, c := range won {
			if c != nil && first != nil {
				t.Fatal("two have redeemed one link")
			}
			if c != nil {
				first = c
			}
		}
		if first == nil {
			t.Fatal("nobody has redeemed the link")
		}
		if shown := i.shown(smith.ID); shown.Key != keyIDOf(first.certificate) || shown.State != engine.TenantPending {
			t.Errorf("the tenant is %+v", shown)
		}

		// Replayed, by the same key and by another one.
		_, err := i.newcomer().redeem(link)
		refused("replayed", err)
		_, err = (&holder{i: i, from: "10.0.0.80", key: first.key, certificate: first.certificate}).redeem(link)
		refused("replayed by the one that had it", err)

		// Pending and not confirmed: it can do nothing.
		if _, err := first.ask(engine.NewID(), engine.NewID()); status.Code(err) != codes.FailedPrecondition {
			t.Errorf("a session of a pending tenant: %v", err)
		}

		// Expired, made up, and one from a clock that was set back.
		_, err = i.newcomer().redeem(i.link(smith.ID, replaces, func(l *engine.LinkRecord) { l.Expires = time.Now() }))
		refused("expired", err)
		_, err = i.newcomer().redeem(i.link(smith.ID, replaces, func(l *engine.LinkRecord) { l.Expires = time.Now().Add(2 * identity.LinkLifetime) }))
		refused("that lives too long", err)
		_, err = i.newcomer().redeem(must(identity.NewLink(i.authority.Pin(), i.authority.Installation(), []string{"a:1"})))
		refused("made up", err)

		// Linked again without saying that the key is replaced.
		_, err = i.newcomer().redeem(i.link(smith.ID))
		refused("linked again without --replace", err)
		if shown := i.shown(smith.ID); shown.Key != keyIDOf(first.certificate) {
			t.Error("the key was replaced")
		}

		// The certificate of another key than the request's.
		other := i.newcomer()
		other.certificate, _ = first.certificate, other.certificate
		other.key = first.key
		connection := other.dial()
		_, err = wire.NewTenancyClient(connection).Redeem(t.Context(), &wire.RedeemRequest{Secret: i.link(smith.ID, replaces).Secret(), CertificateRequest: must(identity.NewRequest(must(identity.NewKey())))})
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("a request for another key than the connection's: %v", err)
		}
		_, err = wire.NewTenancyClient(i.stranger().dial()).Redeem(t.Context(), &wire.RedeemRequest{Secret: i.link(smith.ID, replaces).Secret(), CertificateRequest: must(identity.NewRequest(must(identity.NewKey())))})
		if status.Code(err) != codes.Unauthenticated {
			t.Errorf("without a certificate: %v", err)
		}
	})
}

func TestGuessesOfLinksAreSlowedDown(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		smith := i.tenant("smith")
		client := wire.NewTenancyClient(i.newcomer().dial())
		request := &wire.RedeemRequest{Secret: bytes.Repeat([]byte{7}, 16)}
		for range front.JoinBurst {
			if _, err := client.Redeem(t.Context(), &wire.RedeemRequest{Secret: bytes.Clone(request.GetSecret())}); status.Code(err) != codes.PermissionDenied {
				t.Fatal(err)
			}
		}
		if _, err := client.Redeem(t.Context(), request); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("one more: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := i.newcomer().redeem(i.link(smith.ID)); err != nil {
			t.Errorf("a good one a moment later: %v", err)
		}
		// Machines that join from the same address are not held up.
		if _, _, err := (&holder{i: i, from: "10.0.0.80"}).join(i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "one", Role: engine.Proxy})); err != nil {
			t.Errorf("a machine that joins: %v", err)
		}
	})
}

// All that come through a gateway have its address.
func TestGuessesOfLinksThroughAGatewayHoldUpNobodyElse(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		i.gateway()
		smith := i.tenant("smith")
		client := wire.NewTenancyClient(i.newcomer().dial())
		guess := func() codes.Code {
			_, err := client.Redeem(t.Context(), &wire.RedeemRequest{Secret: bytes.Repeat([]byte{7}, 16)})
			return status.Code(err)
		}
		for range front.JoinBurst {
			if code := guess(); code != codes.PermissionDenied {
				t.Fatal(code)
			}
		}
		if code := guess(); code != codes.ResourceExhausted {
			t.Errorf("one more: %v", code)
		}
		if _, err := i.newcomer().redeem(i.link(smith.ID)); err != nil {
			t.Errorf("a good one meanwhile: %v", err)
		}
	})
}

func TestALinkThatReplacesAKeyCutsAllThatTheOldOneHad(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		id := p.live()
		heard(p.gateway, (*wire.Down).GetTunnelCut)
		old := p.customer
		stream, err := wire.NewTenancyClient(old.dial()).Follow(t.Context(), &wire.FollowRequest{})
		if err != nil {
			t.Fatal(err)
		}
		must(stream.Recv())
		next, err := i.newcomer().redeem(i.link(old.tenant, replaces))
		if err != nil {
			t.Fatal(err)
		}
		if shown := i.shown(old.tenant); shown.State != engine.TenantPending || shown.Components != 0 || shown.Sessions != 0 || shown.Key != keyIDOf(next.certificate) {
			t.Errorf("the tenant is %+v", shown)
		}
		if cut := one(p.target, (*wire.Down).GetCut); !bytes.Equal(cut.GetSession(), wire.IDBytes(id)) {
			t.Errorf("another session was cut: %v", cut)
		}
		cuts := heard(p.gateway, (*wire.Down).GetTunnelCut)
		for what, key := range map[string]engine.KeyID{"the broker's": keyIDOf(old.certificate), "the component's": keyIDOf(p.source.certificate)} {
			found := false
			for _, cut := range cuts {
				found = found || bytes.Equal(cut.GetKey(), key[:])
			}
			if !found {
				t.Errorf("the gateway is not told of %s key: %v", what, cuts)
			}
		}
		time.Sleep(leaveWithin + time.Second)
		if p.source.ended() == nil {
			t.Error("the old component's stream goes on")
		}
		if _, err := stream.Recv(); status.Code(err) != codes.Unauthenticated {
			t.Errorf("the old key still follows: %v", err)
		}
		if _, err := old.ask(p.source.id, p.service); status.Code(err) != codes.Unauthenticated {
			t.Errorf("the old key is still admitted: %v", err)
		}
	})
}
