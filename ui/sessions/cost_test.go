package sessions

import (
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/ui/text"
)

func TestACostIsSaidOnlyWhereBothEndsCanTell(t *testing.T) {
	for _, test := range []struct {
		name           string
		source, target time.Duration
		bytes          uint64
		column, fact   string
	}{
		{"both", time.Second, 2 * time.Second, 4e9, "0.75", "1.00 s at the source, 2.00 s at the target; 0.75 s for each GB"},
		{"too little was carried", time.Second, time.Second, 1000, "–", "1.00 s at the source, 1.00 s at the target"},
		{"the source shares its process", 0, time.Second, 4e9, "–", "not known at the source, 1.00 s at the target"},
		{"neither", 0, 0, 4e9, "–", ""},
	} {
		traffic := engine.Traffic{ToTarget: test.bytes, SourceCPU: test.source, TargetCPU: test.target}
		if column, fact := text.CPU(traffic), cpuFact(traffic); column != test.column || fact != test.fact {
			t.Errorf("%s: %q and %q", test.name, column, fact)
		}
	}
}
