package enginetest

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"lockwire/engine"
)

// serveDNS runs a DNS server on loopback that gives every name one address.
func serveDNS(t *testing.T, address string) string {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		reply := new(dns.Msg)
		reply.SetReply(question)
		if q := question.Question[0]; q.Qtype == dns.TypeA {
			record, err := dns.NewRR(q.Name + " 60 IN A " + address)
			if err != nil {
				t.Error(err)
			}
			reply.Answer = append(reply.Answer, record)
		}
		if err := w.WriteMsg(reply); err != nil {
			t.Error(err)
		}
	})}
	started := make(chan struct{})
	server.NotifyStartedFunc = func() { close(started) }
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := server.ActivateAndServe(); err != nil {
			t.Error(err)
		}
	})
	<-started
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
		ended.Wait()
	})
	return packets.LocalAddr().String()
}

// ask sets the DNS server that is asked.
func (p *pair) ask(t *testing.T, server string) {
	t.Helper()
	set, err := p.Admin.RuleSet(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	p.Apply(engine.Change{Setting: &engine.SettingChange{Name: "DNSServer", Value: server, Revision: set.SettingRevisions["DNSServer"]}})
}

func TestTrafficFollowsWhatANameStandsFor(t *testing.T) {
	t.Parallel()
	p := newPair(t, nil)
	p.ask(t, serveDNS(t, "10.99.0.1"))
	rule := engine.Rule{Name: "To the vault", Enabled: true, Encrypt: true, Source: []engine.Selector{selector(t, "any")}, Target: []engine.Selector{selector(t, "host:vault.example")}}
	effect := p.Apply(engine.Change{AddRule: &rule})
	if len(effect.Links) != 0 || len(effect.Warnings) != 0 || len(effect.Names) != 1 || effect.Names[0].AddressesInWords() != "10.99.0.1" {
		t.Errorf("the edit is judged as %+v", effect)
	}
	running := p.dial(t)
	ping(t, running, "plain")
	plain := p.only(t)
	if plain.Decision.Mode != engine.Plain {
		t.Fatalf("the first session is %s, by %s", plain.Decision.Mode, plain.Decision.By)
	}

	p.ask(t, serveDNS(t, "10.77.0.2"))
	p.waitDrained(plain.ID)
	next := p.dial(t)
	ping(t, next, "sealed")
	ping(t, running, "the running one goes on")
	for _, s := range p.Broker.Sessions() {
		if s.ID != plain.ID && s.Decision.Mode != engine.Sealed {
			t.Errorf("the next session is %s", s.Decision.Mode)
		}
	}
	running.Close()
	next.Close()
	p.WaitReceipts(2)

	// A broker that is started again decides by what the one before knew: both addresses count.
	p.StopBroker()
	p.StartBroker()
	p.WaitAttached(p.source, p.target)
	again := p.dial(t)
	ping(t, again, "sealed again")
	session := p.only(t)
	if meaning := session.Decision.Names["host:vault.example"]; session.Decision.Mode != engine.Sealed || len(meaning.Addresses) != 2 || meaning.Since.IsZero() {
		t.Errorf("after the restart: %s, %+v", session.Decision.Mode, meaning)
	}
	again.Close()
	p.Wait("the receipt", func() bool { return len(p.Receipts()) == 3 })
	for _, receipt := range p.Receipts() {
		if _, named := receipt.Decision.Names["host:vault.example"]; named != (receipt.Decision.Mode == engine.Sealed) {
			t.Errorf("the receipt of a session that was %s names %+v", receipt.Decision.Mode, receipt.Decision.Names)
		}
	}
}
