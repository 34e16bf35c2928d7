package broker

import (
	"net/netip"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/wire"
)

func TestEndpointsBestFirst(t *testing.T) {
	source := &engine.Component{Report: report("10.1.2.3", "2001:db8:1::3", "192.168.7.1")}
	tests := []struct {
		name       string
		endpoints  string
		advertised bool
		want       string
	}{
		{"same subnet, then private, then public", "203.0.113.9:1 172.16.0.9:1 10.1.2.9:1", false, "10.1.2.9:1 172.16.0.9:1 203.0.113.9:1"},
		{"IPv6 in the same subnet comes before another private one", "172.16.0.9:1 [2001:db8:1::9]:1", false, "[2001:db8:1::9]:1 172.16.0.9:1"},
		{"link-local, unspecified and multicast are no way", "169.254.1.1:1 [fe80::1]:1 0.0.0.0:1 224.0.0.1:1 10.1.2.9:1", false, "10.1.2.9:1"},
		{"loopback is no way", "127.0.0.1:1 10.1.2.9:1", false, "10.1.2.9:1"},
		{"loopback that is advertised is", "127.0.0.1:7000", true, "127.0.0.1:7000"},
		{"the order within a class is the target's own", "10.9.0.1:1 10.8.0.1:1", false, "10.9.0.1:1 10.8.0.1:1"},
	}
	for _, test := range tests {
		target := &engine.Component{Report: engine.Report{Advertised: test.advertised}}
		for text := range strings.FieldsSeq(test.endpoints) {
			target.Report.Endpoints = append(target.Report.Endpoints, netip.MustParseAddrPort(text))
		}
		var got []string
		for _, endpoint := range endpointsFor(source, target, false) {
			got = append(got, endpoint.String())
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %v, not %s", test.name, got, test.want)
		}
	}
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
	o := newOutbox()
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
}

func TestLimiterForgetsAddressesThatAreQuiet(t *testing.T) {
	l := newAddressLimiter()
	for n := range maximumAddresses + 100 {
		l.allow(netip.AddrFrom4([4]byte{10, 1, byte(n >> 8), byte(n)}))
	}
	if len(l.buckets) > maximumAddresses {
		t.Errorf("%d addresses are remembered", len(l.buckets))
	}
	one, other := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	l = newAddressLimiter()
	for range joinBurst {
		l.allow(one)
	}
	if l.allow(other) {
		t.Error("the addresses of one /64 do not share a limit")
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
