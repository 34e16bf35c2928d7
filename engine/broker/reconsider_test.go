package broker

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/wire"
)

func TestPlainSessionTakesNoFlowOnceTheRulesSeal(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		if s := i.only(); s.Stale || s.Decision.Mode != engine.Plain {
			t.Fatalf("it begins as %+v", s)
		}
		i.encryptAll()
		for _, end := range []*agent{p.source, p.target} {
			if cut := one(end, (*wire.Down).GetCut); !cut.GetDrain() || string(cut.GetSession()) != string(id) || !strings.Contains(cut.GetReason(), "sealed") {
				t.Errorf("%s is told %v", end.name, cut)
			}
		}
		s := i.only()
		if !s.Stale || s.Now == nil || s.Now.Mode != engine.Sealed || s.Decision.Mode != engine.Plain || s.State != engine.SessionDraining {
			t.Errorf("it is shown as %+v", s)
		}
		p.source.request(p.route.ID)
		if offer := one(p.target, (*wire.Down).GetOffer); offer.GetMode() != wire.Mode_MODE_SEALED {
			t.Errorf("the next session is %v", offer.GetMode())
		}
	})
}

func TestSettingCutsSessionsThatShouldBeSealed(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.live()
		i.write(func(tx engine.Transaction) error {
			return tx.PutSettings(engine.Settings{CutSessionsThatShouldBeSealed: 1})
		})
		i.encryptAll()
		if cut := one(p.source, (*wire.Down).GetCut); cut.GetDrain() {
			t.Errorf("the source is told %v", cut)
		}
	})
}

func TestPlainOfferIsTakenBackWhenTheRulesSealMeanwhile(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.source.request(p.route.ID)
		one(p.target, (*wire.Down).GetOffer)
		i.encryptAll()
		one(p.target, (*wire.Down).GetOfferCancelled)
		one(p.source, (*wire.Down).GetSessionRefused)
	})
}

func TestSealedSessionGoesOnWhenTheRulesSayPlain(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		i.encryptAll()
		p.live()
		i.write(func(tx engine.Transaction) error {
			rules := must(tx.RuleSet(t.Context())).Rules
			return tx.RemoveRule(rules[0].ID)
		})
		none(p.source, (*wire.Down).GetCut)
		if s := i.only(); !s.Stale || s.Now.Mode != engine.Plain || s.State != engine.SessionLive {
			t.Errorf("it is shown as %+v", s)
		}
		i.encryptAll()
		if s := i.only(); s.Stale || s.Now != nil {
			t.Errorf("once the rule is back it is shown as %+v", s)
		}
	})
}

func TestNewInterfaceIsDecidedForWithinTwoSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.live()
		p.target.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(report("10.0.0.3", "203.0.113.5"))}})
		time.Sleep(2 * time.Second)
		if cut := one(p.source, (*wire.Down).GetCut); !cut.GetDrain() {
			t.Errorf("the source is told %v", cut)
		}
		if s := i.only(); s.Now.By != engine.ByAutomatic {
			t.Errorf("now decided by %v", s.Now.By)
		}
	})
}

func TestExemptionThatEndsIsNoticed(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		until := engine.Date{Year: time.Now().UTC().Year(), Month: 1, Day: 1} // the bubble's clock begins on that day
		i.write(func(tx engine.Transaction) error {
			if err := tx.PutSettings(engine.Settings{TimeZone: "UTC"}); err != nil {
				return err
			}
			return tx.PutRule(engine.Rule{ID: engine.NewID(), Name: "trusted", Enabled: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any},
				Exempt: &engine.Exemption{Reason: "a line of our own", Until: &until}})
		})
		source, target := i.component("source", "203.0.113.2"), i.component("target", "203.0.113.3")
		p := pair{route: i.route("backup", target, source)}
		p.source, p.target = source.attach("203.0.113.2"), target.attach("203.0.113.3")
		p.live()
		if s := i.only(); s.Decision.By != engine.ByExempt {
			t.Fatalf("decided by %s", s.Decision.By)
		}
		time.Sleep(time.Until(until.End(time.UTC)) - time.Minute)
		none(p.source, (*wire.Down).GetCut)
		time.Sleep(time.Minute + 2*time.Second)
		if cut := heard(p.source, (*wire.Down).GetCut); len(cut) != 1 {
			t.Errorf("the source is told %v", cut)
		}
	})
}

func TestSessionOfARouteThatIsRemovedDrains(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.live()
		i.write(func(tx engine.Transaction) error { return tx.RemoveRoute(p.route.ID) })
		for _, end := range []*agent{p.source, p.target} {
			if cut := one(end, (*wire.Down).GetCut); !cut.GetDrain() {
				t.Errorf("%s is told %v", end.name, cut)
			}
		}
	})
}

func TestRevocationCutsAtBothEnds(t *testing.T) {
	for _, end := range []string{"source", "target"} {
		t.Run(end, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.pair()
				id := p.live()
				revoked, other := p.source, p.target
				if end == "target" {
					revoked, other = p.target, p.source
				}
				i.write(func(tx engine.Transaction) error {
					c := i.status(revoked.holder).Component
					c.Revoked = time.Now()
					return tx.PutComponent(c)
				})
				for _, a := range []*agent{revoked, other} {
					if cut := one(a, (*wire.Down).GetCut); cut.GetDrain() || string(cut.GetSession()) != string(id) {
						t.Errorf("%s is told %v", a.name, cut)
					}
				}
				if err := revoked.ended(); status.Code(err) != codes.PermissionDenied || !strings.Contains(words(err), "revoked") {
					t.Errorf("the revoked one's stream ended with %v", err)
				}
				if other.ended() != nil {
					t.Error("the other one was disconnected")
				}
				if got := i.status(revoked.holder); got.Online || got.Revoked.IsZero() {
					t.Errorf("the revoked one is shown as %+v", got)
				}
				if _, err := revoked.renew(); status.Code(err) != codes.PermissionDenied {
					t.Errorf("the revoked one renews: %v", err)
				}
			})
		})
	}
}
