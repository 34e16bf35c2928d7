package broker

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

func TestHelloComesFirstAndSoon(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		silent := i.component("silent", "10.0.0.2").prepare()
		time.Sleep(helloWithin + time.Second)
		if err := silent.ended(); status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("a stream without a hello ended with %v", err)
		}
		rude := i.component("rude", "10.0.0.3").prepare()
		rude.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(report("10.0.0.3"))}})
		if err := rude.ended(); status.Code(err) != codes.InvalidArgument {
			t.Errorf("a stream that begins with a report ended with %v", err)
		}
		twice := i.component("twice", "10.0.0.4").attach("10.0.0.4")
		twice.hello(report("10.0.0.4"))
		if err := twice.ended(); status.Code(err) != codes.InvalidArgument {
			t.Errorf("a stream with two hellos ended with %v", err)
		}
	})
}

func TestMalformedMessagesEndTheStream(t *testing.T) {
	tooMany := &wire.OneTimeKeys{Keys: make([]*wire.OneTimeKey, wire.MaximumOneTimeKeys+1)}
	for name, up := range map[string]*wire.Up{
		"a one-time key that is none": {Message: &wire.Up_OneTimeKeys{OneTimeKeys: &wire.OneTimeKeys{Keys: []*wire.OneTimeKey{{Id: make([]byte, 16), Public: []byte("x")}}}}},
		"too many one-time keys":      {Message: &wire.Up_OneTimeKeys{OneTimeKeys: tooMany}},
		"a route's id too short":      {Message: &wire.Up_SessionRequest{SessionRequest: &wire.SessionRequest{Route: []byte("short")}}},
		"a session's id too short":    {Message: &wire.Up_SessionEnded{SessionEnded: &wire.SessionEnded{Session: []byte("short")}}},
		"an address that is none":     {Message: &wire.Up_Report{Report: &wire.Report{Interfaces: []*wire.Address{{Address: "nowhere"}}}}},
		"a version that is too high":  {Message: &wire.Up_Report{Report: &wire.Report{ChannelVersion: 1 << 16}}},
		"stats of too many cores":     {Message: &wire.Up_Stats{Stats: &wire.Stats{Cores: make([]float64, maximumCores+1)}}},
		"too many listeners":          {Message: &wire.Up_ListenerStates{ListenerStates: &wire.ListenerStates{States: make([]*wire.ListenerState, maximumListeners+1)}}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				a := i.component("one", "10.0.0.2").attach("10.0.0.2")
				a.send(up)
				if err := a.ended(); status.Code(err) != codes.InvalidArgument {
					t.Errorf("the stream ended with %v", err)
				}
				if i.status(a.holder).Online {
					t.Error("the component is shown as online")
				}
			})
		})
	}
}

func TestMessageThatIsTooLargeEndsTheStream(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		a := i.component("one", "10.0.0.2").attach("10.0.0.2")
		a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Reason: strings.Repeat("x", wire.MaximumMessage)}}})
		if err := a.ended(); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("the stream ended with %v", err)
		}
	})
}

func TestSecondInstanceIsRefusedAndShown(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		h := i.component("one", "10.0.0.2")
		first := h.attach("10.0.0.2")
		clone := *h
		clone.from = "10.0.0.77"
		second := clone.prepare()
		second.hello(report("10.0.0.77"))
		if err := second.ended(); status.Code(err) != codes.AlreadyExists {
			t.Errorf("the second instance ended with %v", err)
		}
		if got := i.status(h); !got.Online || !strings.Contains(got.Problem, "10.0.0.77") || got.SeenFrom.String() != "10.0.0.2" {
			t.Errorf("the component is shown as %+v", got)
		}
		if err := first.ended(); err != nil {
			t.Errorf("the first instance ended with %v", err)
		}
		first.stream.CloseSend()
		synctest.Wait()
		second.open()
		second.hello(report("10.0.0.77"))
		if got := i.status(h); second.ended() != nil || !got.Online || got.Problem != "" {
			t.Errorf("once the first has gone, the second is shown as %+v", got)
		}
	})
}

func TestSameInstanceTakesItsPlaceAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		h := i.component("one", "10.0.0.2")
		first := h.attach("10.0.0.2")
		again := h.prepare()
		again.instance = first.instance
		again.hello(report("10.0.0.2"))
		if err := first.ended(); status.Code(err) != codes.Aborted {
			t.Errorf("the old stream ended with %v", err)
		}
		if again.ended() != nil || !i.status(h).Online {
			t.Error("the component is not attached")
		}
		first.connection.Close()
		if !i.status(h).Online {
			t.Error("the end of the old stream took the component away")
		}
	})
}

