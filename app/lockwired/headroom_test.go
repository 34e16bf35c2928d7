package main

import (
	"testing"

	"lockwire/app/host"
)

func TestHeadroomOnTheCommandLine(t *testing.T) {
	runSteps(t, serveOn(t, equipped(t)), []step{
		{"headroom list", host.ExitOK, []string{"fileserver", "HEADROOM"}},
		{"headroom list --json", host.ExitOK, []string{`"name": "vault"`}},
		{"headroom forecast fileserver vault", host.ExitOK, []string{"sealed (automatic)", "Nothing is known of what traffic costs fileserver", "unknown"}},
		{"headroom forecast fileserver vault --rate 2Gbit/s --flows 4 --operation restore --json", host.ExitOK, []string{`"bytesPerSecond": 250000000`, `"limitedBy": "nothing measured"`}},
		{"headroom forecast fileserver nobody", host.ExitNotFound, []string{`component "nobody"`}},
		{"headroom forecast fileserver", host.ExitUsage, nil},
		{"headroom forecast fileserver vault --rate fast", host.ExitUsage, []string{"--rate", "2 Gbit/s"}},
		{"headroom forecast fileserver vault --flows -1", host.ExitUsage, []string{"flows"}},
		{"headroom forecast fileserver vault --operation sideways", host.ExitUsage, []string{"operation"}},
		{"headroom calibrate fileserver", host.ExitNoBroker, []string{"not attached"}},
		{"headroom calibrate nobody", host.ExitNotFound, []string{`component "nobody"`}},
	})
	runSteps(t, equipped(t), []step{
		{"headroom list", host.ExitOK, []string{"vault"}},
		{"headroom forecast fileserver vault", host.ExitNoBroker, []string{"lockwired serve"}},
		{"headroom calibrate fileserver", host.ExitNoBroker, []string{"lockwired serve"}},
	})
}

func TestARateIsReadInItsUnit(t *testing.T) {
	for text, want := range map[string]uint64{
		"2 Gbit/s": 250e6, "0.5Gbit/s": 62.5e6, "100 Mbit/s": 12.5e6, "100MB/s": 100e6, "800 KB/s": 800e3,
		"": 0, "fast": 0, "Gbit/s": 0, "-1 Gbit/s": 0, "NaN Gbit/s": 0, "1e300 Gbit/s": 0, "1 TB/s": 0,
	} {
		got, err := parseRate(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
}
