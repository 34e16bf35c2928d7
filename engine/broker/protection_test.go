package broker

import (
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// What protects a route is told for each of its sources, and follows rules, addresses and exemptions.
func TestWhatProtectsARouteIsToldAndKeptCurrent(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		other := i.component("other", "10.0.0.9")
		p.route.Sources = append(p.route.Sources, other.id)
		i.write(func(tx engine.Transaction) error { return tx.PutRoute(p.route) })
		expect := func(when string, source, otherSource string) {
			t.Helper()
			time.Sleep(2 * reconsiderPause)
			i.wait()
			routes := i.broker.Routes()
			if len(routes) != 1 || len(routes[0].Listeners) != 2 {
				t.Fatalf("%s: %+v", when, routes)
			}
			for _, l := range routes[0].Listeners {
				want := map[string]string{"source": source, "other": otherSource}[l.ComponentName]
				if got := l.ProtectionWords(routes[0].TargetName); got != want {
					t.Errorf("%s: %q, not %q", when, got, want)
				}
			}
		}
		expect("without a rule", "source to target: PLAIN, no rule encrypts it", "other to target: PLAIN, no rule encrypts it")

		until := engine.Date{Year: time.Now().UTC().Year(), Month: 1, Day: 1}
		rule := engine.Rule{ID: engine.NewID(), Name: "Nightly", Enabled: true, Encrypt: true, Source: selectors("10.0.0.2"), Target: selectors("10.0.0.3")}
		trusted := engine.Rule{ID: engine.NewID(), Name: "Line", Enabled: true, Exempt: &engine.Exemption{Reason: "our own line", Until: &until}, Source: selectors("203.0.113.9"), Target: selectors("10.0.0.3")}
		i.write(func(tx engine.Transaction) error { return tx.PutRule(rule) })
		expect("with a rule", "source to target: sealed, rule Nightly", "other to target: PLAIN, no rule encrypts it")

		i.write(func(tx engine.Transaction) error { return tx.PutSettings(engine.Settings{TimeZone: "UTC"}) })
		at := other.attach("10.0.0.9", "203.0.113.9")
		expect("with a public address", "source to target: sealed, rule Nightly", "other to target: sealed, automatic (public address)")

		i.write(func(tx engine.Transaction) error { return tx.PutRule(trusted) })
		expect("with a trusted link", "source to target: sealed, rule Nightly", "other to target: PLAIN, trusted link Line")
		at.connection.Close()
		time.Sleep(24 * time.Hour)
		expect("after its end", "source to target: sealed, rule Nightly", "other to target: sealed, automatic (public address)")

		i.write(func(tx engine.Transaction) error {
			target := i.status(p.target.holder).Component
			target.Revoked = time.Now()
			return tx.PutComponent(target)
		})
		expect("with the target revoked", "source to target: REFUSED, target was revoked", "other to target: REFUSED, target was revoked")
	})
}

// What protects each route takes long to decide where there are many; it is decided when somebody looks.
func TestWhatProtectsARouteIsDecidedWhenItIsAskedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		decided := func() bool {
			time.Sleep(time.Minute)
			i.wait()
			i.broker.mu.Lock()
			defer i.broker.mu.Unlock()
			return i.broker.protections != nil && i.broker.protectedAs == i.broker.considered
		}
		p := i.pair()
		if decided() {
			t.Error("nobody has asked")
		}
		for range 2 {
			if routes := i.broker.Routes(); routes[0].Listeners[0].Protection.State != engine.ProtectionPlain {
				t.Errorf("the route is %+v", routes[0])
			}
			if !decided() {
				t.Error("it is decided anew although nothing has changed")
			}
		}
		p.target.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(report("10.0.0.3", "203.0.113.3"))}})
		if decided() {
			t.Error("an address has come, and nobody has asked since")
		}
		if routes := i.broker.Routes(); routes[0].Listeners[0].Protection.State != engine.ProtectionSealed {
			t.Errorf("the route is %+v", routes[0])
		}
	})
}

func selectors(texts ...string) (all []engine.Selector) {
	for _, text := range texts {
		one, err := engine.ParseSelector(text)
		if err != nil {
			panic(err)
		}
		all = append(all, one)
	}
	return all
}
