package broker

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

func TestRouteTestMovesBytesAndLooksForWaysAround(t *testing.T) {
	for _, c := range []struct {
		name     string
		listener *wire.ListenerState
		problem  string
		connect  bool
	}{
		{"the source listens", &wire.ListenerState{Listening: true}, "", false},
		{"the source listens, and all connect to the backend", &wire.ListenerState{Listening: true}, "", true},
		{"the source does not listen", &wire.ListenerState{Problem: "another program does"}, "the route does not listen on source: another program does", false},
	} {
		t.Run(c.name, func(t *testing.T) { testRouteTest(t, c.listener, c.problem, c.connect) })
	}
}

func testRouteTest(t *testing.T, listener *wire.ListenerState, problem string, connect bool) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		offline := i.component("offline", "10.0.0.5")
		p.route.Sources = append(p.route.Sources, offline.id)
		i.encryptAll()
		i.write(func(tx engine.Transaction) error { return tx.PutRoute(p.route) })
		listener.Route = wire.IDBytes(p.route.ID)
		p.source.send(&wire.Up{Message: &wire.Up_ListenerStates{ListenerStates: &wire.ListenerStates{States: []*wire.ListenerState{listener}}}})
		i.wait()

		var results []engine.RouteTestResult
		var failed error
		done := make(chan struct{})
		go func() {
			defer close(done)
			results, failed = i.broker.TestRoute(t.Context(), engine.RouteTest{Route: p.route.ID, Bytes: 1000, Connect: connect})
		}()
		backend := one(p.target, (*wire.Down).GetProbe)
		if backend.GetEndpoint() != "127.0.0.1:8000" || backend.GetConnect() != connect {
			t.Errorf("the target probes %v", backend)
		}
		p.target.send(&wire.Up{Message: &wire.Up_ProbeResult{ProbeResult: &wire.ProbeResult{Probe: backend.GetProbe(), Tried: true, Answered: true, Bound: []string{"127.0.0.1:8000"}}}})
		order := one(p.source, (*wire.Down).GetTransfer)
		p.source.send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: &wire.SessionRequest{Request: 1, Route: order.GetRoute(), Transfer: order.GetTransfer()}}})
		toTarget := one(p.target, (*wire.Down).GetOffer)
		p.target.answer(toTarget)
		toSource := one(p.source, (*wire.Down).GetOffer)
		if !toTarget.GetTest() || !toSource.GetTest() || toTarget.GetBackend() != "" {
			t.Errorf("the offers are %v and %v", toTarget, toSource)
		}
		p.source.answer(toSource)
		p.source.send(&wire.Up{Message: &wire.Up_TransferResult{TransferResult: &wire.TransferResult{
			Transfer: order.GetTransfer(), Session: toSource.GetSession(), Bytes: order.GetBytes(), ElapsedNanoseconds: 5, SourceCpuNanoseconds: 3, TargetCpuNanoseconds: 4, Endpoint: "10.0.0.3:6171",
		}}})
		if connect {
			around := one(p.source, (*wire.Down).GetProbe)
			if around.GetEndpoint() != "10.0.0.3:8000" || !around.GetConnect() {
				t.Errorf("the source probes %v", around)
			}
			p.source.send(&wire.Up{Message: &wire.Up_ProbeResult{ProbeResult: &wire.ProbeResult{Probe: around.GetProbe(), Tried: true, Answered: true}}})
		}
		<-done
		if failed != nil || len(results) != 2 {
			t.Fatalf("%+v, %v", results, failed)
		}
		if results[0].ComponentName != "offline" || !strings.Contains(results[0].Problem, "not attached") || results[0].DataPort {
			t.Errorf("of the one that is offline: %+v", results[0])
		}
		want := engine.RouteTestResult{
			Component: p.source.id, ComponentName: "source", DataPort: true, Endpoint: "10.0.0.3:6171",
			RouteTransfer: engine.RouteTransfer{Mode: engine.Sealed, Bytes: 1000, Elapsed: 5, SourceCPU: 3, TargetCPU: 4},
		}
		around := engine.AnswerNo
		if connect {
			around = engine.AnswerYes
			if !slices.Equal(results[1].Around.At, []string{"10.0.0.3:8000"}) {
				t.Errorf("around at %v", results[1].Around.At)
			}
		}
		if got := results[1]; got.Backend.Answer != engine.AnswerYes || got.Around.Answer != around || got.Mode != want.Mode || got.Bytes != want.Bytes || !got.DataPort || got.Problem != problem || got.Elapsed != 5 || got.Endpoint != want.Endpoint {
			t.Errorf("of the source: %+v, not %+v", got, want)
		}
		if s := i.only(); !s.Test {
			t.Error("the session does not say that it is a test's")
		}
	})
}

func TestRouteTestOfSilentComponentsEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		began := time.Now()
		results, err := i.broker.TestRoute(t.Context(), engine.RouteTest{Route: p.route.ID})
		if err != nil || len(results) != 1 || !strings.Contains(results[0].Problem, "did not answer") {
			t.Errorf("%+v, %v", results, err)
		}
		if took := time.Since(began); took > 2*probeWithin+transferWithin {
			t.Errorf("it took %s", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if _, err := i.broker.TestRoute(ctx, engine.RouteTest{Route: p.route.ID}); err == nil {
			t.Error("a test that was cancelled gives no error")
		}
	})
}

func TestRouteTestNoticesADetachment(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		answered := make(chan error, 1)
		go func() {
			_, err := i.broker.probe(t.Context(), p.source.id, "10.0.0.3:1", true)
			answered <- err
		}()
		one(p.source, (*wire.Down).GetProbe)
		p.source.connection.Close()
		synctest.Wait()
		if err := <-answered; err == nil || !strings.Contains(err.Error(), "lost its connection") {
			t.Errorf("the probe gave %v", err)
		}
	})
}

// A probe is a look: it begins no session, has nobody connect, and leaves no receipt.
func TestAProbeOfARouteSaysHowItStandsWithoutASession(t *testing.T) {
	for name, c := range map[string]struct {
		backend string
		result  *wire.ProbeResult // nil: the target is not attached
		want    engine.Answer
		words   string
		good    bool
	}{
		"the backend listens":          {"127.0.0.1:8000", &wire.ProbeResult{Tried: true, Answered: true, Bound: []string{"127.0.0.1:8000"}}, engine.AnswerYes, "no connection was made", true},
		"the backend does not listen":  {"127.0.0.1:8000", &wire.ProbeResult{Tried: true, Problem: "no program listens"}, engine.AnswerNo, "no program listens", false},
		"the backend is elsewhere":     {"10.9.9.9:445", &wire.ProbeResult{Problem: "10.9.9.9:445 is not on this machine"}, engine.NotTried, "not on this machine", true},
		"the target is not attached":   {"127.0.0.1:8000", nil, engine.NotTried, "not attached", false},
		"the target forbids a backend": {"127.0.0.1:9999", nil, engine.AnswerNo, "allow-backend add 127.0.0.1:9999", false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.pair()
				i.write(func(tx engine.Transaction) error {
					return tx.PutService(engine.Service{ID: p.route.Service, Name: "service", Target: p.target.id, Backend: c.backend})
				})
				p.source.send(&wire.Up{Message: &wire.Up_ListenerStates{ListenerStates: &wire.ListenerStates{States: []*wire.ListenerState{{Route: wire.IDBytes(p.route.ID), Listening: true}}}}})
				if c.result == nil && c.want == engine.NotTried {
					p.target.connection.Close()
				}
				i.wait()
				done := make(chan []engine.RouteProbe)
				go func() {
					probes, err := i.broker.ProbeRoute(t.Context(), p.route.ID)
					if err != nil {
						t.Error(err)
					}
					done <- probes
				}()
				if c.result != nil {
					probe := one(p.target, (*wire.Down).GetProbe)
					if probe.GetConnect() {
						t.Error("the target is to connect")
					}
					c.result.Probe = probe.GetProbe()
					p.target.send(&wire.Up{Message: &wire.Up_ProbeResult{ProbeResult: c.result}})
				}
				probes := <-done
				if len(probes) != 1 {
					t.Fatalf("%+v", probes)
				}
				got := probes[0]
				if got.Backend.Answer != c.want || !strings.Contains(got.Backend.Words, c.words) || got.Good() != c.good || got.State != engine.ListenerUp {
					t.Errorf("%+v", got)
				}
				if sessions := i.broker.Sessions(); len(sessions) != 0 {
					t.Errorf("it began %+v", sessions)
				}
				if receipts, err := i.store.Receipts(t.Context(), engine.ReceiptQuery{}); err != nil || len(receipts) != 0 {
					t.Errorf("it left %+v, %v", receipts, err)
				}
			})
		})
	}
}

