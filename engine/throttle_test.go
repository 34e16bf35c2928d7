package engine

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	for _, test := range []struct {
		limit Limit
		rate  uint64
		text  string
	}{
		{Limit{1, KilobytesPerSecond}, 1_000, "1 KB/s"}, {Limit{100, MegabitsPerSecond}, 12_500_000, "100 Mbit/s"}, {Limit{3, MegabytesPerSecond}, 3_000_000, "3 MB/s"},
		{Limit{1_000_000_000, MegabytesPerSecond}, 1_000_000_000_000_000, "1000000000 MB/s"},
	} {
		if test.limit.BytesPerSecond() != test.rate || test.limit.String() != test.text || test.limit.Check() != nil {
			t.Errorf("%s is %d bytes per second, %v", test.limit, test.limit.BytesPerSecond(), test.limit.Check())
		}
	}
	for words, limit := range map[string]Limit{"value": {0, MegabytesPerSecond}, "value: a limit is": {1_000_000_001, KilobytesPerSecond}, "unit": {1, "Gbit/s"}, "unit: \"\"": {1, ""}} {
		if err := limit.Check(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%+v: %v", limit, err)
		}
	}
	if len(Units) != 3 {
		t.Errorf("%v", Units)
	}
}

func TestThrottleInJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"value":100,"unit":"Mbit/s"}`: `{"value":100,"unit":"Mbit/s","neverThrottleRestores":true,"relaxed":null}`,
		`{"value":1,"unit":"KB/s","neverThrottleRestores":false,"relaxed":{"value":4,"unit":"MB/s"}}`: `{"value":1,"unit":"KB/s","neverThrottleRestores":false,"relaxed":{"value":4,"unit":"MB/s"}}`,
	} {
		var throttle Throttle
		if err := json.Unmarshal([]byte(text), &throttle); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(throttle); err != nil || string(got) != want {
			t.Errorf("%s %v", got, err)
		}
	}
	for text, words := range map[string]string{
		`{"value":-1}`: "value: -1", `{"value":1.5}`: "value: 1.5", `{"value":"100"}`: "value: a number", `{"value":1,"unit":"MB/s","relaxed":7}`: "relaxed: an object",
		`{"value":1,"unit":"MB/s","relaxed":{"value":1}}`: "relaxed: unit: the field is needed", `{"value":1,"unit":"MB/s","neverThrottleRestores":null}`: "neverThrottleRestores: true or false",
		`{"value":1,"unit":"MB/s","value":2}`: "value: the field stands twice", `{"value":1,"Unit":"MB/s"}`: `unknown field "Unit"`, `7`: "an object",
	} {
		var throttle Throttle
		if err := json.Unmarshal([]byte(text), &throttle); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
