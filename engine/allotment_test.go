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
