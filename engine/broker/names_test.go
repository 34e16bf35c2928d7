package broker

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/names"
	"lockwire/engine/wire"
)

// zone is a DNS in memory with one host, whatever it is called.
type zone struct {
	sync.Mutex
	servers   string // that the last resolver was made for
	addresses []netip.Addr
	err       error
}

func (z *zone) Lookup(_ context.Context, _ string, family names.Family) ([]netip.Addr, error) {
	z.Lock()
	defer z.Unlock()
	if family == names.IPv6 {
		return nil, nil
	}
	return z.addresses, z.err
}

func (z *zone) say(err error, list ...string) {
	z.Lock()
	defer z.Unlock()
	z.addresses, z.err = nil, err
	for _, text := range list {
		z.addresses = append(z.addresses, netip.MustParseAddr(text))
	}
}

// withDNS runs a test with an installation that asks a DNS in memory.
func withDNS(t *testing.T, test func(t *testing.T, i *installation, z *zone)) {
	t.Helper()
	bubble(t, func(t *testing.T) {
		i, z := newInstallation(t), &zone{}
		i.config.Resolver = func(servers []string) names.Resolver {
			z.Lock()
			defer z.Unlock()
			z.servers = strings.Join(servers, ",")
			return z
		}
		i.start()
		defer func() { i.stop() }()
		test(t, i, z)
	})
}

// putHostRule adds a rule for what the name nas stands for.
func (i *installation) putHostRule(encrypt bool) engine.Rule {
	i.t.Helper()
	rule := engine.Rule{ID: engine.NewID(), Revision: 1, Name: "NAS", Enabled: true, Encrypt: encrypt, Source: []engine.Selector{{Kind: engine.SelectHost, Name: "nas.example"}}, Target: []engine.Selector{engine.Any}}
	if !encrypt {
		rule.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 10, Unit: engine.MegabitsPerSecond}}
	}
	i.write(func(tx engine.Transaction) error { return tx.PutRule(rule) })
	return rule
}

func TestALivePlainSessionIsStaleOnceANameResolvesToItsEnd(t *testing.T) {
	withDNS(t, func(t *testing.T, i *installation, z *zone) {
		p := i.pair()
		z.say(nil, "10.0.0.77")
		i.putHostRule(true)
		time.Sleep(time.Second)
		p.live()
		if s := i.only(); s.Stale || s.Decision.Mode != engine.Plain {
			t.Fatalf("it begins as %+v", s)
		}
		changed := i.broker.Changed()
		z.say(nil, "10.0.0.3")
		time.Sleep(names.Every + 2*time.Second)
		if cut := one(p.source, (*wire.Down).GetCut); !cut.GetDrain() || !strings.Contains(cut.GetReason(), "sealed") {
			t.Errorf("the source is told %v", cut)
		}
		if s := i.only(); !s.Stale || s.Now.Mode != engine.Sealed || s.Now.By != engine.ByRule {
			t.Errorf("it is shown as %+v", s)
		}
		if i.broker.Changed() == changed {
			t.Error("those who watch are not told")
		}
		p.source.request(p.route.ID)
		if offer := one(p.target, (*wire.Down).GetOffer); offer.GetMode() != wire.Mode_MODE_SEALED {
			t.Errorf("the next session is %v", offer.GetMode())
		}
	})
}

func TestAForgedOrLostAnswerMakesNothingPlain(t *testing.T) {
	withDNS(t, func(t *testing.T, i *installation, z *zone) {
		p := i.pair()
		z.say(nil, "10.0.0.3")
		i.putHostRule(true)
		time.Sleep(time.Second)
		p.live()
		for what, say := range map[string]func(){
			"a forged answer": func() { z.say(nil, "10.6.6.6") },
			"an empty answer": func() { z.say(nil) },
			"no such name":    func() { z.say(names.ErrUnknownHost) },
			"no answer":       func() { z.say(errors.New("no answer")) },
		} {
			say()
			time.Sleep(3 * names.Every)
			if s := i.only(); s.Stale || s.Decision.Mode != engine.Sealed {
				t.Errorf("%s: it is shown as %+v", what, s)
			}
		}
		z.say(nil, "10.6.6.6")
		time.Sleep(engine.HostWindow + 2*names.Every)
		if s := i.broker.Hosts()["nas.example"]; len(s.Lately) != 1 {
			t.Errorf("after a day it stands for %v", s.Lately)
		}
	})
}

