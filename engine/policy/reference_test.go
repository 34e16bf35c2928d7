package policy

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"lockwire/engine"
)

// reference decides as RULES reads, one sentence after another, with no index and nothing shared with the code under test
// but the vocabulary. It is slow and short, so that it can be checked by eye.
type reference struct {
	set    engine.RuleSet
	pair   engine.Pair
	moment time.Time
	names  engine.Names
	zone   *time.Location
}

// answer is what the reference and a decision are compared by.
type answer struct {
	Mode  engine.Mode
	By    engine.By
	Rules []string
	Limit string // rule, limit and each session's share; empty where there is none
	Share uint64
}

func answerOf(d engine.Decision) answer {
	a := answer{Mode: d.Mode, By: d.By, Rules: d.Rules}
	if d.Throttle != nil {
		a.Limit, a.Share = d.Throttle.Rule+" "+d.Throttle.Limit().String(), d.Throttle.PerSessionBytesPerSecond
	}
	return a
}

func refAddresses(p engine.Party) (list []netip.Addr) {
	for _, a := range p.Addresses {
		address := a.Address.Unmap().WithZone("")
		if !address.IsLoopback() && !address.IsLinkLocalUnicast() && !address.IsUnspecified() && !address.IsMulticast() {
			list = append(list, address)
		}
	}
	return list
}

func refPublic(a netip.Addr) bool {
	for _, private := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"} {
		if netip.MustParsePrefix(private).Contains(a) {
			return false
		}
	}
	return true
}

func (r *reference) publics() []netip.Addr {
	all := append(refAddresses(r.pair.Source), refAddresses(r.pair.Target)...)
	return slices.DeleteFunc(all, func(a netip.Addr) bool { return !refPublic(a) })
}

func (r *reference) inSelector(rule *engine.Rule, s engine.Selector, a netip.Addr) bool {
	switch s.Kind {
	case engine.SelectAny:
		return true
	case engine.SelectPublic:
		return refPublic(a)
	case engine.SelectComponent:
		for name, addresses := range r.names.Components {
			if strings.EqualFold(name, s.Name) && slices.Contains(addresses, a) {
				return true
			}
		}
		return false
	case engine.SelectTag:
		return slices.Contains(r.names.Tags[s.Name], a)
	case engine.SelectRole:
		return slices.Contains(r.names.Roles[engine.Role(s.Name)], a)
	case engine.SelectHost:
		host := r.names.Hosts[s.Name]
		if !rule.Encrypt {
			return slices.Contains(host.Now, a)
		}
		return host.TooMany || len(host.Now)+len(host.Lately) == 0 || slices.Contains(host.Now, a) || slices.Contains(host.Lately, a)
	}
	return a.BitLen() == s.First.BitLen() && a.Compare(s.First) >= 0 && a.Compare(s.Last) <= 0
}

func (r *reference) in(rule *engine.Rule, side []engine.Selector, a netip.Addr) bool {
	for _, s := range side {
		if r.inSelector(rule, s, a) {
			return true
		}
	}
	return false
}

func (r *reference) anyIn(rule *engine.Rule, side []engine.Selector, p engine.Party) bool {
	for _, a := range refAddresses(p) {
		if r.in(rule, side, a) {
			return true
		}
	}
	return false
}

func (r *reference) matches(rule *engine.Rule) bool {
	if rule.Name == "Internet" {
		return len(r.publics()) > 0
	}
	forward := r.anyIn(rule, rule.Source, r.pair.Source) && r.anyIn(rule, rule.Target, r.pair.Target)
	back := r.anyIn(rule, rule.Target, r.pair.Source) && r.anyIn(rule, rule.Source, r.pair.Target)
	return forward || back
}

func (r *reference) ruleZone(rule *engine.Rule) *time.Location {
	if rule.Schedule != nil && rule.Schedule.TimeZone != "" {
		zone, err := time.LoadLocation(rule.Schedule.TimeZone)
		if err != nil {
			panic(err)
		}
		return zone
	}
	return r.zone
}

func (r *reference) exempts(rule *engine.Rule) bool {
	if until := rule.Exempt.Until; until != nil {
		if today := r.moment.In(r.ruleZone(rule)).Format(time.DateOnly); today > until.String() {
			return false
		}
	}
	for _, a := range r.publics() {
		if !r.in(rule, rule.Source, a) && !r.in(rule, rule.Target, a) {
			return false
		}
	}
	return true
}

func (r *reference) decide() answer {
	gateway := r.pair.Source.Role == engine.ProviderGateway || r.pair.Target.Role == engine.ProviderGateway
	encrypting, exempting, automatic := []string{}, []string{}, false
	type candidate struct {
		name  string
		limit engine.Limit
	}
	var candidates []candidate
	for i := range r.set.Rules {
		rule := &r.set.Rules[i]
		if !rule.Enabled || !r.matches(rule) {
			continue
		}
		switch {
		case rule.Name == "Internet":
			automatic = rule.Encrypt && r.set.Settings.DisablePublicIPTrafficEncryption == 0
		case rule.Encrypt:
			encrypting = append(encrypting, rule.Name)
		case rule.Exempt != nil && r.exempts(rule):
			exempting = append(exempting, rule.Name)
		}
		if rule.Throttle == nil || rule.Throttle.NeverThrottleRestores && r.pair.Operation == engine.Restore {
			continue
		}
		cell := byte('1')
		if rule.Schedule != nil {
			local := r.moment.In(r.ruleZone(rule))
			cell = byte(rule.Schedule.Days[local.Weekday()][local.Hour()])
		}
		switch cell {
		case '1':
			candidates = append(candidates, candidate{rule.Name, rule.Throttle.Limit})
		case 'r':
			candidates = append(candidates, candidate{rule.Name, *rule.Throttle.Relaxed})
		}
	}
	sender := r.pair.Source
	if r.pair.Operation == engine.Restore {
		sender = r.pair.Target
	}
	if sender.LocalLimit != nil {
		candidates = append(candidates, candidate{"component " + sender.Name, *sender.LocalLimit})
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		if x, y := a.limit.BytesPerSecond(), b.limit.BytesPerSecond(); x != y {
			return int(int64(x) - int64(y))
		}
		return strings.Compare(a.name, b.name)
	})
	slices.Sort(encrypting)
	slices.Sort(exempting)

	a := answer{Mode: engine.Plain, By: engine.ByNone, Rules: []string{}}
	switch {
	case gateway:
		a.Mode, a.By = engine.Sealed, engine.ByProviderGateway
	case r.pair.SameMachine:
		a.By = engine.BySameMachine
		return a
	case len(encrypting) > 0:
		a.Mode, a.By, a.Rules = engine.Sealed, engine.ByRule, encrypting
	case automatic && len(exempting) > 0:
		a.By, a.Rules = engine.ByExempt, exempting
	case automatic:
		a.Mode, a.By, a.Rules = engine.Sealed, engine.ByAutomatic, []string{"Internet"}
	}
	if len(candidates) > 0 {
		a.Limit = candidates[0].name + " " + candidates[0].limit.String()
		a.Share = candidates[0].limit.BytesPerSecond() / uint64(max(r.pair.LiveSessions, 1))
	}
	return a
}