func TestSilentComponentIsOffline(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		h := i.component("one", "10.0.0.2")
		stalled := make(chan struct{})
		a := h.prepare(func(raw net.Conn) net.Conn {
			return &stalling{Conn: raw, stalled: stalled, done: make(chan struct{})}
		})
		a.hello(report("10.0.0.2"))
		time.Sleep(5 * time.Minute)
		if !i.status(h).Online {
			t.Fatal("a component that answers is shown as offline")
		}
		close(stalled)
		time.Sleep(2 * wire.Silence)
		if got := i.status(h); got.Online || got.Problem == "" {
			t.Errorf("a component that is silent is shown as %+v", got)
		}
	})
}

func TestPeerThatDoesNotReadIsDropped(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		h := i.component("deaf", "10.0.0.2")
		a := h.attach("10.0.0.2")
		other := i.component("other", "10.0.0.3").attach("10.0.0.3")
		i.broker.mu.Lock()
		sent := 0
		for i.broker.send(i.broker.members[h.id], &wire.Down{Message: &wire.Down_Probe{Probe: &wire.Probe{Endpoint: "x:1"}}}) {
			sent++ // nothing is delivered meanwhile that could not be, for sending never waits
			if sent > 1<<20 {
				break
			}
		}
		i.broker.mu.Unlock()
		if err := a.ended(); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("after %d messages the stream ended with %v", sent, err)
		}
		if got := i.status(h); got.Online || !strings.Contains(got.Problem, "does not read") {
			t.Errorf("the component is shown as %+v", got)
		}
		if other.ended() != nil {
			t.Error("somebody else was dropped too")
		}
	})
}

func TestReportsAreShownAndKept(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		h := i.component("one", "10.0.0.2")
		a := h.attach("10.0.0.2")
		a.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(report("10.0.0.2", "203.0.113.5"))}})
		if got := i.status(h); len(got.Report.Interfaces) != 2 {
			t.Errorf("the component is shown as %+v", got)
		}
		settle()
		kept := must(i.store.Components(t.Context()))[0]
		if len(kept.Report.Interfaces) != 2 || kept.SeenFrom.String() != "10.0.0.2" || kept.LastSeen.IsZero() {
			t.Errorf("the record has %+v", kept)
		}
	})
}

func TestReportDoesNotUndoAnAdministratorsEdit(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		h := i.component("one", "10.0.0.2")
		a := h.attach("10.0.0.2")
		a.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(report("10.0.0.4"))}})
		i.write(func(tx engine.Transaction) error {
			c := must(tx.Components(t.Context()))[0]
			c.Name, c.Tags = "renamed", []string{"x"}
			return tx.PutComponent(c)
		})
		settle()
		if kept := must(i.store.Components(t.Context()))[0]; kept.Name != "renamed" || len(kept.Tags) != 1 || kept.Report.Interfaces[0].Address.String() != "10.0.0.4" {
			t.Errorf("the record has %+v", kept)
		}
		if got := i.status(h); got.Name != "renamed" || got.Report.Interfaces[0].Address.String() != "10.0.0.4" {
			t.Errorf("the component is shown as %+v", got)
		}
	})
}

