package broker

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
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

// exemptToday makes everything a trusted link until the end of the day on which the bubble's clock begins, and gives that moment.
func (i *installation) exemptToday() time.Time {
	i.t.Helper()
	until := engine.Date{Year: time.Now().UTC().Year(), Month: 1, Day: 1}
	i.write(func(tx engine.Transaction) error {
		if err := tx.PutSettings(engine.Settings{TimeZone: "UTC"}); err != nil {
			return err
		}
		return tx.PutRule(engine.Rule{ID: engine.NewID(), Name: "trusted", Enabled: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any},
			Exempt: &engine.Exemption{Reason: "a line of our own", Until: &until}})
	})
	return until.End(time.UTC)
}

func TestExemptionThatEndsIsNoticed(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p, end := i.exempted()
		if s := i.only(); s.Decision.By != engine.ByExempt {
			t.Fatalf("decided by %s", s.Decision.By)
		}
		time.Sleep(time.Until(end) - time.Minute)
		none(p.source, (*wire.Down).GetCut)
		time.Sleep(time.Minute + 2*time.Second)
		if cut := heard(p.source, (*wire.Down).GetCut); len(cut) != 1 {
			t.Errorf("the source is told %v", cut)
		}
		if s := i.only(); !s.Stale || s.State != engine.SessionDraining {
			t.Errorf("it is shown as %+v", s)
		}
	})
}

func TestSessionThatWaitedForKeysIsDecidedAnew(t *testing.T) {
	tests := map[string]struct {
		from, to string
		// prepare makes what decides plain, and gives what turns that over, a second after the moment that it gives.
		prepare func(i *installation) (moment time.Time, change func())
	}{
		"an exemption ends": {"203.0.113.2", "203.0.113.3", func(i *installation) (time.Time, func()) {
			end := i.exemptToday()
			return end.Add(-time.Second), func() { time.Sleep(2 * time.Second) }
		}},
		"a tag stands for an end's address": {"10.0.0.2", "10.0.0.3", func(i *installation) (time.Time, func()) {
			other := i.component("other", "10.0.0.9", "vault")
			i.write(func(tx engine.Transaction) error {
				return tx.PutRule(engine.Rule{ID: engine.NewID(), Name: "vault", Enabled: true, Encrypt: true,
					Source: []engine.Selector{{Kind: engine.SelectTag, Name: "vault"}}, Target: []engine.Selector{engine.Any}})
			})
			return time.Now(), func() { other.attach("10.0.0.3"); time.Sleep(2 * time.Second) }
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				moment, change := test.prepare(i)
				source, target := i.component("source", test.from), i.component("target", test.to)
				p := pair{route: i.route("backup", target, source)}
				p.source, p.target = source.attach(test.from), target.attach(test.to)
				time.Sleep(time.Until(moment))
				for range helloKeys + 1 { // for the last one no key is left
					p.source.request(p.route.ID)
				}
				change()
				for _, end := range []*agent{p.source, p.target} {
					end.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: end.keys(1)}})
				}
				time.Sleep(2 * time.Second)
				for _, s := range i.broker.Sessions() {
					if s.Decision.Mode == engine.Plain {
						t.Errorf("a session goes on plain: %s, decided by %s", s.State, s.Decision.By)
					}
				}
				if began := i.broker.Metrics().SessionsBegun.Load(); began != helloKeys+1 {
					t.Errorf("%d sessions began, not %d", began, helloKeys+1)
				}
			})
		})
	}
}

// exempted is a live session that is plain by a trusted link, and when that ends.
func (i *installation) exempted() (p pair, end time.Time) {
	i.t.Helper()
	end = i.exemptToday()
	source, target := i.component("source", "203.0.113.2"), i.component("target", "203.0.113.3")
	p = pair{route: i.route("backup", target, source)}
	p.source, p.target = source.attach("203.0.113.2"), target.attach("203.0.113.3")
	p.live()
	return p, end
}

func TestClockThatIsSetIsNoticedWithinTwoSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p, end := i.exempted()
		set := func(to time.Time) {
			i.setForward.Store(int64(time.Until(to)))
			time.Sleep(2 * time.Second)
			i.wait()
		}
		next := func() wire.Mode {
			p.source.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: p.source.keys(1)}})
			p.target.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: p.target.keys(1)}})
			p.source.request(p.route.ID)
			return one(p.target, (*wire.Down).GetOffer).GetMode()
		}
		set(end.Add(-3 * time.Second)) // within the two seconds it does not end
		none(p.source, (*wire.Down).GetCut)
		set(end)
		if cut := one(p.source, (*wire.Down).GetCut); !cut.GetDrain() {
			t.Errorf("forward past the end, the source is told %v", cut)
		}
		if s := i.only(); !s.Stale || s.Now == nil || s.Now.By != engine.ByAutomatic {
			t.Errorf("forward past the end it is shown as %+v", s)
		}
		if mode := next(); mode != wire.Mode_MODE_SEALED {
			t.Errorf("forward past the end the next session is %s", mode)
		}
		set(end.Add(-time.Hour))
		sessions := i.broker.Sessions()
		if len(sessions) != 2 || sessions[0].Stale || !sessions[1].Stale {
			t.Errorf("back before the end they are shown as %+v", sessions)
		}
		set(end.Add(-4 * time.Second))
		i.broker.mu.Lock()
		awaited := i.broker.nextChange
		i.broker.mu.Unlock()
		if !awaited.Equal(end) {
			t.Errorf("back before the end, its end is awaited at %s", awaited)
		}
	})
}

