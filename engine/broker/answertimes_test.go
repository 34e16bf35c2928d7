package broker

import (
	"crypto/ecdsa"
	"flag"
	"slices"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

var answerTimes = flag.Int("answertimes", 0, "time refused answers that often, and print the medians side by side: go test ./engine/broker -run AnswerTimes -v -answertimes 200")

// TestAnswerTimes prints how long each answer takes that tells nothing: what is unknown, what is over and what is another tenant's. It says
// of each what an attacker could tell apart, and asserts nothing, for times are the machine's.
func TestAnswerTimes(t *testing.T) {
	if *answerTimes <= 0 {
		t.Skip("only where -answertimes asks for it")
	}
	i := newInstallation(t)
	i.realTime = true
	i.start()
	defer func() { i.stop() }()
	target := i.component("repo-1", "10.0.0.3")
	service, hidden := i.service("restic", target), i.service("hidden", target)
	smith, jones := i.customer("smith", service), i.customer("jones", service)
	mine, theirs := smith.machine(), jones.machine()
	gone := smith.machine()
	client := wire.NewTenancyClient(smith.dial())
	if _, err := client.RemoveComponent(t.Context(), &wire.RemoveComponentRequest{Component: wire.IDBytes(gone.id)}); err != nil {
		t.Fatal(err)
	}

	// A session of another tenant, one of its own, and one of its own that is over, as the broker knows them while they live.
	running := func(of *holder, open bool) engine.ID {
		i.broker.mu.Lock()
		defer i.broker.mu.Unlock()
		s := &live{shown: engine.Session{ID: engine.NewID(), Tenant: i.broker.members[of.id].Tenant}}
		s.ends[1], s.ends[2] = i.broker.members[of.id], i.broker.members[target.id]
		if open {
			i.broker.sessions[s.shown.ID] = s
		}
		return s.shown.ID
	}
	foreign, over := running(theirs, true), running(mine, false)
	defer func() {
		i.broker.mu.Lock()
		defer i.broker.mu.Unlock()
		delete(i.broker.sessions, foreign)
	}()
	i.broker.mu.Lock()
	asking := &member{Component: i.broker.members[target.id].Component}
	asking.Role = engine.ProviderGateway
	i.broker.mu.Unlock()
	key := keyIDOf(mine.certificate)
	tunnel := func(session engine.ID) func() {
		ask := &wire.TunnelAsk{Ask: 1, Key: key[:], Session: wire.IDBytes(session)}
		return func() { _ = i.broker.takeTunnelAsk(&attachment{member: asking}, ask) }
	}
	ask := func(component, service engine.ID) func() {
		request := &wire.AskSessionRequest{Component: wire.IDBytes(component), Service: wire.IDBytes(service)}
		return func() { _, _ = client.AskSession(t.Context(), request) }
	}
	remove := func(component engine.ID) func() {
		request := &wire.RemoveComponentRequest{Component: wire.IDBytes(component)}
		return func() { _, _ = client.RemoveComponent(t.Context(), request) }
	}
	stranger := i.newcomer()
	redeem := func(link identity.Link) func() {
		request := must(identity.NewRequest(stranger.key))
		return func() {
			_, _ = i.broker.redeem(t.Context(), keyIDOf(stranger.certificate), &wire.RedeemRequest{Secret: link.Secret(), CertificateRequest: request})
		}
	}
	unknown := must(identity.NewLink(i.authority.Pin(), i.authority.Installation(), []string{"gateway.example:6180"}))
	used := i.link(smith.tenant, replaces, func(l *engine.LinkRecord) { l.Used = time.Now() })
	expired := i.link(jones.tenant, replaces, func(l *engine.LinkRecord) { l.Expires = time.Now().Add(-time.Hour) })
	name := func(key *ecdsa.PrivateKey) func() {
		return func() {
			a := smith.adding()
			a.key = key
			_, _ = smith.add(a)
		}
	}
	const many, few = 1, 20 // few: what adds components is limited to some a second
	for _, c := range []struct {
		what  string
		each  int
		kinds []string
		calls []func()
	}{
		{"session ids, at the gateway", many, []string{"unknown", "over", "foreign"}, []func(){tunnel(engine.NewID()), tunnel(over), tunnel(foreign)}},
		{"components of a session", many, []string{"unknown", "gone", "foreign"}, []func(){ask(engine.NewID(), service), ask(gone.id, service), ask(theirs.id, service)}},
		{"services of a session", many, []string{"unknown", "foreign"}, []func(){ask(mine.id, engine.NewID()), ask(mine.id, hidden)}},
		{"components to remove", many, []string{"unknown", "gone", "foreign"}, []func(){remove(engine.NewID()), remove(gone.id), remove(theirs.id)}},
		{"links", many, []string{"unknown", "used", "expired"}, []func(){redeem(unknown), redeem(used), redeem(expired)}},
		{"keys that are named", few, []string{"own", "foreign", "the tenant's broker's"}, []func(){name(mine.key), name(theirs.key), name(jones.key)}},
	} {
		taken := make([][]time.Duration, len(c.calls))
		for range max(*answerTimes/c.each, 5) {
			for k, call := range c.calls { // in turns, so that all have the machine alike
				began := time.Now()
				call()
				taken[k] = append(taken[k], time.Since(began))
			}
		}
		for k := range taken {
			slices.Sort(taken[k])
			n := len(taken[k])
			t.Logf("%-28s %-22s median %8v, a tenth below %8v, a tenth above %8v, of %d", c.what, c.kinds[k], taken[k][n/2], taken[k][n/10], taken[k][n*9/10], n)
		}
	}
}
