package broker

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/wire"
)

func TestASessionOfARouteToAProviderIsMadeThereAndShownHere(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		id := must(wire.ParseID(y.begin(a)))
		s := y.only()
		if s.ID != id || s.Provider != y.other.authority.Installation() || s.TargetName != "Vault Ltd" || s.Target != "" || s.State != engine.SessionLive || s.Decision.Mode != engine.Sealed || s.Decision.By != engine.ByProviderGateway || s.Traffic.ToTarget != 100 {
			t.Errorf("it is shown as %+v", s)
		}
		if !slices.Equal(y.other.asked, []engine.ID{y.other.service}) || y.stands().Sessions != 1 {
			t.Errorf("asked for %v, %d sessions", y.other.asked, y.stands().Sessions)
		}
		a.end(wire.IDBytes(id), &wire.SessionStats{Session: wire.IDBytes(id), AllFlows: 1, ToTarget: 4000})
		receipt := y.receipt()
		if receipt.ID != id || receipt.State != engine.SessionEnded || receipt.Provider != s.Provider || receipt.TargetName != "Vault Ltd" || receipt.Traffic.ToTarget != 4000 ||
			receipt.Key.SourceErasure != engine.ErasureProven || receipt.Key.TargetErasure != "" {
			t.Errorf("its receipt is %+v", receipt)
		}
		one(a, (*wire.Down).GetEndedAcknowledged)
	})
}

func TestASessionAtAProviderIsCutFromHere(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		session := y.begin(a)
		if err := y.broker.Cut(t.Context(), must(wire.ParseID(session)), "cut by an administrator"); err != nil {
			t.Fatal(err)
		}
		if cut := one(a, (*wire.Down).GetCut); string(cut.GetSession()) != string(session) || cut.GetDrain() {
			t.Errorf("the source hears %+v", cut)
		}
		a.end(session, nil)
		if receipt := y.receipt(); receipt.Reason != "cut by an administrator" {
			t.Errorf("the receipt says %q", receipt.Reason)
		}
	})
}

func TestASessionAtAProviderOutlivesARestartOfTheBroker(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		session := y.begin(a)
		settle()
		y.stop()
		y.start()
		a.connection = a.dial()
		a.open()
		a.send(&wire.Up{Message: &wire.Up_Hello{Hello: &wire.Hello{
			Instance: a.instance, Report: wire.FromReport(report("10.0.0.2")), OneTimeKeys: a.keys(1), Providers: [][]byte{wire.IDBytes(y.other.authority.Installation())},
			Sessions: []*wire.LiveSession{{Session: session, Side: wire.Side_SIDE_SOURCE, Stats: &wire.SessionStats{Session: session, Flows: 1, AllFlows: 1, ToTarget: 300}}},
		}}})
		if adopted := one(a, (*wire.Down).GetWelcome).GetAdopted(); len(adopted) != 1 || string(adopted[0]) != string(session) {
			t.Errorf("it goes on with %x", adopted)
		}
		if s := y.only(); s.Traffic.ToTarget != 300 || s.Provider == "" {
			t.Errorf("it is shown as %+v", s)
		}
		a.end(session, nil)
		if receipt := y.receipt(); receipt.State != engine.SessionEnded || receipt.Key.SourceErasure != engine.ErasureProven {
			t.Errorf("its receipt is %+v", receipt)
		}
	})
}

// Whatever stands in the way of a session is said in words, to the tool and in a receipt.
func TestWhatRefusesASessionAtAProviderIsSaidInWords(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*otherInstallation)
		want   string
	}{
		"pending": {func(o *otherInstallation) {
			o.say(func(s *wire.TenancyState) { s.State = wire.TenantState_TENANT_STATE_PENDING })
		}, "has not confirmed this installation yet"},
		"disabled": {func(o *otherInstallation) {
			o.say(func(s *wire.TenancyState) { s.State = wire.TenantState_TENANT_STATE_DISABLED })
		}, "has turned this installation off"},
		"ended": {func(o *otherInstallation) {
			o.say(func(s *wire.TenancyState) { s.State = wire.TenantState_TENANT_STATE_ENDED })
		}, "is over"},
		"not granted": {func(o *otherInstallation) { o.say(func(s *wire.TenancyState) { s.Services = nil }) }, "does not grant the service"},
		"the provider's no": {func(o *otherInstallation) {
			o.mu.Lock()
			o.refusal = status.Error(codes.FailedPrecondition, "the repository is not attached\x1b[2J")
			o.mu.Unlock()
		}, `the provider Vault Ltd refuses: the repository is not attached`},
	} {
		t.Run(name, func(t *testing.T) {
			inTenancy(t, func(t *testing.T, y *tenantOf) {
				a := y.attached()
				c.change(y.other)
				y.wait()
				reason := y.refused(a)
				if !strings.Contains(reason, c.want) || strings.Contains(reason, "\x1b") {
					t.Errorf("the tool is told %q", reason)
				}
				if receipt := y.receipt(); receipt.Reason != reason || receipt.State != engine.SessionRefused || receipt.Decision.Mode != engine.Sealed {
					t.Errorf("the receipt is %+v", receipt)
				}
			})
		})
	}
}