func TestEndOfATrustedLinkCutsWhereTheSettingSaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p, end := i.exempted()
		i.write(func(tx engine.Transaction) error {
			return tx.PutSettings(engine.Settings{TimeZone: "UTC", CutSessionsThatShouldBeSealed: 1})
		})
		none(p.source, (*wire.Down).GetCut)
		time.Sleep(time.Until(end) + 2*time.Second)
		for _, a := range []*agent{p.source, p.target} {
			cuts := heard(a, (*wire.Down).GetCut)
			if len(cuts) == 0 || cuts[len(cuts)-1].GetDrain() {
				t.Errorf("%s is told %v", a.name, cuts)
			}
		}
	})
}

func TestSessionByATrustedLinkKeepsTheLinkAndEndsWithItThoughTheBrokerIsAway(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		end := i.exemptToday()
		source, target := i.component("source", "203.0.113.2"), i.component("target", "203.0.113.3")
		p := pair{route: i.route("backup", target, source)}
		p.source, p.target = source.attach("203.0.113.2"), target.attach("203.0.113.3")
		time.Sleep(time.Until(end) - time.Hour)
		p.source.request(p.route.ID)
		offer := one(p.target, (*wire.Down).GetOffer)
		if left := time.Duration(offer.GetAgeCapMilliseconds()) * time.Millisecond; left > time.Hour || left < time.Hour-time.Second {
			t.Errorf("an hour before the link's end the target takes flows for %s", left)
		}
		p.target.refuse(offer, "busy")
		settle()
		kept := i.receipt().Decision.Exemptions
		until := engine.Date{Year: end.Year(), Month: 1, Day: 1}
		if want := []engine.AppliedExemption{{Rule: "trusted", Reason: "a line of our own", Until: &until, Ends: end}}; !reflect.DeepEqual(kept, want) {
			t.Errorf("the receipt keeps %+v, not %+v", kept, want)
		}
	})
}

func TestOverrideThatTheMachineTakesBackSealsLiveSessions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		var override atomic.Int64
		override.Store(1)
		i.config.Prescribed = func() engine.Prescription { return engine.Prescribed(int(override.Load()), "the registry") }
		i.start()
		defer func() { i.stop() }()
		source, target := i.component("source", "203.0.113.2"), i.component("target", "203.0.113.3")
		p := pair{route: i.route("backup", target, source)}
		p.source, p.target = source.attach("203.0.113.2"), target.attach("203.0.113.3")
		p.live()
		if s := i.only(); s.Decision.Mode != engine.Plain {
			t.Fatalf("with the override it is %s", s.Decision.Mode)
		}
		override.Store(0)
		if err := i.broker.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		i.wait()
		if s := i.only(); !s.Stale || s.Now.By != engine.ByAutomatic || s.State != engine.SessionDraining {
			t.Errorf("it is shown as %+v", s)
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

// unreadable is a store that cannot be read for a while, as where another program has locked it.
type unreadable struct {
	engine.Store
	locked atomic.Bool
}

func (u *unreadable) RuleSet(ctx context.Context) (engine.RuleSet, error) {
	if u.locked.Load() {
		return engine.RuleSet{}, errors.New("the database is locked")
	}
	return u.Store.RuleSet(ctx)
}

func TestAChangeThatCouldNotBeTakenUpAtOnceIsInForceAsSoonAsItCan(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		records := &unreadable{Store: i.store}
		i.config.Store = records
		i.start()
		defer func() { i.stop() }()
		p := i.pair()
		p.live()
		records.locked.Store(true)
		rule := engine.Rule{ID: engine.NewID(), Revision: 1, Name: "Encrypt all", Enabled: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any}, Encrypt: true}
		if err := i.store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutRule(rule) }); err != nil {
			t.Fatal(err)
		}
		if err := i.broker.Refresh(t.Context()); err == nil {
			t.Fatal("it is said to be in force")
		}
		time.Sleep(5 * time.Second)
		if s := i.only(); s.Stale {
			t.Fatalf("it is in force, although nobody can read it: %+v", s)
		}
		records.locked.Store(false)
		time.Sleep(2 * time.Second)
		i.wait()
		if s := i.only(); !s.Stale || s.Now.Mode != engine.Sealed {
			t.Errorf("it is not in force after two seconds: %+v", s)
		}
	})
}
