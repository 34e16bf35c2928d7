package estate

import (
	"fmt"
	"net/netip"

	"lockwire/engine"
)

// addRules makes rules of every kind; the first is the predefined one.
func (e *Estate) addRules(count int) {
	internet := engine.InternetRule()
	internet.ID, internet.Revision = id(ofRule, 0), 1
	e.Rules.Rules = append(e.Rules.Rules, internet)
	for i := 1; i < count; i++ {
		rule := engine.Rule{ID: id(ofRule, i), Revision: 1, Enabled: i%23 != 22, Name: fmt.Sprintf("%s %04d", ruleKinds[i%len(ruleKinds)], i)}
		e.fillRule(&rule, i)
		e.Rules.Rules = append(e.Rules.Rules, rule)
	}
}

var ruleKinds = []string{"Seal site", "Seal machine", "Line of site", "Trusted link", "Seal network", "Nightly limit"}

func (e *Estate) fillRule(rule *engine.Rule, i int) {
	block := func(n int) string {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(20 + n%sites), 0, byte(n / sites % 16 * 16)}), 28).String()
	}
	machine := e.Components[i*11%len(e.Components)].Name
	keeper := e.Components[(i*len(kinds)+keeperAt)%len(e.Components)].Name
	switch i % len(ruleKinds) {
	case 0:
		rule.Source, rule.Target, rule.Encrypt = entries(fmt.Sprintf("tag:site-%02d", i/len(ruleKinds)%sites)), entries("component:"+keeper), true
	case 1:
		rule.Source, rule.Target, rule.Encrypt = entries("component:"+machine), entries("any"), true
		rule.Comment = "Asked for by the owners of " + machine
	case 2:
		rule.Source, rule.Target = entries(block(i)), entries(block(i*7+1))
		rule.Throttle = &engine.Throttle{Limit: engine.Limit{Value: uint64(100 + i%9*100), Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true}
	case 3:
		rule.Source, rule.Target = entries("component:"+machine), entries("198.51.100.0/24")
		rule.Exempt = &engine.Exemption{Reason: "its own line between the two houses, see ticket 4711"}
	case 4:
		rule.Source, rule.Target, rule.Encrypt = entries(block(i), block(i+1)), entries(block(i*5+3)), true
	case 5:
		rule.Source, rule.Target = entries("component:"+machine), entries("component:"+keeper)
		rule.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 200, Unit: engine.MegabitsPerSecond}, Relaxed: &engine.Limit{Value: 800, Unit: engine.MegabitsPerSecond}}
		rule.Schedule = workingHours()
	}
}

// workingHours throttle by day and are relaxed in the evening.
func workingHours() *engine.Schedule {
	schedule := engine.AlwaysOn()
	for day := range schedule.Days {
		for hour := range 24 {
			if hour >= 18 {
				schedule.Days[day][hour] = engine.Relaxed
			} else if hour < 7 {
				schedule.Days[day][hour] = engine.Off
			}
		}
	}
	return &schedule
}

// entries reads the entries of one side of a rule.
func entries(texts ...string) (list []engine.Selector) {
	for _, text := range texts {
		selector, err := engine.ParseSelector(text)
		if err != nil {
			panic(err) // what is written here is known
		}
		list = append(list, selector)
	}
	return list
}
