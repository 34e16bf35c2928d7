package enginetest

import (
	"context"
	"net"
	"testing"
	"time"

	"lockwire/engine"
)

// newPublicPair is a pair on public addresses whose override is set, with a plain connection through it.
func newPublicPair(t *testing.T) (*pair, net.Conn) {
	t.Helper()
	p := &pair{Installation: New(t), backend: NewEcho(t)}
	p.source = p.Join(Machine{Name: "source", Addresses: []string{"203.0.113.1"}})
	p.target = p.Join(Machine{Name: "target", Addresses: []string{"203.0.113.2"}, AllowBackends: []string{p.backend.Address()}})
	p.route = p.Route(p.source, p.target, p.backend.Address(), nil)
	p.Apply(engine.Change{Setting: &engine.SettingChange{Name: engine.OverrideSetting, Value: "1"}})
	conn := p.dial(t)
	ping(t, conn, "plain")
	return p, conn
}

// replaceOverride puts trusted links in the place of the override, and gives when they end.
func (p *pair) replaceOverride() time.Time {
	p.t.Helper()
	set, err := p.Admin.RuleSet(context.Background())
	if err != nil {
		p.t.Fatal(err)
	}
	day := time.Now().AddDate(0, 0, 2)
	until := engine.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}
	p.Apply(engine.Change{ReplaceOverride: &engine.OverrideReplacement{Reason: "fibre", Until: &until, Revision: set.SettingRevisions[engine.OverrideSetting]}})
	return until.End(set.Settings.Location())
}

// endIn sets the broker's clock so that a moment comes after a while.
func (p *pair) endIn(end time.Time, left time.Duration) {
	p.SetForward.Store(int64(time.Until(end) - left))
}

func TestTrustedLinkTakesTheOverridesPlaceUnderLiveSessionsAndSealsThemAtItsEnd(t *testing.T) {
	t.Parallel()
	p, conn := newPublicPair(t)
	end := p.replaceOverride()
	ping(t, conn, "goes on")
	if sessions := p.Broker.Sessions(); len(sessions) != 1 || sessions[0].Stale || sessions[0].Decision.Mode != engine.Plain || sessions[0].State != engine.SessionLive {
		t.Fatalf("with trusted links in the place of the override: %+v", sessions)
	}
	if err := attempt(p.route.Listen, "another"); err != nil {
		t.Fatal(err)
	}
	p.endIn(end, time.Second)
	p.Wait("the session is stale", func() bool { return p.only(t).Stale })
	if now := p.now(); now.Before(end) {
		t.Errorf("the link's end shows %s before it has come", end.Sub(now))
	}
	p.waitDrained(p.only(t).ID)
	ping(t, conn, "runs to its end")
	next := p.dial(t)
	ping(t, next, "sealed")
	for _, s := range p.Broker.Sessions() {
		if plain := s.Decision.Mode == engine.Plain; plain != s.Stale || !plain && s.Decision.By != engine.ByAutomatic {
			t.Errorf("after the link's end: %+v", s)
		}
	}
	p.Apply(engine.Change{Setting: &engine.SettingChange{Name: "CutSessionsThatShouldBeSealed", Value: "1"}})
	p.Wait("the plain flow is cut", func() bool { return tryPing(conn, "cut") != nil })
	ping(t, next, "the sealed one goes on")
}

func TestPlainSessionTakesNoFlowAfterItsTrustedLinkAlsoWithoutABroker(t *testing.T) {
	t.Parallel()
	p, conn := newPublicPair(t)
	end := p.replaceOverride()
	conn.Close()
	for _, s := range p.Broker.Sessions() {
		_ = p.Broker.Cut(context.Background(), s.ID, "to begin anew")
	}
	p.WaitReceipts(1) // the broker says that it is over before its ends have heard of it; the receipt comes after they confirmed it
	p.endIn(end, 20*time.Second)
	running := p.dial(t)
	ping(t, running, "plain by the link")
	if s := p.Broker.Sessions(); len(s) != 1 || s[0].Decision.By != engine.ByExempt || len(s[0].Decision.Exemptions) != 1 || s[0].Decision.Exemptions[0].Reason != "fibre" {
		t.Fatalf("it begins as %+v", s)
	}
	p.StopBroker()
	if err := attempt(p.route.Listen, "before the end"); err != nil && p.now().Before(end) {
		t.Fatalf("a live session takes flows without a broker: %v", err)
	}
	p.Wait("no flow is taken after the end", func() bool { return attempt(p.route.Listen, "after the end") != nil })
	ping(t, running, "what runs finishes")
}
