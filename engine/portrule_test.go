package engine

import (
	"net/netip"
	"testing"
)

func TestAnAllowListCoversWhatItNamesWithoutAskingDNS(t *testing.T) {
	for _, test := range []struct {
		entry, backend string
		want           bool
	}{
		{"127.0.0.1:8000", "127.0.0.1:8000", true},
		{"127.0.0.1:8000", "127.0.0.1:8001", false},
		{"127.0.0.1:8000", "127.0.0.2:8000", false},
		{"127.0.0.1:8000", "[::ffff:127.0.0.1]:8000", true},
		{"127.0.0.1:8000", "localhost:8000", true},
		{"[::1]:8000", "LOCALHOST:8000", true},
		{"localhost:8000", "127.0.0.1:8000", true},
		{"localhost:8000", "127.0.0.2:8000", false},
		{"10.0.0.0/24:5432-5440,6000", "10.0.0.9:5440", true},
		{"10.0.0.0/24:5432-5440,6000", "10.0.0.9:6000", true},
		{"10.0.0.0/24:5432-5440,6000", "10.0.0.9:5441", false},
		{"10.0.0.0/24:5432-5440,6000", "10.0.1.9:5440", false},
		{"10.0.0.0/24:80", "db.example:80", false}, // only the component can resolve it
		{"db.example:80", "DB.example.:80", true},
		{"db.example:80", "other.example:80", false},
		{"db.example:80", "10.0.0.1:80", false},
		{"0.0.0.0/0:80", "0.0.0.0:80", false},
		{"[::/0]:80", "[::]:80", false},
		{"[2001:db8::/32]:80", "[2001:db8::1]:80", true},
		{"[2001:db8::/32]:80", "10.0.0.1:80", false},
		{"nonsense", "nonsense", false},
		{"127.0.0.1:80", "127.0.0.1:http", false},
		{"127.0.0.1:80", "127.0.0.1", false},
	} {
		if got := AllowsBackend([]string{"192.0.2.1:1", test.entry}, test.backend); got != test.want {
			t.Errorf("%s by %s: %v", test.backend, test.entry, got)
		}
	}
	if AllowsBackend(nil, "127.0.0.1:80") {
		t.Error("an empty list covers something")
	}
}

func FuzzPortRule(f *testing.F) {
	for _, seed := range []string{"127.0.0.1:8000", "[::1]:80-90", "10.0.0.0/8:1,2,3", "db.example:5432", "::", "[", "a:b:c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := ParsePortRule(text)
		if err != nil {
			return
		}
		if len(rule.ports) == 0 || (rule.name == "") == !rule.prefix.IsValid() {
			t.Errorf("%q was read as %+v", text, rule)
		}
		if rule.CoversAddress(netip.AddrPortFrom(rule.prefix.Addr(), rule.ports[0].first)) == (rule.name != "") && rule.name != "localhost" {
			t.Errorf("%q does not cover its own address", text)
		}
	})
}