func TestASessionThatTheProviderDoesNotOfferIsRefusedWithItsReason(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		a.request(y.route.ID)
		session := one(a, (*wire.Down).GetProviderSession).GetSession()
		a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: session, Reason: "the provider's repository did not answer"}}})
		if receipt := y.receipt(); receipt.State != engine.SessionRefused || receipt.Reason != "the provider's repository did not answer" || receipt.Key.SourceErasure != engine.ErasureNotNeeded {
			t.Errorf("its receipt is %+v", receipt)
		}
	})
}

// A hostile provider names sessions that are another's: what lives here, or has its receipt, stays as it is.
func TestAProviderCannotNameASessionThatIsHereAlready(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		target := y.component("target", "10.0.0.3")
		own := y.installation.route("own", target, y.source)
		a, b := y.attached(), target.attach("10.0.0.3")
		a.request(own.ID)
		offer := one(b, (*wire.Down).GetOffer)
		b.answer(offer)
		a.answer(one(a, (*wire.Down).GetOffer))
		here := must(wire.ParseID(offer.GetSession()))
		y.other.mu.Lock()
		y.other.sessions = []engine.ID{here, here}
		y.other.mu.Unlock()
		if reason := y.refused(a); !strings.Contains(reason, "lives here already") {
			t.Errorf("the tool is told %q", reason)
		}
		if s := y.only(); s.ID != here || s.Provider != "" {
			t.Errorf("what lives is %+v", s)
		}
		a.end(offer.GetSession(), nil)
		b.end(offer.GetSession(), nil)
		settle()
		if reason := y.refused(a); !strings.Contains(reason, "is over here already") {
			t.Errorf("the tool is told %q", reason)
		}
	})
}

// Nor does it name one of its own a second time, while its receipt waits to be written with others that are alike.
func TestAProviderCannotNameASessionASecondTimeBeforeItsReceiptIsThere(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		var session []byte
		for range 2 {
			a.request(y.route.ID)
			session = one(a, (*wire.Down).GetProviderSession).GetSession()
			a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: session, Reason: "the provider's repository did not answer"}}})
			settle()
		}
		again := must(wire.ParseID(session))
		y.other.mu.Lock()
		y.other.sessions = []engine.ID{again}
		y.other.mu.Unlock()
		if reason := y.refused(a); !strings.Contains(reason, "already") {
			t.Errorf("the tool is told %q", reason)
		}
		y.begin(a) // another id
	})
}

// No rule, exemption or override, and no edited row, makes what goes to a provider plain.
func TestWhatGoesToAProviderIsSealedWhateverTheRulesSay(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		y.write(func(tx engine.Transaction) error {
			settings := must(tx.RuleSet(t.Context())).Settings
			settings.DisablePublicIPTrafficEncryption = 1
			return errors.Join(tx.PutSettings(settings), tx.PutRule(engine.Rule{
				ID: engine.NewID(), Revision: 1, Name: "trusted", Enabled: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any}, Exempt: &engine.Exemption{Reason: "a line of our own"},
			}))
		})
		a := y.attached()
		y.begin(a)
		if s := y.only(); s.Decision.Mode != engine.Sealed || s.Decision.By != engine.ByProviderGateway || s.Stale {
			t.Errorf("it is %+v", s.Decision)
		}
		routes := y.broker.Routes()
		if at := slices.IndexFunc(routes, func(r engine.RouteStatus) bool { return r.ID == y.route.ID }); at < 0 || routes[at].TargetName != "Vault Ltd" || routes[at].Provider == "" ||
			routes[at].Listeners[0].Protection.State != engine.ProtectionSealed || len(routes[at].OpenLegs) != 0 {
			t.Errorf("the route is shown as %+v", routes)
		}
	})
}

