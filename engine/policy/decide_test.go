package policy

import (
	"testing"
	"time"

	"lockwire/engine"
)

// "Sealed or plain" of the rules' contract, a row for each sentence.
func TestSealedOrPlain(t *testing.T) {
	a, b := party("a", "10.0.0.1"), party("b", "10.0.0.2")
	public := party("b", "10.0.0.2", "203.0.113.2")
	rules := func(list ...engine.Rule) []engine.Rule { return list }
	seal := newRule("seal", "any", "any", encrypts)
	run(t, []question{
		{name: "nothing matches: plain", source: a, target: b, mode: engine.Plain, by: engine.ByNone},

		{name: "1 a provider gateway as the target is sealed", source: a, target: with(b, gateway), mode: engine.Sealed, by: engine.ByProviderGateway},
		{name: "1 a provider gateway as the source is sealed", source: with(a, gateway), target: b, mode: engine.Sealed, by: engine.ByProviderGateway},
		{name: "1 the provider gateway wins over the same machine", source: a, target: with(b, gateway), same: true, mode: engine.Sealed, by: engine.ByProviderGateway},
		{name: "1 the provider gateway wins over rules and exemptions", rules: rules(seal, newRule("trusted", "any", "any", exempts)), source: a, target: with(public, gateway), mode: engine.Sealed, by: engine.ByProviderGateway},
		{name: "1 the provider gateway wins over the override", settings: override, source: a, target: with(public, gateway), mode: engine.Sealed, by: engine.ByProviderGateway},

		{name: "2 the same machine is plain", source: a, target: a, same: true, mode: engine.Plain, by: engine.BySameMachine},
		{name: "2 the same machine wins over a rule", rules: rules(seal), source: a, target: a, same: true, mode: engine.Plain, by: engine.BySameMachine},
		{name: "2 the same machine wins over a public interface", source: public, target: public, same: true, mode: engine.Plain, by: engine.BySameMachine},

		{name: "3 a matching rule with encrypt seals", rules: rules(seal), source: a, target: b, mode: engine.Sealed, by: engine.ByRule, named: []string{"seal"}},
		{name: "3 all such rules are listed, sorted", rules: rules(newRule("z", "10.0.0.0/8", "any", encrypts), newRule("B", "any", "10.0.0.2", encrypts), newRule("a", "10.0.0.2", "10.0.0.1", encrypts), newRule("not", "10.9.9.9", "any", encrypts)),
			source: a, target: b, mode: engine.Sealed, by: engine.ByRule, named: []string{"B", "a", "z"}},
		{name: "3 a rule wins over Internet, which is not listed", rules: rules(seal), source: a, target: public, mode: engine.Sealed, by: engine.ByRule, named: []string{"seal"}},
		{name: "3 a rule without encrypt is silent", rules: rules(newRule("silent", "any", "any"), seal), source: a, target: b, mode: engine.Sealed, by: engine.ByRule, named: []string{"seal"}},
		{name: "3 silence does not turn automatic encryption off", rules: rules(newRule("silent", "any", "any")), source: a, target: public, mode: engine.Sealed, by: engine.ByAutomatic, named: []string{"Internet"}},
		{name: "3 one's own rule with the target public counts here", rules: rules(newRule("own", "any", "public", encrypts)), source: a, target: public, mode: engine.Sealed, by: engine.ByRule, named: []string{"own"}},
		{name: "3 the override does not touch one's own rule with the target public", settings: override, rules: rules(newRule("own", "any", "public", encrypts)), source: a, target: public, mode: engine.Sealed, by: engine.ByRule, named: []string{"own"}},
		{name: "3 nor does it matter to it that Internet is off", settings: override, rules: rules(newRule("own", "any", "public", encrypts), internet(off)), source: a, target: public, mode: engine.Sealed, by: engine.ByRule, named: []string{"own"}},

		{name: "4 a public interface of the target seals", source: a, target: public, mode: engine.Sealed, by: engine.ByAutomatic, named: []string{"Internet"}},
		{name: "4 a public interface of the source seals", source: public, target: a, mode: engine.Sealed, by: engine.ByAutomatic, named: []string{"Internet"}},
		{name: "4 a public interface seals even where the other has no address", source: party("a"), target: public, mode: engine.Sealed, by: engine.ByAutomatic, named: []string{"Internet"}},
		{name: "4 a public IPv6 address seals", source: a, target: party("b", "10.0.0.2", "2001:db8::1"), mode: engine.Sealed, by: engine.ByAutomatic, named: []string{"Internet"}},
		{name: "4 unique local addresses are private", source: party("a", "fd12::1"), target: party("b", "fc00::1"), mode: engine.Plain, by: engine.ByNone},
		{name: "4 172.32.0.0 is public, 172.31.255.255 is not", source: party("a", "172.31.255.255"), target: party("b", "172.32.0.0"), mode: engine.Sealed, by: engine.ByAutomatic, named: []string{"Internet"}},
		{name: "4 100.64.0.0/10 is public, and the words say so", source: a, target: party("b", "100.64.0.1"), mode: engine.Sealed, by: engine.ByAutomatic, named: []string{"Internet"}, says: []string{"100.64.0.0/10"}},
		{name: "4 Internet off does not seal", rules: rules(internet(off)), source: a, target: public, mode: engine.Plain, by: engine.ByNone, says: []string{"rule Internet is off"}},
		{name: "4 Internet without encrypt does not seal", rules: rules(internet(silent)), source: a, target: public, mode: engine.Plain, by: engine.ByNone, says: []string{"rule Internet does not encrypt"}},
		{name: "4 the override turns it off", settings: override, source: a, target: public, mode: engine.Plain, by: engine.ByNone, says: []string{"DisablePublicIPTrafficEncryption is 1"}},
		{name: "4 the override never beats a rule", settings: override, rules: rules(seal), source: a, target: public, mode: engine.Sealed, by: engine.ByRule, named: []string{"seal"}},
	})
}

