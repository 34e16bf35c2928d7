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
	}{
		{"the source listens", &wire.ListenerState{Listening: true}, ""},
		{"the source does not listen", &wire.ListenerState{Problem: "another program does"}, "the route does not listen on source: another program does"},
	} {
		t.Run(c.name, func(t *testing.T) { testRouteTest(t, c.listener, c.problem) })
	}
}

func testRouteTest(t *testing.T, listener *wire.ListenerState, problem string) {
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
			results, failed = i.broker.TestRoute(t.Context(), engine.RouteTest{Route: p.route.ID, Bytes: 1000})
		}()
		backend := one(p.target, (*wire.Down).GetProbe)
		if backend.GetEndpoint() != "127.0.0.1:8000" {
			t.Errorf("the target probes %s", backend.GetEndpoint())
		}
		p.target.send(&wire.Up{Message: &wire.Up_ProbeResult{ProbeResult: &wire.ProbeResult{Probe: backend.GetProbe(), Answered: true}}})
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
		around := one(p.source, (*wire.Down).GetProbe)
		if around.GetEndpoint() != "10.0.0.3:8000" {
			t.Errorf("the source probes %s", around.GetEndpoint())
		}
		p.source.send(&wire.Up{Message: &wire.Up_ProbeResult{ProbeResult: &wire.ProbeResult{Probe: around.GetProbe(), Answered: true}}})
		<-done
		if failed != nil || len(results) != 2 {
			t.Fatalf("%+v, %v", results, failed)
		}
		if results[0].ComponentName != "offline" || !strings.Contains(results[0].Problem, "not attached") || results[0].DataPort {
			t.Errorf("of the one that is offline: %+v", results[0])
		}
		want := engine.RouteTestResult{
			Component: p.source.id, ComponentName: "source", DataPort: true, Endpoint: "10.0.0.3:6171", Backend: true, Around: []string{"10.0.0.3:8000"},
			RouteTransfer: engine.RouteTransfer{Mode: engine.Sealed, Bytes: 1000, Elapsed: 5, SourceCPU: 3, TargetCPU: 4},
		}
		if got := results[1]; !slices.Equal(got.Around, want.Around) || got.Mode != want.Mode || got.Bytes != want.Bytes || !got.DataPort || !got.Backend || got.Problem != problem || got.Elapsed != 5 || got.Endpoint != want.Endpoint {
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
		go func() { answered <- i.broker.Probe(t.Context(), p.source.id, "10.0.0.3:1") }()
		one(p.source, (*wire.Down).GetProbe)
		p.source.connection.Close()
		synctest.Wait()
		if err := <-answered; err == nil || !strings.Contains(err.Error(), "lost its connection") {
			t.Errorf("the probe gave %v", err)
		}
	})
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
		answer(p.source, &wire.ProbeResult{Probe: one(p.source, (*wire.Down).GetProbe).GetProbe()})
		<-done
	})
}
