package engine

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEverySettingCanBeSetAndRead(t *testing.T) {
	var s Settings
	values := map[string]string{"DisablePublicIPTrafficEncryption": "1", "CutSessionsThatShouldBeSealed": "1", "TimeZone": "Europe/Berlin", "LingerSeconds": "30", "MultipleUploadStreams": "5", "DNSServer": "10.0.0.53, [2001:db8::53]:5353"}
	if len(SettingNames()) != len(values) {
		t.Errorf("%d settings, this test knows %d", len(SettingNames()), len(values))
	}
	for _, setting := range SettingNames() {
		if setting.About == "" {
			t.Errorf("%s says nothing about itself", setting.Name)
		}
		if err := s.Set(setting.Name, values[setting.Name]); err != nil {
			t.Errorf("%s: %v", setting.Name, err)
		}
		if got, err := s.Get(setting.Name); err != nil || got != values[setting.Name] {
			t.Errorf("%s is %q, %v", setting.Name, got, err)
		}
	}
	if s != (Settings{1, 1, "Europe/Berlin", 30, 5, "10.0.0.53, [2001:db8::53]:5353"}) || s.Linger() != 30*time.Second || s.Location().String() != "Europe/Berlin" {
		t.Errorf("%+v", s)
	}
	if got := strings.Join(s.DNSServers(), " "); got != "10.0.0.53:53 [2001:db8::53]:5353" {
		t.Errorf("DNS servers %s", got)
	}
	if (&Settings{}).DNSServers() != nil || (&Settings{}).Linger() != DefaultLinger || (&Settings{}).Location() != time.Local {
		t.Error("defaults")
	}
}

func TestASettingThatIsRefusedChangesNothing(t *testing.T) {
	for _, test := range []struct{ name, value string }{
		{"DisablePublicIPTrafficEncryption", "2"}, {"DisablePublicIPTrafficEncryption", "-1"}, {"DisablePublicIPTrafficEncryption", "yes"}, {"DisablePublicIPTrafficEncryption", ""},
		{"CutSessionsThatShouldBeSealed", "2"}, {"TimeZone", "Local"}, {"LingerSeconds", "-1"}, {"LingerSeconds", "601"}, {"LingerSeconds", "1.5"},
		{"DNSServer", "dns.example"}, {"DNSServer", "10.0.0.53:0"}, {"DNSServer", "10.0.0.53,"}, {"DNSServer", "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4"}, {"DNSServer", "fe80::1%eth0"},
	} {
		s := Settings{}
		err := s.Set(test.name, test.value)
		var field *FieldError
		if !errors.As(err, &field) || field.Field != test.name || s != (Settings{}) {
			t.Errorf("%s = %q: %v, %+v", test.name, test.value, err, s)
		}
	}
	s := Settings{}
	if err := s.Set("disablepublic", "1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
	if _, err := s.Get("x"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestPreferredNetworksCheck(t *testing.T) {
	networks := func(list ...string) (all []netip.Prefix) {
		for _, text := range list {
			all = append(all, netip.MustParsePrefix(text))
		}
		return all
	}
	for _, test := range []struct {
		name  string
		given PreferredNetworks
		words string
	}{
		{"nothing", PreferredNetworks{}, ""},
		{"prefer", PreferredNetworks{PreferredPrefer, networks("10.0.0.0/8", "2001:db8::/32")}, ""},
		{"require", PreferredNetworks{PreferredRequire, nil}, ""},
		{"an unknown mode", PreferredNetworks{"always", nil}, "mode"},
		{"not a whole network", PreferredNetworks{PreferredOff, networks("10.1.2.3/8")}, "networks"},
		{"no network", PreferredNetworks{PreferredOff, []netip.Prefix{{}}}, "networks"},
		{"IPv4 in IPv6", PreferredNetworks{PreferredOff, networks("::ffff:10.0.0.0/104")}, "networks"},
		{"too many", PreferredNetworks{PreferredOff, slices.Repeat(networks("10.0.0.0/8"), 1025)}, "networks"},
	} {
		err := test.given.Check()
		if test.words == "" && err != nil || test.words != "" && (err == nil || !strings.HasPrefix(err.Error(), "preferredNetworks: "+test.words)) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