// The tenant's own limits hold beside the provider's, from the start, for what the source sends.
func TestTheTenantsOwnLimitIsToldToTheSourceFromTheStart(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		y.write(func(tx engine.Transaction) error {
			c := must(tx.Component(t.Context(), y.source.id))
			c.LocalLimit = &engine.Limit{Value: 8, Unit: engine.MegabitsPerSecond}
			return tx.PutComponent(c)
		})
		a := y.attached()
		a.request(y.route.ID)
		told := one(a, (*wire.Down).GetProviderSession)
		if number, limit, err := told.GetLease().Terms(); err != nil || number == 0 || limit < 900_000 || limit > 1_000_000 {
			t.Errorf("the first lease is %d of %d bytes per second, %v", number, limit, err)
		}
		a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: told.GetSession(), Ready: true}}})
		a.stats(&wire.SessionStats{Session: told.GetSession(), Flows: 1, AllFlows: 1, Lease: told.GetLease()})
		time.Sleep(3 * time.Second)
		y.wait()
		if s := y.only(); len(s.Allotments) != 1 || s.Allotments[0].From != engine.SourceEnd || !s.Allotments[0].Confirmed || s.Allotments[0].BytesPerSecond > 1_000_000 {
			t.Errorf("it shows %+v", s.Allotments)
		}
	})
}

// A rule's limit holds for what comes back from a provider, too, unless restores are excepted: the source receives no faster. All sessions
// share it, and what an end obeys outlives the broker.
func TestTheTenantsOwnLimitsHoldForWhatComesBack(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		y.other.say(func(s *wire.TenancyState) { s.Gateways = []string{theGateway, "192.0.2.5:6180"} }) // rules see addresses
		y.wait()
		rule := y.limitRule("uplink", 8, func(r *engine.Rule) { r.Throttle.NeverThrottleRestores = false })
		a := y.attached()
		a.request(y.route.ID)
		first := one(a, (*wire.Down).GetProviderSession)
		if _, limit, err := first.GetReceives().Terms(); err != nil || limit < 7_000_000 || limit > 8_000_000 {
			t.Fatalf("the first lease is %v, %v", first.GetReceives(), err)
		}
		a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: first.GetSession(), Ready: true}}})
		stats := &wire.SessionStats{Session: first.GetSession(), Flows: 1, AllFlows: 1, Lease: first.GetLease(), Receives: first.GetReceives(), ReceivesWaiting: true}
		a.stats(stats)
		a.request(y.route.ID)
		second := one(a, (*wire.Down).GetProviderSession)
		time.Sleep(time.Second)
		lowered := false
		for _, message := range heard(a, (*wire.Down).GetAllotments) {
			for _, allotment := range message.GetAllotments() {
				if allotment.GetReceives() != nil && bytes.Equal(allotment.GetSession(), first.GetSession()) {
					lowered, stats.Receives = true, allotment.GetReceives()
				}
			}
		}
		if !lowered || stats.Receives.GetLimit() > 5_000_000 {
			t.Errorf("beside a second one the first is told %v", stats.Receives)
		}
		if _, limit, err := second.GetReceives().Terms(); err != nil || limit > 4_000_000 {
			t.Errorf("the second one's first lease is %v, %v", second.GetReceives(), err)
		}
		a.send(&wire.Up{Message: &wire.Up_LeasesInForce{LeasesInForce: &wire.LeasesInForce{Leases: []*wire.LeaseInForce{{Session: first.GetSession(), Receives: stats.Receives.GetNumber()}}}}})
		time.Sleep(3 * time.Second)
		y.wait()
		shown := y.broker.Sessions()[0]
		if len(shown.Allotments) != 2 || shown.Allotments[1].From != engine.TargetEnd || shown.Allotments[1].BytesPerSecond > 5_000_000 {
			t.Errorf("it shows %+v", shown.Allotments)
		}

		rule.Throttle.NeverThrottleRestores = true
		rule.Revision++
		y.edit(rule)
		time.Sleep(3 * time.Second)
		freed := false
		for _, message := range heard(a, (*wire.Down).GetAllotments) {
			for _, allotment := range message.GetAllotments() {
				freed = freed || allotment.GetReceives() != nil && allotment.GetReceives().Limit == nil
			}
		}
		if !freed {
			t.Error("restores are held back although the rule excepts them")
		}
	})
}

