package routes

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestATestOfARouteSaysWhatItFoundAndWhatToDo(t *testing.T) {
	s, a, state := uitest.Linked(t)
	a.OnTestRoute = func(_ context.Context, asked engine.RouteTest) ([]engine.RouteTestResult, error) {
		if asked.Bytes != 64<<20 || asked.Compare {
			t.Errorf("asked for %+v", asked)
		}
		return []engine.RouteTestResult{{ComponentName: "fileserver", DataPort: true, Endpoint: "10.0.0.2:6171", Backend: engine.Observation{Answer: engine.AnswerNo, Words: "the target does not reach it"},
			Around:        engine.Observation{Answer: engine.AnswerYes, At: []string{"10.0.0.2:8000"}, Words: "fileserver reached it without Lockwire"},
			RouteTransfer: engine.RouteTransfer{Mode: engine.Sealed, Bytes: 64 << 20, Elapsed: time.Second, SourceCPU: time.Second / 10, TargetCPU: time.Second / 10}}}, nil
	}
	showRouteTest(s.Console, state, state.Routes[0]).compare.SetChecked(false)
	screen.Press(t, s.Window, "Start the test")
	screen.MustContain(t, uitest.Top(s), "10.0.0.2:6171", "without Lockwire: 10.0.0.2:8000", "the target does not reach it", "Bind it to 127.0.0.1", "sealed", "67.11 MB in 1.00 s", "1.49")
}

func TestATestComparesSealedWithPlain(t *testing.T) {
	s, a, state := uitest.Linked(t)
	a.OnTestRoute = func(_ context.Context, asked engine.RouteTest) ([]engine.RouteTestResult, error) {
		if !asked.Compare {
			t.Error("no comparison was asked for")
		}
		return []engine.RouteTestResult{{ComponentName: "fileserver", DataPort: true, Endpoint: "10.0.0.2:6171", Backend: engine.Observation{Answer: engine.AnswerNo},
			RouteTransfer: engine.RouteTransfer{Mode: engine.Plain, Bytes: 1e9, Elapsed: time.Second, SourceCPU: 300 * time.Millisecond, TargetCPU: 200 * time.Millisecond},
			Other:         &engine.RouteTransfer{Mode: engine.Sealed, Bytes: 1e9, Elapsed: 1250 * time.Millisecond, SourceCPU: 700 * time.Millisecond}}}, nil
	}
	showRouteTest(s.Console, state, state.Routes[0])
	screen.Press(t, s.Window, "Start the test")
	screen.MustContain(t, uitest.Top(s), "8.0 Gbit/s", "6.4 Gbit/s", "Sealed is 20 % slower", "the source takes +0.40 CPU seconds per GB", "target not known")
}

func TestATestThatIsCancelledEnds(t *testing.T) {
	s, a, state := uitest.Linked(t)
	var later []func()
	s.Background = func(work func(context.Context) error, done func(error)) {
		later = append(later, func() { done(work(context.Background())) })
	}
	var ended error
	a.OnTestRoute = func(ctx context.Context, _ engine.RouteTest) ([]engine.RouteTestResult, error) {
		ended = ctx.Err()
		return nil, ctx.Err()
	}
	showRouteTest(s.Console, state, state.Routes[0])
	screen.Press(t, s.Window, "Start the test")
	screen.Press(t, s.Window, "Cancel the test")
	for _, run := range later {
		run()
	}
	if !errors.Is(ended, context.Canceled) {
		t.Errorf("the test ended with %v", ended)
	}
	screen.MustContain(t, uitest.Top(s), "Start the test")
}

func TestWhatATestDidNotTryLooksNeitherGoodNorBad(t *testing.T) {
	untried := engine.Observation{Answer: engine.NotTried, Words: "it is on another machine"}
	for _, f := range []finding{backendFinding(untried), aroundFinding(untried)} {
		if f.color == kit.ColorSealed || f.color == kit.ColorRefused || f.text != "not tried: it is on another machine" {
			t.Errorf("%+v", f)
		}
	}
}

func TestATestConnectsToTheBackendOnlyWhereItIsAskedTo(t *testing.T) {
	for _, connect := range []bool{false, true} {
		s, a, state := uitest.Linked(t)
		asked := false
		a.OnTestRoute = func(_ context.Context, test engine.RouteTest) ([]engine.RouteTestResult, error) {
			asked = true
			if test.Connect != connect {
				t.Errorf("asked for %+v", test)
			}
			return nil, nil
		}
		dialog := showRouteTest(s.Console, state, state.Routes[0])
		if connect {
			dialog.connect.SetChecked(true)
		}
		screen.Press(t, s.Window, "Start the test")
		if !asked {
			t.Error("no test was asked for")
		}
	}
}

func TestTheDataPortThatIsNamedIsTheTargetsOwn(t *testing.T) {
	s, a, state := uitest.Linked(t)
	a.OnTestRoute = func(context.Context, engine.RouteTest) ([]engine.RouteTestResult, error) {
		return []engine.RouteTestResult{{ComponentName: "fileserver", Problem: "out of reach"}}, nil
	}
	for i := range state.Components {
		if c := &state.Components[i]; c.ID == state.Routes[0].Target {
			c.Report.Endpoints = []netip.AddrPort{netip.MustParseAddrPort("10.0.0.2:7171")}
		}
	}
	showRouteTest(s.Console, state, state.Routes[0])
	screen.Press(t, s.Window, "Start the test")
	if shown := uitest.Top(s); !strings.Contains(shown, "TCP port 7171") || strings.Contains(shown, "6171") {
		t.Errorf("it says\n%s", shown)
	}
}

func TestATestOfARouteToAProviderAsksForNothingPlainAndNothingBehindItsGateway(t *testing.T) {
	s, a, state := uitest.Linked(t)
	route := state.Routes[0]
	route.Provider, route.TargetName = engine.NewID(), "Deep Vault"
	a.OnTestRoute = func(_ context.Context, test engine.RouteTest) ([]engine.RouteTestResult, error) {
		if test.Compare || test.Connect {
			t.Errorf("asked for %+v", test)
		}
		return []engine.RouteTestResult{{
			ComponentName: "fileserver", DataPort: true, Endpoint: "gate.example:6180", RouteTransfer: engine.RouteTransfer{Mode: engine.Sealed, Bytes: 1 << 20, Elapsed: 1e9},
			Backend: engine.Observation{Answer: engine.NoQuestion, Words: "it is the provider's to look at"}, Around: engine.Observation{Answer: engine.NoQuestion, Words: "there is no way around it"},
		}}, nil
	}
	showRouteTest(s.Console, state, route)
	screen.MustContain(t, uitest.Top(s), "always sealed")
	screen.Press(t, s.Window, "Start the test")
	screen.MustContain(t, uitest.Top(s), "through the gateway gate.example:6180")
	screen.MustContain(t, uitest.Top(s), "does not apply: there is no way around it")
}
