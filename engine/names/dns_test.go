package names

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lockwire/engine"
)

// serve runs a DNS server on loopback, by UDP and TCP, and gives its address and the questions that it was asked.
func serve(t *testing.T, answer func(question dns.Question, udp bool) *dns.Msg) (server string, asked func() []string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	packets, err := net.ListenPacket("udp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var questions []string
	handler := func(udp bool) dns.Handler {
		return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
			mu.Lock()
			questions = append(questions, question.Question[0].Name+" "+dns.TypeToString[question.Question[0].Qtype]+map[bool]string{true: " udp", false: " tcp"}[udp])
			mu.Unlock()
			reply := answer(question.Question[0], udp)
			if reply == nil {
				return // a server that says nothing
			}
			if reply.Question == nil {
				reply.Question = question.Question
			}
			reply.Id, reply.Response = question.Id, true
			if err := w.WriteMsg(reply); err != nil {
				t.Error(err)
			}
		})
	}
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: handler(true)}, {Listener: listener, Handler: handler(false)}} {
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
	}
	return listener.Addr().String(), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return questions
	}
}

// records makes an answer of lines such as "nas. A 10.0.0.1".
func records(t *testing.T, lines ...string) *dns.Msg {
	m := new(dns.Msg)
	for _, line := range lines {
		name, rest, _ := strings.Cut(line, " ")
		record, err := dns.NewRR(name + " 60 IN " + rest)
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, record)
	}
	return m
}

func code(rcode int) *dns.Msg {
	m := new(dns.Msg)
	m.Rcode = rcode
	return m
}

func TestAServerIsAsked(t *testing.T) {
	server, asked := serve(t, func(q dns.Question, udp bool) *dns.Msg {
		kind := dns.TypeToString[q.Qtype]
		switch strings.ToLower(q.Name) + " " + kind {
		case "nas.example. A":
			return records(t, "nas.example. A 10.0.0.1", "nas.example. A 10.0.0.2", "other.example. A 10.6.6.6")
		case "nas.example. AAAA":
			return records(t, "nas.example. AAAA 2001:db8::1")
		case "alias.example. A": // the whole chain in one answer
			return records(t, "alias.example. CNAME middle.example.", "middle.example. CNAME nas.example.", "nas.example. A 10.0.0.1")
		case "far.example. A": // only the alias, as a server says it that does not look further
			return records(t, "far.example. CNAME Nas.Example.")
		case "four.example. AAAA", "none.example. A":
			return records(t)
		case "lost-alias.example. A":
			m := records(t, "lost-alias.example. CNAME gone.example.")
			m.Rcode = dns.RcodeNameError
			return m
		case "circle.example. A":
			return records(t, "circle.example. CNAME circle2.example.", "circle2.example. CNAME circle.example.")
		case "chain.example. A", "chainx.example. A":
			return records(t, q.Name+" CNAME "+map[string]string{"chain.example.": "chainx.example.", "chainx.example.": "chain.example."}[q.Name])
		case "broken.example. A":
			return code(dns.RcodeServerFailure)
		case "forged.example. A":
			m := records(t, "forged.example. A 10.6.6.6")
			m.Question = []dns.Question{{Name: "another.example.", Qtype: dns.TypeA, Qclass: dns.ClassINET}}
			return m
		case "large.example. A":
			if udp {
				m := new(dns.Msg)
				m.Truncated = true
				return m
			}
			m := new(dns.Msg)
			for i := range 300 {
				m.Answer = append(m.Answer, records(t, fmt.Sprintf("large.example. A 10.1.%d.%d", i>>8, i&255)).Answer...)
			}
			return m
		}
		return code(dns.RcodeNameError)
	})
	for _, test := range []struct {
		host   string
		family Family
		want   string // the addresses
		err    string
	}{
		{"nas.example", IPv4, "10.0.0.1 10.0.0.2", ""},
		{"nas.example", IPv6, "2001:db8::1", ""},
		{"NAS.example.", IPv4, "10.0.0.1 10.0.0.2", ""},
		{"alias.example", IPv4, "10.0.0.1", ""},
		{"far.example", IPv4, "10.0.0.1 10.0.0.2", ""},
		{"four.example", IPv6, "", ""},
		{"none.example", IPv4, "", ""},
		{"gone.example", IPv4, "", "DNS knows no such name"},
		{"lost-alias.example", IPv4, "", "DNS knows no such name"},
		{"circle.example", IPv4, "", "aliases"},
		{"chain.example", IPv4, "", "more than 8 aliases"},
		{"broken.example", IPv4, "", "it says SERVFAIL"},
		{"forged.example", IPv4, "", "an answer to another question"},
	} {
		addresses, err := At(server).Lookup(t.Context(), test.host, test.family)
		if got := strings.Trim(fmt.Sprint(addresses), "[]"); got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s %s: %q, %v", test.host, test.family, got, err)
		}
	}
	large, err := At(server).Lookup(t.Context(), "large.example", IPv4)
	if err != nil || len(large) != 300 {
		t.Errorf("large: %d, %v", len(large), err)
	}
	if last := asked()[len(asked())-1]; last != "large.example. A tcp" {
		t.Errorf("the last question was %s", last)
	}
}

