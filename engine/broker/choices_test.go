package broker

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/wire"
)

func TestEndpointsBestFirst(t *testing.T) {
	source := &engine.Component{Report: report("10.1.2.3", "2001:db8:1::3", "192.168.7.1", "172.17.0.1")}
	source.Report.Endpoints = endpointsOf("10.1.2.3:1 172.17.0.1:1")
	tests := []struct {
		name, endpoints string
		advertised      bool
		seen, worked    string
		hostOnly        string
		want            string
		own             int
	}{
		{name: "same subnet, then private, then public", endpoints: "203.0.113.9:1 172.16.0.9:1 10.1.2.9:1", want: "10.1.2.9:1 172.16.0.9:1 203.0.113.9:1"},
		{name: "IPv6 in the same subnet comes before another private one", endpoints: "172.16.0.9:1 [2001:db8:1::9]:1", want: "[2001:db8:1::9]:1 172.16.0.9:1"},
		{name: "link-local, unspecified and multicast are no way", endpoints: "169.254.1.1:1 [fe80::1]:1 0.0.0.0:1 224.0.0.1:1 10.1.2.9:1", want: "10.1.2.9:1"},
		{name: "loopback is no way", endpoints: "127.0.0.1:1 10.1.2.9:1", want: "10.1.2.9:1"},
		{name: "loopback that is advertised is", endpoints: "127.0.0.1:7000", advertised: true, want: "127.0.0.1:7000"},
		{name: "the order within a class is the target's own", endpoints: "10.9.0.1:1 10.8.0.1:1", want: "10.9.0.1:1 10.8.0.1:1"},
		{name: "where the broker sees the target comes before other private ones", endpoints: "10.6.0.1:1 10.6.0.2:1 10.77.3.2:1", seen: "10.77.3.2",
			want: "10.77.3.2:1 10.6.0.1:1 10.6.0.2:1"},
		{name: "one shared subnet comes before where the broker sees it, the others after", endpoints: "192.168.7.9:1 192.168.7.8:1 10.77.3.2:1", seen: "10.77.3.2",
			want: "192.168.7.9:1 10.77.3.2:1 192.168.7.8:1"},
		{name: "seen in a shared subnet is better still", endpoints: "192.168.7.9:1 10.1.2.9:1", seen: "10.1.2.9", want: "10.1.2.9:1 192.168.7.9:1"},
		{name: "an address in front of the target is not dialled only because the broker sees it", endpoints: "10.8.0.1:1", seen: "203.0.113.1", want: "10.8.0.1:1"},
		{name: "what worked last is first", endpoints: "192.168.7.9:1 10.77.3.2:1 203.0.113.9:1", seen: "10.77.3.2", worked: "203.0.113.9:1",
			want: "203.0.113.9:1 192.168.7.9:1 10.77.3.2:1"},
		{name: "what worked last and is the target's no more is not", endpoints: "10.8.0.1:1", worked: "10.9.0.1:1", want: "10.8.0.1:1"},
		{name: "host-only ones are last", endpoints: "10.6.0.1:1 192.168.7.77:1 10.8.0.1:1 203.0.113.9:1", hostOnly: "10.6.0.1 192.168.7.77",
			want: "10.8.0.1:1 203.0.113.9:1 10.6.0.1:1 192.168.7.77:1"},
		{name: "a host-only one that the broker sees is as good as any", endpoints: "10.8.0.1:1 10.6.0.1:1", hostOnly: "10.6.0.1", seen: "10.6.0.1", want: "10.6.0.1:1 10.8.0.1:1"},
		{name: "the source's own are none", endpoints: "172.17.0.1:1 10.8.0.1:1", seen: "172.17.0.1", want: "10.8.0.1:1", own: 1},
		{name: "nothing but the source's own", endpoints: "172.17.0.1:1", want: "", own: 1},
		{name: "the source's addresses behind another port are last", endpoints: "172.17.0.1:2 10.8.0.1:2 203.0.113.9:2", seen: "172.17.0.1",
			want: "10.8.0.1:2 203.0.113.9:2 172.17.0.1:2"},
		{name: "unless they are advertised", endpoints: "10.1.2.3:2 10.8.0.1:1 10.1.2.3:1", advertised: true, want: "10.1.2.3:2 10.8.0.1:1", own: 1},
		{name: "one twice is one", endpoints: "10.8.0.1:1 [::ffff:10.8.0.1]:1", want: "10.8.0.1:1"},
	}
	for _, test := range tests {
		target := &engine.Component{Report: engine.Report{Advertised: test.advertised, Endpoints: endpointsOf(test.endpoints)}}
		for text := range strings.FieldsSeq(test.hostOnly) {
			target.Report.Interfaces = append(target.Report.Interfaces, engine.Address{Address: netip.MustParseAddr(text), HostOnly: true})
		}
		var worked netip.AddrPort
		if test.seen != "" {
			target.SeenFrom = netip.MustParseAddr(test.seen)
		}
		if test.worked != "" {
			worked = netip.MustParseAddrPort(test.worked)
		}
		c := candidatesFor(source, target, worked, false, &engine.PreferredNetworks{})
		if got := wordsOf(c.endpoints); got != test.want || c.own != test.own || c.leftOut != 0 {
			t.Errorf("%s: %s (%d own, %d left out), not %s", test.name, got, c.own, c.leftOut, test.want)
		}
	}
}