func TestRoutesAreSentToTheirSources(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		source, target := i.component("source", "10.0.0.2"), i.component("target", "10.0.0.3")
		a := source.attach("10.0.0.2")
		if routes := one(a, (*wire.Down).GetRoutes); len(routes.GetRoutes()) != 0 {
			t.Errorf("without a route it is sent %v", routes)
		}
		route := i.route("backup", target, source)
		if routes := one(a, (*wire.Down).GetRoutes).GetRoutes(); len(routes) != 1 || routes[0].GetName() != "backup" || routes[0].GetListen() != "127.0.0.1:9000" {
			t.Errorf("it is sent %v", routes)
		}
		i.encryptAll()
		none(a, (*wire.Down).GetRoutes) // nothing of its routes has changed
		state := func() engine.Listener { return i.broker.Routes()[0].Listeners[0] }
		if got := state(); got.State != engine.ListenerPending {
			t.Errorf("the listener is shown as %+v", got)
		}
		a.send(&wire.Up{Message: &wire.Up_ListenerStates{ListenerStates: &wire.ListenerStates{States: []*wire.ListenerState{{Route: wire.IDBytes(route.ID), Problem: "the port is taken"}}}}})
		if got := state(); got.State != engine.ListenerFailed || got.Problem != "the port is taken" || got.ComponentName != "source" {
			t.Errorf("the listener is shown as %+v", got)
		}
		a.send(&wire.Up{Message: &wire.Up_ListenerStates{ListenerStates: &wire.ListenerStates{States: []*wire.ListenerState{{Route: wire.IDBytes(route.ID), Listening: true}}}}})
		if got := state(); got.State != engine.ListenerUp {
			t.Errorf("the listener is shown as %+v", got)
		}
		i.write(func(tx engine.Transaction) error { route.Enabled = false; return tx.PutRoute(route) })
		if routes := one(a, (*wire.Down).GetRoutes); len(routes.GetRoutes()) != 0 {
			t.Errorf("with the route off it is sent %v", routes)
		}
		a.stream.CloseSend()
		synctest.Wait()
		if got := state(); got.State != engine.ListenerOffline {
			t.Errorf("the listener is shown as %+v", got)
		}
	})
}

func TestRouteOfATagFollowsTheTag(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		target := i.component("target", "10.0.0.3")
		tagged, other := i.component("tagged", "10.0.0.2", "branch"), i.component("other", "10.0.0.4")
		a, b := tagged.attach("10.0.0.2"), other.attach("10.0.0.4")
		heard(a, (*wire.Down).GetRoutes)
		heard(b, (*wire.Down).GetRoutes)
		service := engine.Service{ID: engine.NewID(), Name: "s", Target: target.id, Backend: "127.0.0.1:1"}
		i.write(func(tx engine.Transaction) error {
			if err := tx.PutService(service); err != nil {
				return err
			}
			return tx.PutRoute(engine.Route{ID: engine.NewID(), Name: "r", SourceTag: "branch", Listen: "127.0.0.1:9000", Service: service.ID, Direction: engine.Push, Enabled: true})
		})
		one(a, (*wire.Down).GetRoutes)
		none(b, (*wire.Down).GetRoutes)
		i.write(func(tx engine.Transaction) error {
			c := i.status(other).Component
			c.Tags = []string{"branch"}
			return tx.PutComponent(c)
		})
		one(b, (*wire.Down).GetRoutes)
	})
}

func TestStreamEndsWithItsCertificate(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		h := i.component("one", "10.0.0.2")
		h.key, h.certificate = certified(i.authority, identity.Component, h.id, time.Now().Add(time.Minute-identity.CertificateLifetime))
		i.write(func(tx engine.Transaction) error {
			return tx.PutComponent(engine.Component{ID: h.id, Name: "one", Role: engine.Proxy, Key: keyIDOf(h.certificate)})
		})
		a := h.attach("10.0.0.2")
		time.Sleep(2 * time.Minute)
		if err := a.ended(); status.Code(err) != codes.Unauthenticated || !strings.Contains(words(err), "expired") {
			t.Errorf("the stream ended with %v", err)
		}
	})
}

func TestStoppingBrokerSaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		a := i.component("one", "10.0.0.2").attach("10.0.0.2")
		i.stop()
		if err := a.ended(); status.Code(err) != codes.Unavailable {
			t.Errorf("the stream ended with %v", err)
		}
	})
}

func TestATimeZoneThatTheSystemDoesNotKnowKeepsNoBrokerFromStarting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		var log strings.Builder
		i.config.Logger = slog.New(slog.NewTextHandler(&log, nil))
		rule := engine.InternetRule()
		rule.ID, rule.Name, rule.Encrypt = engine.NewID(), "elsewhere", false
		rule.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 1, Unit: engine.MegabytesPerSecond}}
		schedule := engine.AlwaysOn()
		schedule.TimeZone, rule.Schedule = "Mars/Olympus", &schedule
		if err := i.store.Write(t.Context(), func(tx engine.Transaction) error {
			return errors.Join(tx.PutSettings(engine.Settings{TimeZone: "Mars/Tharsis"}), tx.PutRule(rule))
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := New(t.Context(), i.config); err != nil {
			t.Errorf("it does not start: %v", err)
		}
		if !strings.Contains(log.String(), "Mars/Olympus") || !strings.Contains(log.String(), "Mars/Tharsis") {
			t.Errorf("the log says %q", log.String())
		}
	})
}
