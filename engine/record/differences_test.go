package record

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestDifferencesOfDocumentsThatAreNoObjects(t *testing.T) {
	for _, c := range []struct {
		name, before, after string
		want                []Difference
	}{
		{"both absent", "", "", nil},
		{"null", "null", "null", nil},
		{"a value", `"0"`, `"1"`, []Difference{{"value", "0", "1"}}},
		{"broken", `{"a`, `{"a":1}`, []Difference{{"a", Nothing, "1"}, {"value", `{"a`, Nothing}}},
		{"large numbers", `{"bytes":9007199254740993}`, `{"bytes":9007199254740992}`, []Difference{{"bytes", "9007199254740993", "9007199254740992"}}},
		{"objects in a list", `{"rules":[{"name":"a"}]}`, `{"rules":[{"name":"b"}]}`, []Difference{{"rules 1, name", "a", "b"}}},
	} {
		if got := Differences(json.RawMessage(c.before), json.RawMessage(c.after)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, wanted %v", c.name, got, c.want)
		}
	}
}
