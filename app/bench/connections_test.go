//go:build linux

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestConnectionsAreJudgedByTheirAims(t *testing.T) {
	table := func(ours connectionSample) []*connections {
		of := func(path string, s connectionSample) *connections {
			return &connections{Path: path, Clients: 64, Median: s, Samples: []connectionSample{s}, counted: path == mutualPath}
		}
		return []*connections{
			of("direct", connectionSample{PerSecond: 17000, P50: time.Millisecond, P99: 7 * time.Millisecond}),
			of(noTLSPath, connectionSample{PerSecond: 6000, P50: 8 * time.Millisecond, P99: 16 * time.Millisecond, CPU: 200 * time.Microsecond}),
			of(mutualPath, connectionSample{PerSecond: 900, P50: 60 * time.Millisecond, P99: 96 * time.Millisecond, CPU: 1900 * time.Microsecond}),
			of("agents", ours),
		}
	}
	for _, test := range []struct {
		name string
		ours connectionSample
		want []string
	}{
		{"all reached", connectionSample{PerSecond: 4500, P50: 10 * time.Millisecond, P99: 32 * time.Millisecond, CPU: 400 * time.Microsecond},
			[]string{"0.75 x the connections", "2.00 x their CPU", "2.00 x their p99", "5.00 x the connections"}},
		{"all missed", connectionSample{PerSecond: 600, P50: 90 * time.Millisecond, P99: 120 * time.Millisecond, CPU: 2500 * time.Microsecond}, nil},
	} {
		var out bytes.Buffer
		reportConnections(&out, 64, table(test.ours))
		reached, missed := strings.Count(out.String(), ": reached\n"), strings.Count(out.String(), ": missed\n")
		if want := len(test.want); reached != want || missed != 4-want {
			t.Errorf("%s: %d reached, %d missed\n%s", test.name, reached, missed, &out)
		}
		for _, words := range test.want {
			if !strings.Contains(out.String(), words) {
				t.Errorf("%s: no %q in\n%s", test.name, words, &out)
			}
		}
	}
}
