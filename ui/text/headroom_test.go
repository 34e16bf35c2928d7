package text

import "testing"

func TestAnEstimateIsWrittenWithItsError(t *testing.T) {
	const gbit = 125_000_000 // bytes per second
	for want, rates := range map[string][3]uint64{
		"4.2 Gbit/s ± 0.4":          {4.2 * gbit, 3.8 * gbit, 4.6 * gbit},
		"4.2 Gbit/s":                {4.2 * gbit, 4.2 * gbit, 4.2 * gbit},
		"4.2 Gbit/s (3.8 to 4.2)":   {4.2 * gbit, 3.8 * gbit, 4.2 * gbit},
		"168 Mbit/s ± 56":           {21_000_000, 16_000_000, 28_000_000},
		"250 Gbit/s ± 20":           {250 * gbit, 230 * gbit, 268 * gbit},
		"0 bit/s":                   {0, 0, 0},
		"0.9 Gbit/s (0.5 to 3.0)":   {0.9 * gbit, 0.5 * gbit, 3 * gbit},
		"12.0 Mbit/s (0.0 to 16.0)": {1_500_000, 0, 2_000_000},
		"2000 Gbit/s":               {2000 * gbit, 2000 * gbit, 2000 * gbit},
	} {
		if got := Estimate(rates[0], rates[1], rates[2]); got != want {
			t.Errorf("%v is %q, wanted %q", rates, got, want)
		}
	}
}
