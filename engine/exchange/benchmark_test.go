package exchange_test

import (
	"bytes"
	"fmt"
	"testing"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

// The largest rule set that an installation can have.
func BenchmarkDecodeTheMostRules(b *testing.B) {
	set := engine.RuleSet{Rules: []engine.Rule{engine.InternetRule()}}
	for i := range engine.MaximumRules - 1 {
		set.Rules = append(set.Rules, engine.Rule{
			Name: fmt.Sprintf("Rule %d", i), Enabled: true, Encrypt: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any},
			Throttle: &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true},
		})
	}
	var body bytes.Buffer
	if err := exchange.Encode(&body, set); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(body.Len()))
	for b.Loop() {
		if _, _, err := exchange.Decode(bytes.NewReader(body.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}
