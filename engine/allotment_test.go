package engine

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// What the record keeps of a session's limits is read again as it was written.
func TestCapsAndAllotmentsAreReadAsTheyAreWritten(t *testing.T) {
	then := Limit{400, MegabitsPerSecond}
	limit := Cap{Rule: "Branch", Restores: true, Value: 100, Unit: MegabitsPerSecond, Until: time.Date(2027, 1, 20, 18, 0, 0, 0, time.UTC), Then: &then}
	own := Cap{Rule: "component nas", Component: NewID(), Value: 2, Unit: MegabytesPerSecond}
	written := Session{
		Decision:   SessionDecision{CapsToTarget: []Cap{limit, own}, CapsToSource: []Cap{own}},
		Allotments: []Allotment{{From: SourceEnd, BytesPerSecond: 7, Confirmed: true, Caps: []CapShare{{Cap: limit, Sessions: 3, Share: 8, Holds: true}}}},
	}
	text, err := json.Marshal(written)
	if err != nil {
		t.Fatal(err)
	}
	var read Session
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read.Decision.CapsToTarget, written.Decision.CapsToTarget) || !reflect.DeepEqual(read.Decision.CapsToSource, written.Decision.CapsToSource) || !reflect.DeepEqual(read.Allotments, written.Allotments) {
		t.Errorf("%s was read as %+v", text, read)
	}
}

func TestAllotmentInWords(t *testing.T) {
	now := time.Date(2027, 1, 20, 9, 0, 0, 0, time.UTC)
	then := Limit{400, MegabitsPerSecond}
	branch := Cap{Rule: "Branch", Value: 100, Unit: MegabitsPerSecond, Until: time.Date(2027, 1, 20, 18, 0, 0, 0, time.UTC), Then: &then}
	night := Cap{Rule: "Night", Restores: true, Value: 2, Unit: MegabytesPerSecond, Until: time.Date(2027, 1, 21, 7, 0, 0, 0, time.UTC)}
	a := Allotment{From: SourceEnd, BytesPerSecond: 4_125_000, Confirmed: true, Caps: []CapShare{
		{Cap: Cap{Rule: "Wide", Value: 1, Unit: MegabytesPerSecond}, Sessions: 1, Share: 1_000_000}, {Cap: branch, Sessions: 3, Share: 4_125_000, Holds: true}, {Cap: night}}}
	for got, want := range map[string]string{
		a.InWords():            "to target: 33.0 Mbit/s, held by Branch",
		a.Caps[0].InWords(now): "Wide: 1 MB/s; nobody else draws on it, up to 8.0 Mbit/s here",
		a.Caps[1].InWords(now): "Branch: 100 Mbit/s until 18:00, then 400 Mbit/s; 3 share it, up to 33.0 Mbit/s here",
		night.InWords(now):     "Night, for restores: 2 MB/s until Thursday, 07:00, then no limit",
		(&Allotment{From: TargetEnd, OutOfReach: true}).InWords():                                            "to source: 0 bit/s; the component is out of reach and keeps this share",
		(&Allotment{From: TargetEnd}).InWords():                                                              "to source: 0 bit/s; not confirmed yet",
		(&SessionDecision{CapsToTarget: []Cap{branch, branch}, CapsToSource: []Cap{night}}).CapsInWords(now): "to target Branch: 100 Mbit/s until 18:00, then 400 Mbit/s; Branch: 100 Mbit/s until 18:00, then 400 Mbit/s. to source Night, for restores: 2 MB/s until Thursday, 07:00, then no limit",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