// What the target's table of sockets says of a backend decides what is said of the way around.
func TestABackendThatListensBeyondLoopbackIsSaidToBeReachable(t *testing.T) {
	for name, c := range map[string]struct {
		bound []string
		want  engine.Answer
		at    []string
	}{
		"loopback":       {[]string{"127.0.0.1:8000", "[::1]:8000"}, engine.AnswerNo, nil},
		"all addresses":  {[]string{"0.0.0.0:8000"}, engine.AnswerYes, []string{"0.0.0.0:8000"}},
		"one of each":    {[]string{"127.0.0.1:8000", "10.0.0.3:8000"}, engine.AnswerYes, []string{"10.0.0.3:8000"}},
		"what is no one": {[]string{"127.0.0.1:8000", "\x1b[31m"}, engine.AnswerNo, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.pair()
				planned, err := i.broker.planTest(p.route.ID)
				if err != nil {
					t.Fatal(err)
				}
				done := make(chan engine.Observation)
				go func() {
					_, around := i.broker.lookAtBackend(t.Context(), planned, false)
					done <- around
				}()
				probe := one(p.target, (*wire.Down).GetProbe)
				p.target.send(&wire.Up{Message: &wire.Up_ProbeResult{ProbeResult: &wire.ProbeResult{Probe: probe.GetProbe(), Tried: true, Answered: true, Bound: c.bound}}})
				if got := <-done; got.Answer != c.want || !slices.Equal(got.At, c.at) {
					t.Errorf("%+v", got)
				}
				// A check asks for all routes at once.
				found := make(chan []engine.AroundFault)
				go func() { found <- i.broker.BackendsAround(t.Context()) }()
				probe = one(p.target, (*wire.Down).GetProbe)
				if probe.GetConnect() {
					t.Error("the target is to connect")
				}
				p.target.send(&wire.Up{Message: &wire.Up_ProbeResult{ProbeResult: &wire.ProbeResult{Probe: probe.GetProbe(), Tried: true, Answered: true, Bound: c.bound}}})
				got := <-found
				if len(got) > 0 != (c.want == engine.AnswerYes) || len(got) == 1 && (got[0].Route != p.route.ID || !slices.Equal(got[0].At, c.at)) {
					t.Errorf("the check finds %+v", got)
				}
			})
		})
	}
}

func TestWaysAround(t *testing.T) {
	target := &engine.Component{Report: report("10.0.0.3", "203.0.113.3")}
	for backend, want := range map[string]string{
		"127.0.0.1:8000":       "10.0.0.3:8000 203.0.113.3:8000",
		"localhost:8000":       "10.0.0.3:8000 203.0.113.3:8000",
		"10.0.0.3:8000":        "10.0.0.3:8000 203.0.113.3:8000",
		"nas.example:445":      "nas.example:445",
		"10.9.9.9:445":         "10.9.9.9:445",
		"no port":              "",
		"127.0.0.1:notanumber": "",
	} {
		if got := strings.Join(waysAround(backend, target), " "); got != want {
			t.Errorf("around %s: %q, not %q", backend, got, want)
		}
	}
}

// A comparison is to be in the other mode than the rules say, whatever changes meanwhile, and only the test can use it.
func TestAComparisonIsNeitherStaleNorCutAndIsOfTheTestAlone(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		i.encryptAll()
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = i.broker.TestRoute(t.Context(), engine.RouteTest{Route: p.route.ID, Bytes: 1000, Compare: true})
		}()
		answer := func(h *agent, result *wire.ProbeResult) {
			h.send(&wire.Up{Message: &wire.Up_ProbeResult{ProbeResult: result}})
		}
		answer(p.target, &wire.ProbeResult{Probe: one(p.target, (*wire.Down).GetProbe).GetProbe(), Answered: true})
		transfer := func(request uint64) (*wire.Transfer, *wire.Offer, *wire.Offer) {
			order := one(p.source, (*wire.Down).GetTransfer)
			p.source.send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: &wire.SessionRequest{Request: request, Route: order.GetRoute(), Transfer: order.GetTransfer()}}})
			toTarget := one(p.target, (*wire.Down).GetOffer)
			p.target.answer(toTarget)
			toSource := one(p.source, (*wire.Down).GetOffer)
			p.source.answer(toSource)
			return order, toTarget, toSource
		}
		moved := func(order *wire.Transfer, offer *wire.Offer) {
			p.source.send(&wire.Up{Message: &wire.Up_TransferResult{TransferResult: &wire.TransferResult{
				Transfer: order.GetTransfer(), Session: offer.GetSession(), Bytes: 1000, ElapsedNanoseconds: 5, Endpoint: "10.0.0.3:6171",
			}}})
		}
		order, sealed, toSource := transfer(1)
		if sealed.GetMode() != wire.FromMode(engine.Sealed) {
			t.Errorf("the first is %v", sealed.GetMode())
		}
		moved(order, toSource)
		order, plain, toSource := transfer(2)
		if plain.GetMode() != wire.FromMode(engine.Plain) || !plain.GetTest() || plain.GetBackend() != "" || !toSource.GetTest() {
			t.Errorf("the comparison is %v", plain)
		}
		i.write(func(tx engine.Transaction) error {
			return tx.PutSettings(engine.Settings{CutSessionsThatShouldBeSealed: 1})
		})
		time.Sleep(time.Second) // until all are decided anew
		i.wait()
		compared := 0
		for _, s := range i.broker.Sessions() {
			if s.Decision.By == engine.ByTest {
				compared++
				if s.Stale || s.State == engine.SessionDraining {
					t.Errorf("the comparison is stale: %+v", s)
				}
			}
		}
		if compared != 1 {
			t.Errorf("%d comparisons are there", compared)
		}
		// The tool's own sessions are as the rules say meanwhile.
		p.source.request(p.route.ID)
		if offer := one(p.target, (*wire.Down).GetOffer); offer.GetMode() != wire.FromMode(engine.Sealed) || offer.GetTest() {
			t.Errorf("a tool's session is offered as %v", offer)
		}
		moved(order, toSource)
		<-done
	})
}
