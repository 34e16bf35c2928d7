package engine

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
)

func TestParseSelector(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, test := range []struct {
		text string
		kind SelectorKind
		want string // the canonical form; the text itself where it is empty
	}{
		{"any", SelectAny, ""}, {"ANY", SelectAny, "any"}, {" any ", SelectAny, "any"},
		{"public", SelectPublic, ""}, {"Public", SelectPublic, "public"},
		{"192.168.0.1", SelectAddress, ""}, {"2001:DB8::1", SelectAddress, "2001:db8::1"}, {"::ffff:10.0.0.1", SelectAddress, "10.0.0.1"},
		{"192.168.0.1-192.168.0.255", SelectRange, ""}, {"192.168.0.1 - 192.168.0.255", SelectRange, "192.168.0.1-192.168.0.255"},
		{"10.0.0.1-10.0.0.1", SelectRange, ""}, {"2001:db8::1-2001:db8::ff", SelectRange, ""}, {"::ffff:10.0.0.1-10.0.0.2", SelectRange, "10.0.0.1-10.0.0.2"},
		{"0.0.0.0-255.255.255.255", SelectRange, ""},
		{"10.1.0.0/16", SelectNetwork, ""}, {"10.1.2.3/16", SelectNetwork, "10.1.0.0/16"}, {"10.1.2.3/32", SelectNetwork, ""}, {"0.0.0.0/0", SelectNetwork, ""},
		{"2001:db8::/48", SelectNetwork, ""}, {"::/0", SelectNetwork, ""}, {"::1/128", SelectNetwork, ""}, {"::ffff:10.1.2.3/112", SelectNetwork, "10.1.0.0/16"},
		{"component:Proxy 1", SelectComponent, ""}, {"component:" + long, SelectComponent, ""}, {"component:10.0.0.1", SelectComponent, ""},
		{"tag:site-a", SelectTag, ""},
		{"role:repository", SelectRole, ""}, {"role:Provider-Gateway", SelectRole, "role:provider-gateway"},
		{"host:NAS.Example", SelectHost, "host:nas.example"}, {"host:nas.example.", SelectHost, "host:nas.example"},
	} {
		t.Run(test.text, func(t *testing.T) {
			s, err := ParseSelector(test.text)
			if err != nil {
				t.Fatal(err)
			}
			want := test.want
			if want == "" {
				want = test.text
			}
			if s.Kind != test.kind || s.String() != want {
				t.Errorf("kind %d, %q", s.Kind, s)
			}
			if again, err := ParseSelector(s.String()); err != nil || again != s {
				t.Errorf("read again: %v, %v", again, err)
			}
		})
	}
}

func TestParseSelectorRefuses(t *testing.T) {
	for text, words := range map[string]string{
		"":                                     "empty entry",
		"  ":                                   "empty entry",
		"everything":                           "is not an IP address",
		"role:":                                "a name behind the colon",
		"vault":                                "component:NAME, tag:NAME, role:ROLE or host:NAME",
		"role:database":                        "is not a role; use one of [proxy repository",
		"10.0.0":                               "is not an IP address",
		"10.0.0.256":                           "is not an IP address",
		"010.0.0.1":                            "is not an IP address",
		"10.0.0.2-10.0.0.1":                    "ends before it begins",
		"10.0.0.1-2001:db8::1":                 "mixes IPv4 and IPv6",
		"2001:db8::1-10.0.0.1":                 "mixes IPv4 and IPv6",
		"10.0.0.1-":                            "last address",
		"-10.0.0.1":                            "first address",
		"10.0.0.1-10.0.0.2-10.0.0.3":           "last address",
		"10.0.0.0/33":                          "is not a network",
		"10.0.0.0/":                            "is not a network",
		"10.0.0.0/8/8":                         "is not a network",
		"10.0.0.0/255.0.0.0":                   "is not a network",
		"::ffff:10.0.0.0/95":                   "mixes IPv4 and IPv6",
		"fe80::1%eth0":                         "is not an IP address",
		"component:":                           "a name behind the colon",
		"component: x":                         "neither begins nor ends",
		"component:" + strings.Repeat("a", 65): "at most 64",
		"tag:":                                 "a name behind the colon",
		"tag:Site A":                           "is not a tag",
		"host:":                                "a name behind the colon",
		"host:a b":                             "is not a host name",
		"host:-a":                              "is not a host name",
		"host:a..b":                            "is not a host name",
		"host:" + strings.Repeat("a", 64):      "is not a host name",
		"host:" + strings.Repeat("a.", 127) + "a": "is not a host name",
		strings.Repeat("1", 301):                  "more than 300",
	} {
		s, err := ParseSelector(text)
		if err == nil {
			t.Errorf("%q was read as %v", text, s)
		} else if !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v, which does not say %q", text, err, words)
		}
	}
}

