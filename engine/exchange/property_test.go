package exchange_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

// Generators of what is valid, in the form that Decode gives it.

func drawName(t *rapid.T, label string) string {
	return rapid.StringMatching(`[A-Za-z0-9äöß"\\<>&][A-Za-z0-9 äöß"\\<>&日本]{0,60}[A-Za-z0-9é]`).Draw(t, label)
}

func drawAddress(t *rapid.T) netip.Addr {
	if rapid.Bool().Draw(t, "IPv4") {
		return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")))
	}
	return engine.PlainAddress(netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))))
}

func drawSelector(t *rapid.T, isTarget bool) engine.Selector {
	parse := func(text string) engine.Selector {
		selector, err := engine.ParseSelector(text)
		if err != nil {
			t.Fatalf("the generator wrote %q: %v", text, err)
		}
		return selector
	}
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		return engine.Any
	case 1:
		if isTarget {
			return engine.Public
		}
		return engine.Any
	case 2:
		first := drawAddress(t)
		last := drawAddress(t)
		if first.Is4() != last.Is4() {
			last = first
		}
		if last.Less(first) {
			first, last = last, first
		}
		return parse(first.String() + "-" + last.String())
	case 3:
		address := drawAddress(t)
		return parse(netip.PrefixFrom(address, rapid.IntRange(0, address.BitLen()).Draw(t, "bits")).String())
	case 4:
		return parse("component:" + drawName(t, "component"))
	case 5:
		return parse("tag:" + rapid.StringMatching(`[a-z0-9._-]{1,64}`).Draw(t, "tag"))
	case 6:
		return parse("host:" + rapid.StringMatching(`[a-z0-9]{1,20}(\.[a-z]{1,10}){0,3}`).Draw(t, "host"))
	}
	return parse(drawAddress(t).String())
}

func drawLimit(t *rapid.T) engine.Limit {
	return engine.Limit{Value: rapid.Uint64Range(1, 1_000_000_000).Draw(t, "value"), Unit: rapid.SampledFrom(engine.Units).Draw(t, "unit")}
}

func drawRule(t *rapid.T, name string) engine.Rule {
	rule := engine.Rule{Name: name, Enabled: rapid.Bool().Draw(t, "enabled"), Encrypt: rapid.Bool().Draw(t, "encrypt")}
	rule.Comment = rapid.StringMatching(`[a-zß <>&"\\\n\t]{0,40}`).Draw(t, "comment")
	if rule.IsInternet() {
		internet := engine.InternetRule()
		rule.Source, rule.Target = internet.Source, internet.Target
	} else {
		for range rapid.IntRange(1, 4).Draw(t, "sources") {
			rule.Source = append(rule.Source, drawSelector(t, false))
		}
		for range rapid.IntRange(1, 4).Draw(t, "targets") {
			rule.Target = append(rule.Target, drawSelector(t, true))
		}
		if !rule.Encrypt && rapid.Bool().Draw(t, "exempt") {
			rule.Exempt = &engine.Exemption{Reason: drawName(t, "reason")}
			if rapid.Bool().Draw(t, "ends") {
				until, err := engine.ParseDate(fmt.Sprintf("%04d-%02d-%02d", rapid.IntRange(1, 9999).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(1, 28).Draw(t, "day")))
				if err != nil {
					t.Fatal(err)
				}
				rule.Exempt.Until = &until
			}
		}
	}
	relaxed := false
	if rapid.Bool().Draw(t, "throttle") {
		rule.Throttle = &engine.Throttle{Limit: drawLimit(t), NeverThrottleRestores: rapid.Bool().Draw(t, "never")}
		if relaxed = rapid.Bool().Draw(t, "relaxed"); relaxed {
			limit := drawLimit(t)
			rule.Throttle.Relaxed = &limit
		}
	}
	if rapid.Bool().Draw(t, "schedule") {
		schedule := engine.AlwaysOn()
		schedule.TimeZone = rapid.SampledFrom([]string{"", "UTC"}).Draw(t, "zone")
		for day := range schedule.Days {
			off, loose := rapid.Uint32().Draw(t, "off"), rapid.Uint32().Draw(t, "loose")
			for hour := range schedule.Days[day] {
				if off>>hour&1 == 1 {
					schedule.Days[day][hour] = engine.Off
				} else if relaxed && loose>>hour&1 == 1 {
					schedule.Days[day][hour] = engine.Relaxed
				}
			}
		}
		rule.Schedule = &schedule
	}
	return rule
}

