package engine

import "testing"

func TestSizesAreReadWithTheirUnit(t *testing.T) {
	for text, want := range map[string]uint64{
		"4MiB": 4 << 20, "4 MiB": 4 << 20, "2GB": 2_000_000_000, "512 KiB": 512 << 10, "10KB": 10_000, "1GiB": 1 << 30, "7B": 7, "0B": 0, "3MB": 3_000_000,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "4", "MiB", "-1MiB", "4.5MiB", "4mib", "4M", "99999999999999GiB", "4MiBx"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestSizesAreWrittenAsTheyAreRead(t *testing.T) {
	for want, bytes := range map[string]uint64{"4MiB": 4 << 20, "512KiB": 512 << 10, "1GiB": 1 << 30, "2GB": 2_000_000_000, "1001B": 1001, "0B": 0} {
		if got := FormatSize(bytes); got != want {
			t.Errorf("%d: %s; want %s", bytes, got, want)
		}
		if back, err := ParseSize(want); err != nil || back != bytes {
			t.Errorf("%s: %d, %v", want, back, err)
		}
	}
}