func TestSelectorContains(t *testing.T) {
	for _, test := range []struct{ selector, in, out string }{
		{"any", "10.0.0.1,2001:db8::1,203.0.113.1", ""},
		{"public", "203.0.113.1,100.64.0.1,2001:db8::1,172.32.0.1", "10.0.0.1,172.16.0.1,172.31.255.255,192.168.1.1,fd00::1,127.0.0.1,fe80::1"},
		{"10.0.0.1", "10.0.0.1", "10.0.0.0,10.0.0.2,::a00:1"},
		{"10.0.0.1-10.0.0.3", "10.0.0.1,10.0.0.2,10.0.0.3", "10.0.0.0,10.0.0.4,::1"},
		{"10.1.0.0/16", "10.1.0.0,10.1.255.255", "10.0.255.255,10.2.0.0"},
		{"2001:db8::/33", "2001:db8::,2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", "2001:db8:8000::,2001:db7:ffff::,10.0.0.1"},
		{"0.0.0.0/0", "0.0.0.1,255.255.255.255", "::1"},
		{"::/0", "::1,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "10.0.0.1"},
		{"component:x", "", "10.0.0.1"}, {"tag:x", "", "10.0.0.1"}, {"host:x", "", "10.0.0.1"},
	} {
		s, err := ParseSelector(test.selector)
		if err != nil {
			t.Fatal(err)
		}
		check := func(list string, want bool) {
			for text := range strings.SplitSeq(list, ",") {
				if text != "" && s.Contains(netip.MustParseAddr(text)) != want {
					t.Errorf("%s contains %s: %v", s, text, !want)
				}
			}
		}
		check(test.in, true)
		check(test.out, false)
	}
	if Any.Contains(netip.Addr{}) {
		t.Error("any contains what is no address")
	}
}

func TestSelectorInJSON(t *testing.T) {
	var list []Selector
	if err := json.Unmarshal([]byte(`["10.1.2.3/16","tag:x","public"]`), &list); err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(list); err != nil || string(text) != `["10.1.0.0/16","tag:x","public"]` {
		t.Errorf("%s %v", text, err)
	}
	if err := json.Unmarshal([]byte(`["garbage"]`), &list); err == nil {
		t.Error("garbage was read")
	}
}

// What is read once is read again as the same; and no text, however odd, does anything worse than being refused.
func FuzzParseSelector(f *testing.F) {
	for _, text := range []string{"any", "10.0.0.1", "10.0.0.1-10.0.0.9", "2001:db8::/32", "component:a", "tag:b", "host:c.example", "::ffff:1.2.3.4/120", "-", "/", ":", "host:a."} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSelector(text)
		if err != nil {
			return
		}
		again, err := ParseSelector(s.String())
		if err != nil || again != s {
			t.Fatalf("%q reads as %v, and that as %v (%v)", text, s, again, err)
		}
		if !s.Named() && s.First.IsValid() && (!s.Contains(s.First) || !s.Contains(s.Last)) {
			t.Fatalf("%v does not contain its ends", s)
		}
	})
}

func FuzzParseAddresses(f *testing.F) {
	f.Add("10.0.0.1, 2001:db8::1")
	f.Add(",")
	f.Fuzz(func(t *testing.T, text string) {
		addresses, err := ParseAddresses(text)
		if err != nil {
			return
		}
		if len(addresses) == 0 || len(addresses) > MaximumAddresses {
			t.Fatalf("%d addresses", len(addresses))
		}
		for _, address := range addresses {
			if address != PlainAddress(address) || !address.IsValid() {
				t.Fatalf("%v", address)
			}
		}
	})
}
