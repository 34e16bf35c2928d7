package machine

import (
	"math"
	"testing"
	"time"

	"lockwire/engine"
)

func TestOnlySecondsOfOneKindTellWhatItCosts(t *testing.T) {
	source, target := MovedBytes{Side: engine.SourceEnd, Mode: engine.Sealed}, MovedBytes{Side: engine.TargetEnd, Mode: engine.Sealed}
	plain, test := MovedBytes{Side: engine.TargetEnd, Mode: engine.Plain}, MovedBytes{Side: engine.SourceEnd, Mode: engine.Sealed, Test: true}
	for _, one := range []struct {
		name  string
		live  []MovedBytes
		bytes []uint64
		want  *engine.EndCost // nil: nothing is learned
	}{
		{"one session", []MovedBytes{source}, []uint64{1e9}, &engine.EndCost{Side: engine.SourceEnd, Mode: engine.Sealed}},
		{"two of a kind", []MovedBytes{plain, plain}, []uint64{4e8, 6e8}, &engine.EndCost{Side: engine.TargetEnd, Mode: engine.Plain}},
		{"hardly anything of another kind", []MovedBytes{source, plain}, []uint64{99e7, 1e7}, &engine.EndCost{Side: engine.SourceEnd, Mode: engine.Sealed}},
		{"both ends", []MovedBytes{source, target}, []uint64{5e8, 5e8}, nil},
		{"sealed and plain", []MovedBytes{target, plain}, []uint64{5e8, 5e8}, nil},
		{"a test of the route", []MovedBytes{test}, []uint64{1e9}, nil},
		{"a test beside a session", []MovedBytes{source, test}, []uint64{99e7, 1e7}, nil},
		{"nothing moves", []MovedBytes{source}, []uint64{0}, nil},
	} {
		t.Run(one.name, func(t *testing.T) {
			for i := range one.live {
				one.live[i].Bytes = one.bytes[i]
			}
			var c Costs
			for range 10 {
				c.Second(one.live, 400*time.Millisecond)
			}
			known := c.Known()
			if one.want == nil {
				if len(known) != 0 {
					t.Errorf("it took %+v for the cost", known)
				}
				return
			}
			if len(known) != 1 || known[0].Side != one.want.Side || known[0].Mode != one.want.Mode || math.Abs(known[0].PerGB-0.4) > 1e-9 {
				t.Errorf("got %+v", known)
			}
		})
	}
}

// A program that shares its process does not know what its sessions take.
func TestNothingIsSaidWhereTheTimeIsNotKnown(t *testing.T) {
	var c Costs
	for range 10 {
		c.Second([]MovedBytes{{Side: engine.SourceEnd, Mode: engine.Sealed, Bytes: 1e9}}, 0)
	}
	if known := c.Known(); len(known) != 0 {
		t.Errorf("it took %+v for the cost", known)
	}
}
