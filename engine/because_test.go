package engine

import "testing"

func TestAHeadingNamesTheFirstFewOfManyRules(t *testing.T) {
	for _, test := range []struct {
		by          By
		rules       []string
		long, short string
	}{
		{ByRule, []string{"A"}, "rule A", "rule A"},
		{ByRule, []string{"A", "B", "C", "D"}, "rule A, B, C, D", "rule A, B, C, D"},
		{ByRule, []string{"A", "B", "C", "D", "E"}, "rule A, B, C, D, E", "rule A, B, C and 2 more"},
		{ByExempt, []string{"A", "B", "C", "D", "E", "F"}, "trusted link A, B, C, D, E, F", "trusted link A, B, C and 3 more"},
		{ByAutomatic, []string{"A", "B", "C", "D", "E", "F"}, "automatic (public address)", "automatic (public address)"},
	} {
		d := Decision{By: test.by, Rules: test.rules}
		if long, short := d.Because(), d.BecauseInShort(); long != test.long || short != test.short {
			t.Errorf("%s %v: %q and %q", test.by, test.rules, long, short)
		}
	}
}