// However many addresses a target has, the likeliest are offered, and how many are not is known.
func TestLikeliestEndpointsAreNotCutOff(t *testing.T) {
	target := &engine.Component{SeenFrom: netip.MustParseAddr("10.77.3.2")}
	for i := range 40 {
		target.Report.Endpoints = append(target.Report.Endpoints, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 6, 0, byte(i + 1)}), 1))
	}
	target.Report.Endpoints = append(target.Report.Endpoints, endpointsOf("10.77.3.2:1 203.0.113.9:1")...)
	c := candidatesFor(&engine.Component{}, target, netip.MustParseAddrPort("203.0.113.9:1"), false, &engine.PreferredNetworks{})
	if len(c.endpoints) != maximumOffered || c.leftOut != 42-maximumOffered || fmt.Sprint(c.endpoints[:2]) != "[203.0.113.9:1 10.77.3.2:1]" {
		t.Errorf("%v, %d left out", c.endpoints, c.leftOut)
	}
}

func wordsOf(endpoints []netip.AddrPort) string {
	var texts []string
	for _, endpoint := range endpoints {
		texts = append(texts, endpoint.String())
	}
	return strings.Join(texts, " ")
}

func endpointsOf(texts string) (endpoints []netip.AddrPort) {
	for text := range strings.FieldsSeq(texts) {
		endpoints = append(endpoints, netip.MustParseAddrPort(text))
	}
	return endpoints
}

func TestCipherForEveryPairOfProcessors(t *testing.T) {
	with, without := engine.Report{Processor: engine.Processor{AES: []string{"AES-NI"}}}, engine.Report{}
	fips := engine.Report{FIPS: true}
	tests := []struct {
		source, target engine.Report
		want           engine.Cipher
	}{
		{with, with, engine.AES256GCM},
		{with, without, engine.ChaCha20Poly1305},
		{without, with, engine.ChaCha20Poly1305},
		{without, without, engine.ChaCha20Poly1305},
		{fips, without, engine.AES256GCM},
		{without, fips, engine.AES256GCM},
	}
	for _, test := range tests {
		if got := cipherFor(&test.source, &test.target); got != test.want {
			t.Errorf("source %+v, target %+v: %s, not %s", test.source, test.target, got, test.want)
		}
	}
}

func TestOutboxKeepsOrderAndBound(t *testing.T) {
	started := 0
	o := newOutbox(func() { started++ })
	for n := range maximumOutbox {
		if !o.put(&wire.Down{Message: &wire.Down_Probe{Probe: &wire.Probe{Probe: uint64(n)}}}) {
			t.Fatalf("message %d is not taken", n)
		}
	}
	if o.put(&wire.Down{}) {
		t.Error("a full outbox takes one more")
	}
	messages, last := o.take()
	if len(messages) != maximumOutbox || last {
		t.Fatalf("%d messages, last %v", len(messages), last)
	}
	for n, message := range messages {
		if message.GetProbe().GetProbe() != uint64(n) {
			t.Fatalf("message %d is %v", n, message)
		}
	}
	o.put(&wire.Down{})
	o.close()
	if !o.put(&wire.Down{}) {
		t.Error("a closed outbox complains")
	}
	if messages, last := o.take(); len(messages) != 1 || !last {
		t.Errorf("after the end: %d messages, last %v", len(messages), last)
	}
	if started != 1 {
		t.Errorf("while messages wait, %d deliver them", started)
	}
}

// What delivers ends when nothing waits, and the next message starts it again.
func TestOutboxIsDeliveredWhileSomethingWaits(t *testing.T) {
	started := 0
	o := newOutbox(func() { started++ })
	for turn := range 3 {
		o.put(&wire.Down{})
		o.put(&wire.Down{})
		if started != turn+1 {
			t.Fatalf("turn %d: started %d times", turn, started)
		}
		if messages, _ := o.take(); len(messages) != 2 {
			t.Fatalf("turn %d: %d messages", turn, len(messages))
		}
		o.put(&wire.Down{}) // before what delivers has looked again
		if messages, _ := o.take(); len(messages) != 1 || started != turn+1 {
			t.Fatalf("turn %d: %d messages, started %d times", turn, len(messages), started)
		}
		if messages, last := o.take(); len(messages) != 0 || last {
			t.Fatalf("turn %d: %d messages more", turn, len(messages))
		}
	}
	o.close()
	if _, last := o.take(); !last || started != 4 {
		t.Errorf("an empty outbox that is closed: last %v, started %d times", last, started)
	}
}

func TestReasonsFromComponentsAreMadeHarmless(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "the component gave no reason",
		"a\x1b[31mb\nc":            "a [31mb c",
		"bad \xff byte":            "bad   byte",
		strings.Repeat("x", 10000): strings.Repeat("x", maximumReason),
	} {
		if got := reasonText(text); got != want {
			t.Errorf("%.40q became %.60q", text, got)
		}
	}
}