func TestExemptions(t *testing.T) {
	a := party("a", "203.0.113.1", "10.0.0.1")
	b := party("b", "198.51.100.2", "10.0.0.2")
	line := func(does ...func(*engine.Rule)) engine.Rule {
		return newRule("line", "203.0.113.0/24", "198.51.100.0/24", does...)
	}
	automatic := func(q question) question {
		q.mode, q.by, q.named = engine.Sealed, engine.ByAutomatic, []string{"Internet"}
		return q
	}
	exempt := func(q question) question {
		q.mode, q.by, q.named = engine.Plain, engine.ByExempt, append(q.named, "line")
		return q
	}
	rules := func(list ...engine.Rule) []engine.Rule { return list }
	until := rules(line(exemptsUntil("2027-01-31")))
	newYork := rules(line(exemptsUntil("2027-01-31"), throttles(1), inZone("America/New_York")))
	run(t, []question{
		exempt(question{name: "contains every public interface: plain, with its reason", rules: rules(line(exempts)), source: a, target: b, says: []string{"leased line"}}),
		exempt(question{name: "holds the other way round", rules: rules(line(exempts)), source: b, target: a}),
		automatic(question{name: "misses one public interface of the target", rules: rules(line(exempts)), source: a, target: party("b", "198.51.100.2", "192.0.2.9"), says: []string{"does not contain 192.0.2.9"}}),
		automatic(question{name: "misses one public interface of the source, used or not", rules: rules(line(exempts)), source: party("a", "203.0.113.1", "2001:db8::1"), target: b}),
		automatic(question{name: "contains every public interface but does not match the pair", rules: rules(newRule("line", "203.0.113.0/24", "198.51.100.0/24", exempts)), source: a, target: party("b", "10.0.0.2")}),
		automatic(question{name: "two exemptions that contain every public interface only together", rules: rules(newRule("one", "203.0.113.0/24", "10.0.0.0/8", exempts), newRule("two", "10.0.0.0/8", "198.51.100.0/24", exempts)), source: a, target: b}),
		exempt(question{name: "all that hold are listed", rules: rules(line(exempts), newRule("all", "any", "any", exempts), newRule("other", "10.0.0.0/8", "any", exempts, off)), source: a, target: b, named: []string{"all"}}),
		automatic(question{name: "off is as if absent", rules: rules(line(exempts, off)), source: a, target: b}),
		{name: "never beats a rule with encrypt", rules: rules(line(exempts), newRule("seal", "10.0.0.1", "any", encrypts)), source: a, target: b, mode: engine.Sealed, by: engine.ByRule, named: []string{"seal"},
			says: []string{"never beats a rule with encrypt"}},
		{name: "never beats a provider gateway", rules: rules(line(exempts)), source: a, target: with(b, gateway), mode: engine.Sealed, by: engine.ByProviderGateway},
		{name: "has nothing to switch off without a public interface", rules: rules(newRule("line", "any", "any", exempts)), source: party("a", "10.0.0.1"), target: party("b", "10.0.0.2"), mode: engine.Plain, by: engine.ByNone},
		{name: "has nothing to switch off under the override", settings: override, rules: rules(line(exempts)), source: a, target: b, mode: engine.Plain, by: engine.ByNone},

		exempt(question{name: "holds in the last millisecond of its last day", rules: until, source: a, target: b, at: time.Date(2027, 1, 31, 23, 59, 59, 999_000_000, time.UTC), says: []string{"until the end of 2027-01-31"}}),
		automatic(question{name: "has ended with the day after", rules: until, source: a, target: b, at: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), says: []string{"ended with 2027-01-31"}}),
		exempt(question{name: "ends in the rule's time zone, not in the broker's", rules: newYork, source: a, target: b, at: time.Date(2027, 2, 1, 4, 59, 59, 0, time.UTC)}),
		automatic(question{name: "has ended when the day is over in the rule's time zone", rules: newYork, source: a, target: b, at: time.Date(2027, 2, 1, 5, 0, 0, 0, time.UTC)}),
	})
}
