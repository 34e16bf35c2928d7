package engine

import "testing"

func TestRatesAreWrittenInBits(t *testing.T) {
	for bytes, want := range map[uint64]string{0: "0 bit/s", 100: "800 bit/s", 125: "1.0 kbit/s", 1_975_000: "15.8 Mbit/s", 125_000_000: "1.0 Gbit/s", 1 << 50: "9007.2 Tbit/s"} {
		if got := RateInWords(bytes); got != want {
			t.Errorf("%d is %s, not %s", bytes, got, want)
		}
	}
}

func TestSizesAreWrittenInBytes(t *testing.T) {
	for bytes, want := range map[uint64]string{0: "0 B", 999: "999 B", 1000: "1.00 kB", 1 << 30: "1.07 GB", 999_999: "1000.00 kB", 1 << 63: "9.22 EB"} {
		if got := SizeInWords(bytes); got != want {
			t.Errorf("%d is %s, not %s", bytes, got, want)
		}
	}
}