func drawRuleSet(t *rapid.T) engine.RuleSet {
	set := engine.RuleSet{PreferredNetworks: engine.PreferredNetworks{
		Mode:     rapid.SampledFrom([]engine.PreferredMode{engine.PreferredOff, engine.PreferredPrefer, engine.PreferredRequire}).Draw(t, "mode"),
		Networks: []netip.Prefix{},
	}}
	for i := range rapid.IntRange(0, 5).Draw(t, "rules") {
		set.Rules = append(set.Rules, drawRule(t, fmt.Sprintf("%d %s", i, drawName(t, "name"))))
	}
	place := rapid.IntRange(0, len(set.Rules)).Draw(t, "place of Internet")
	set.Rules = slices.Insert(set.Rules, place, drawRule(t, engine.InternetRuleName))
	for range rapid.IntRange(0, 3).Draw(t, "networks") {
		address := drawAddress(t)
		set.PreferredNetworks.Networks = append(set.PreferredNetworks.Networks, netip.PrefixFrom(address, rapid.IntRange(0, address.BitLen()).Draw(t, "bits")).Masked())
	}
	set.Settings.DisablePublicIPTrafficEncryption = rapid.IntRange(0, 1).Draw(t, "override")
	set.Settings.CutSessionsThatShouldBeSealed = rapid.IntRange(0, 1).Draw(t, "cut")
	set.Settings.TimeZone = rapid.SampledFrom([]string{"", "UTC"}).Draw(t, "zone")
	set.Settings.LingerSeconds = rapid.IntRange(0, 600).Draw(t, "linger")
	return set
}

// comparable makes cmp compare what the values are, not how the standard library keeps them.
var comparable = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

func TestDecodeGivesBackWhatEncodeWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := drawRuleSet(t)
		var written bytes.Buffer
		if err := exchange.Encode(&written, set); err != nil {
			t.Fatal(err)
		}
		first := written.String()
		read, _, err := exchange.Decode(&written)
		if err != nil {
			t.Fatalf("%v in\n%s", err, first)
		}
		if difference := cmp.Diff(set, read, comparable); difference != "" {
			t.Fatalf("wrote (-), read (+):\n%s", difference)
		}
		var again bytes.Buffer
		if err := exchange.Encode(&again, read); err != nil {
			t.Fatal(err)
		}
		if again.String() != first {
			t.Fatalf("written again it differs:\n%s", cmp.Diff(first, again.String()))
		}
	})
}

// A file in any spelling settles after one reading: what is written of it is read and written the same for ever.
func TestWritingSettlesAfterOneReading(t *testing.T) {
	body := `{"rules":[{"target":["PUBLIC"," 10.1.2.3/16"],"name":"b","source":["Any","::ffff:10.0.0.1"]},{"name":"a","source":["2001:0DB8::1"],"target":["any"],"schedule":{"monday":"111111111111111111111111"}}]}`
	set, _, err := exchange.Decode(bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	if err := exchange.Encode(&first, set); err != nil {
		t.Fatal(err)
	}
	text := first.String()
	set, report, err := exchange.Decode(&first)
	if err != nil {
		t.Fatal(err)
	}
	if len(report) > 0 {
		t.Errorf("an export is read with notes:\n%s", report)
	}
	if err := exchange.Encode(&second, set); err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(text, second.String()); difference != "" {
		t.Error(difference)
	}
}