func TestTheNextServerIsAskedWhereOneDoesNotAnswer(t *testing.T) {
	failing, _ := serve(t, func(dns.Question, bool) *dns.Msg { return code(dns.RcodeRefused) })
	working, _ := serve(t, func(q dns.Question, _ bool) *dns.Msg { return records(t, q.Name+" A 10.0.0.1") })
	unknowing, asked := serve(t, func(dns.Question, bool) *dns.Msg { return code(dns.RcodeNameError) })
	addresses, err := At(failing, working).Lookup(t.Context(), "nas.example", IPv4)
	if err != nil || len(addresses) != 1 {
		t.Errorf("%v, %v", addresses, err)
	}
	// That a name is not there is an answer.
	if _, err := At(unknowing, working).Lookup(t.Context(), "nas.example", IPv4); !errors.Is(err, ErrUnknownHost) || len(asked()) != 1 {
		t.Errorf("%v, %d questions", err, len(asked()))
	}
	if _, err := At(failing, failing).Lookup(t.Context(), "nas.example", IPv4); err == nil || strings.Count(err.Error(), "it says REFUSED") != 2 {
		t.Error(err)
	}
	if _, err := At().Lookup(t.Context(), "nas.example", IPv4); err == nil || !strings.Contains(err.Error(), "names no DNS server") {
		t.Error(err)
	}
}

func TestAServerThatSaysNothingIsNotWaitedForLong(t *testing.T) {
	silent, _ := serve(t, func(dns.Question, bool) *dns.Msg { return nil })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	asking := At(silent)
	asking.udp.Timeout = time.Hour // so that the context ends it
	if _, err := asking.Lookup(ctx, "nas.example", IPv4); err == nil || !strings.Contains(err.Error(), "no answer within") {
		t.Error(err)
	}
}

func TestANameWithoutADotIsLookedForInTheSystemsDomains(t *testing.T) {
	server, asked := serve(t, func(q dns.Question, _ bool) *dns.Msg {
		if q.Name == "nas.second.example." {
			return records(t, q.Name+" A 10.0.0.1")
		}
		return code(dns.RcodeNameError)
	})
	d := newDNS(func() ([]string, []string, error) {
		return []string{server}, []string{"first.example", "second.example."}, nil
	})
	addresses, err := d.Lookup(t.Context(), "nas", IPv4)
	if err != nil || len(addresses) != 1 {
		t.Errorf("%v, %v", addresses, err)
	}
	if _, err := d.Lookup(t.Context(), "nas.example", IPv4); !errors.Is(err, ErrUnknownHost) {
		t.Error(err)
	}
	want := "nas.first.example. A udp|nas.second.example. A udp|nas.example. A udp"
	if got := strings.Join(asked(), "|"); got != want {
		t.Errorf("asked %s", got)
	}
	if _, err := d.Lookup(t.Context(), "other", IPv4); !errors.Is(err, ErrUnknownHost) {
		t.Error(err)
	}
}

// The keeper, the library and a server together: what DNS says is what a host stands for.
func TestTheKeeperAsksARealServer(t *testing.T) {
	server, _ := serve(t, func(q dns.Question, _ bool) *dns.Msg {
		if q.Qtype == dns.TypeAAAA {
			return records(t, q.Name+" AAAA 2001:db8::1")
		}
		return records(t, q.Name+" A 10.0.0.1")
	})
	changed := make(chan struct{}, 1)
	k := New(Config{Resolver: At(server), Save: func(context.Context, []engine.HostRecord, []string) error { return nil }, Changed: func() { changed <- struct{}{} }})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { k.Run(ctx); close(ended) }()
	k.Want([]string{"nas.example"})
	<-changed
	answer := k.Answers()["nas.example"]
	want := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1")}
	if fmt.Sprint(answer.Now) != fmt.Sprint(want) || answer.Problem != "" {
		t.Errorf("%+v", answer)
	}
	cancel()
	<-ended
}