func TestARouteToAProviderIsProbedAndTestedAsFarAsItsGateway(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		a.send(&wire.Up{Message: &wire.Up_ListenerStates{ListenerStates: &wire.ListenerStates{States: []*wire.ListenerState{{Route: wire.IDBytes(y.route.ID), Listening: true}}}}})
		probe := func() engine.RouteProbe {
			t.Helper()
			probes, err := y.broker.ProbeRoute(t.Context(), y.route.ID)
			if err != nil || len(probes) != 1 {
				t.Fatalf("%d probes, %v", len(probes), err)
			}
			return probes[0]
		}
		if p := probe(); !p.Good() || p.Backend.Answer != engine.NoQuestion || !strings.Contains(p.Backend.Words, "behind the gateway") {
			t.Errorf("the probe is %+v", p)
		}
		type answer struct {
			results []engine.RouteTestResult
			err     error
		}
		tested := make(chan answer, 1)
		go func() {
			results, err := y.broker.TestRoute(t.Context(), engine.RouteTest{Route: y.route.ID, Bytes: 1000, Compare: true, Connect: true})
			tested <- answer{results, err}
		}()
		ordered := one(a, (*wire.Down).GetTransfer)
		none(a, (*wire.Down).GetProbe)
		a.requests++
		a.send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: &wire.SessionRequest{Request: a.requests, Route: ordered.GetRoute(), Transfer: ordered.GetTransfer()}}})
		session := one(a, (*wire.Down).GetProviderSession).GetSession()
		a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: session, Ready: true}}})
		if s := y.only(); !s.Test {
			t.Errorf("the session of the test is %+v", s)
		}
		a.send(&wire.Up{Message: &wire.Up_TransferResult{TransferResult: &wire.TransferResult{Transfer: ordered.GetTransfer(), Session: session, Bytes: 1000, ElapsedNanoseconds: 1e6, Endpoint: theGateway}}})
		got := <-tested
		if got.err != nil || len(got.results) != 1 {
			t.Fatalf("%d results, %v", len(got.results), got.err)
		}
		r := got.results[0]
		if !r.Good() || !r.DataPort || r.Endpoint != theGateway || r.Mode != engine.Sealed || r.Bytes != 1000 || r.Other != nil || r.Around.Answer != engine.NoQuestion || !strings.Contains(r.Around.Words, "the one way") {
			t.Errorf("the test gave %+v", r)
		}
		none(a, (*wire.Down).GetTransfer) // nothing is compared: it would be plain

		a.requests++
		a.send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: &wire.SessionRequest{Request: a.requests, Route: wire.IDBytes(y.route.ID), Transfer: 77}}})
		if refused := one(a, (*wire.Down).GetSessionRefused); refused.GetReason() != noSuchTest {
			t.Errorf("a test that nobody asked for: %q", refused.GetReason())
		}
		y.other.say(func(s *wire.TenancyState) { s.Quota, s.Used = 1000, 1000 })
		y.wait()
		go func() {
			results, err := y.broker.TestRoute(t.Context(), engine.RouteTest{Route: y.route.ID, Bytes: 1000})
			tested <- answer{results, err}
		}()
		ordered = one(a, (*wire.Down).GetTransfer)
		a.requests++
		a.send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: &wire.SessionRequest{Request: a.requests, Route: ordered.GetRoute(), Transfer: ordered.GetTransfer()}}})
		refused := one(a, (*wire.Down).GetSessionRefused).GetReason()
		if !strings.Contains(refused, "is used up, and a test sends bytes") {
			t.Errorf("a test over the quota: %q", refused)
		}
		a.send(&wire.Up{Message: &wire.Up_TransferResult{TransferResult: &wire.TransferResult{Transfer: ordered.GetTransfer(), Problem: refused}}})
		<-tested
		y.other.say(func(s *wire.TenancyState) { s.State = wire.TenantState_TENANT_STATE_DISABLED })
		y.wait()
		if p := probe(); p.Good() || p.TargetAttached || !strings.Contains(p.Problem, "turned this installation off") {
			t.Errorf("the probe of a tenant that is turned off is %+v", p)
		}
	})
}
