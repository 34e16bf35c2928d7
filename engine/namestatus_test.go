package engine

import (
	"net/netip"
	"testing"
	"time"
)

func TestANameIsPutIntoWords(t *testing.T) {
	now := time.Date(2026, time.November, 30, 12, 0, 0, 0, time.Local)
	list := func(texts ...string) (all []netip.Addr) {
		for _, text := range texts {
			all = append(all, netip.MustParseAddr(text))
		}
		return all
	}
	host, _ := ParseSelector("host:nas.example")
	role, _ := ParseSelector("role:tape")
	answered := &HostAnswer{Now: list("10.0.0.1"), Since: now.Add(-time.Hour), Answered: now.Add(-time.Minute), Asked: now}
	silent := &HostAnswer{Now: list("10.0.0.1"), Since: now.Add(-time.Hour), Answered: now.Add(-30 * time.Minute), Asked: now, Problem: "no answer"}
	lost := &HostAnswer{Now: list("10.0.0.1"), Since: now.Add(-time.Hour), Answered: now.Add(-3 * time.Minute), Asked: now, Problem: "no answer"}
	for want, status := range map[string]NameStatus{
		"host:nas.example: 10.0.0.1, since 2026-11-30 11:00:00; in the last 24 hours also 10.0.0.7":                                                                      {Name: host, Addresses: list("10.0.0.1"), Lately: list("10.0.0.7"), Host: answered},
		"host:nas.example: 10.0.0.1, since 2026-11-30 11:00:00, last answered 2026-11-30 11:57:00":                                                                       {Name: host, Addresses: list("10.0.0.1"), Host: lost},
		"host:nas.example: 10.0.0.1, since 2026-11-30 11:00:00, last answered 2026-11-30 11:30:00; no answer since 2026-11-30 11:30:00 (no answer): the last one stands": {Name: host, Addresses: list("10.0.0.1"), Host: silent},
		"host:nas.example: no address; never resolved (no answer): a rule that encrypts counts it as matching everything, another as matching nothing":                   {Name: host, Host: &HostAnswer{Asked: now, Problem: "no answer"}},
		"host:nas.example: no address; not asked yet: until it resolves, a rule that encrypts counts it as matching everything, another as matching nothing":             {Name: host, Host: &HostAnswer{}},
		"role:tape: no address; no component with an address: matches nothing":                                                                                           {Name: role},
		"role:tape: 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4 and 2 more":                                                                                                   {Name: role, Addresses: list("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6")},
	} {
		if got := status.InWords(now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTheRulesNameABoundedNumberOfHosts(t *testing.T) {
	set := RuleSet{Rules: []Rule{InternetRule()}}
	for i := range 3 {
		rule := Rule{Name: string(rune('a' + i)), Target: []Selector{Any}}
		for j := range MaximumSelectors / 2 {
			rule.Source = append(rule.Source, Selector{Kind: SelectHost, Name: string(rune('a'+i)) + "-" + string(rune('a'+j%26)) + string(rune('a'+j/26)) + ".example"})
		}
		set.Rules = append(set.Rules, rule)
		if err := set.Check(); (err == nil) != (i < 2) {
			t.Errorf("%d hosts: %v", len(set.Hosts()), err)
		}
	}
}
