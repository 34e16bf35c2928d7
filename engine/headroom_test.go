package engine

import "testing"

func TestOwnLimitIsSaidWhereItIsLowerThanTheHeadroom(t *testing.T) {
	known := Headroom{BytesPerSecond: 10_000_000, Cost: Cost{PerGB: 1}}
	for name, test := range map[string]struct {
		limit    *Limit
		headroom Headroom
		want     string
	}{
		"lower":        {&Limit{9, MegabytesPerSecond}, known, "sends at most 9 MB/s by its own limit"},
		"equal":        {&Limit{10, MegabytesPerSecond}, known, ""},
		"none":         {nil, known, ""},
		"not measured": {&Limit{9, MegabytesPerSecond}, Headroom{}, ""},
	} {
		c := ComponentStatus{Component: Component{LocalLimit: test.limit}, Headroom: test.headroom}
		if got := c.OwnLimitInWords(); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