func TestUntilANameResolvesARuleThatEncryptsMatchesAndOneThatThrottlesDoesNot(t *testing.T) {
	for _, encrypt := range []bool{true, false} {
		withDNS(t, func(t *testing.T, i *installation, z *zone) {
			p := i.pair()
			z.say(errors.New("no answer"))
			i.putHostRule(encrypt)
			time.Sleep(time.Second)
			p.live()
			s := i.only()
			if sealed := s.Decision.Mode == engine.Sealed; sealed != encrypt || s.Decision.Throttle != nil {
				t.Errorf("encrypts %t: %+v", encrypt, s.Decision)
			}
			z.say(nil, "10.0.0.2")
			time.Sleep(names.Every + 2*time.Second)
			answer := i.broker.Hosts()["nas.example"]
			if answer.Trouble(time.Now()) != "" || len(answer.Now) != 1 {
				t.Errorf("%+v", answer)
			}
		})
	}
}

func TestTheReceiptKeepsWhatANameStoodForAndSinceWhen(t *testing.T) {
	withDNS(t, func(t *testing.T, i *installation, z *zone) {
		p := i.pair()
		z.say(nil, "10.0.0.3", "10.0.0.4")
		i.putHostRule(true)
		began := time.Now()
		time.Sleep(10*names.Every + time.Second)
		id := p.live()
		z.say(nil, "10.0.0.9")
		time.Sleep(2 * names.Every)
		p.source.end(id, &wire.SessionStats{})
		p.target.end(id, &wire.SessionStats{})
		meaning := i.receipt().Decision.Names["host:nas.example"]
		if want := []netip.Addr{netip.MustParseAddr("10.0.0.3"), netip.MustParseAddr("10.0.0.4")}; !slices.Equal(meaning.Addresses, want) || !meaning.Since.Equal(began) || meaning.Answered.Sub(began) != 10*names.Every {
			t.Errorf("%+v, began %s", meaning, began)
		}
	})
}

func TestABrokerThatIsStartedAgainForgetsNoAnswer(t *testing.T) {
	withDNS(t, func(t *testing.T, i *installation, z *zone) {
		p := i.pair()
		z.say(nil, "10.0.0.3")
		i.putHostRule(true)
		time.Sleep(time.Second)
		z.say(nil, "10.6.6.6")
		time.Sleep(2 * names.Every)
		i.stop()
		z.say(errors.New("no answer"))
		i.start()
		p = pair{p.source.holder.attach("10.0.0.2"), p.target.holder.attach("10.0.0.3"), p.route}
		p.live()
		if s := i.only(); s.Decision.Mode != engine.Sealed || len(s.Decision.Names["host:nas.example"].Addresses) != 2 {
			t.Errorf("%+v", s.Decision)
		}
	})
}

func TestTheServerOfTheSettingsIsAskedAsSoonAsItIsSet(t *testing.T) {
	withDNS(t, func(t *testing.T, i *installation, z *zone) {
		z.say(nil, "10.0.0.3")
		i.putHostRule(true)
		if z.servers != "" {
			t.Errorf("at first %q", z.servers)
		}
		z.say(nil, "10.0.0.4")
		i.write(func(tx engine.Transaction) error {
			return tx.PutSettings(engine.Settings{DNSServer: "10.0.0.53"})
		})
		i.wait()
		if now := i.broker.Hosts()["nas.example"].Now; z.servers != "10.0.0.53:53" || len(now) != 1 || now[0].String() != "10.0.0.4" {
			t.Errorf("%q, %v", z.servers, now)
		}
	})
}

func TestANameThatDoesNotResolveIsReportedAsLongAsARuleHasIt(t *testing.T) {
	withDNS(t, func(t *testing.T, i *installation, z *zone) {
		z.say(names.ErrUnknownHost)
		i.broker.TryHosts(t.Context(), []string{"tried.example"})
		rule := i.putHostRule(true)
		time.Sleep(time.Second)
		if troubled := i.broker.TroubledHosts(); len(troubled) != 1 || troubled[0].Name != "nas.example" || troubled[0].Trouble != engine.HostUnresolved || !strings.Contains(troubled[0].Words, "DNS knows no such name") {
			t.Errorf("%+v", troubled)
		}
		z.say(nil, "10.0.0.3")
		time.Sleep(names.Every + time.Second)
		if troubled := i.broker.TroubledHosts(); len(troubled) != 0 {
			t.Errorf("once it resolves: %+v", troubled)
		}
		z.say(errors.New("no answer"))
		time.Sleep(11*names.Every + time.Second)
		if troubled := i.broker.TroubledHosts(); len(troubled) != 1 || troubled[0].Trouble != engine.HostSilent {
			t.Errorf("once DNS is silent: %+v", troubled)
		}
		i.write(func(tx engine.Transaction) error { return tx.RemoveRule(rule.ID) })
		if troubled := i.broker.TroubledHosts(); len(troubled) != 0 {
			t.Errorf("without the rule: %+v", troubled)
		}
	})
}
