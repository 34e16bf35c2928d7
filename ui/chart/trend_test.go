package chart

import (
	"slices"
	"testing"
)

func TestATrendEndsWithTheNewestAndReachesToTheHighest(t *testing.T) {
	repeated := func(n int, value float64) []float64 { return slices.Repeat([]float64{value}, n) }
	for name, c := range map[string]struct {
		values []float64
		want   map[int]int // by moment
	}{
		"nothing":                {nil, map[int]int{0: 0, 23: 0}},
		"nothing moves":          {repeated(50, 0), map[int]int{0: 0, 23: 0}},
		"fewer than moments":     {[]float64{10, 20}, map[int]int{0: 0, 21: 0, 22: 127, 23: 255}},
		"as many as moments":     {append(repeated(23, 3), 6), map[int]int{0: 127, 22: 127, 23: 255}},
		"more: means of each":    {append(repeated(48-2, 1), 0, 4), map[int]int{0: 127, 22: 127, 23: 255}},
		"no multiple of moments": {append(repeated(100, 8), repeated(100, 4)...), map[int]int{0: 255, 11: 255, 13: 127, 23: 127}},
		"more than they hold":    {repeated(200, 1e18), map[int]int{0: 255, 23: 255}},
	} {
		t.Run(name, func(t *testing.T) {
			trend := TrendOf(c.values)
			for moment, want := range c.want {
				if got := int(trend[moment]); got < want-1 || got > want {
					t.Errorf("moment %d is %d, want %d, in %v", moment, got, want, trend)
				}
			}
		})
	}
}
