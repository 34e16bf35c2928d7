package model

import (
	"testing"

	"lockwire/engine"
)

func TestALimitIsReadAsItIsTyped(t *testing.T) {
	for text, want := range map[string]uint64{"100": 100, " 7 ": 7, "": 0, "fast": 0, "-1": 0, "0": 0, "1.5": 0} {
		limit, err := ParseLimit(text, engine.MegabitsPerSecond)
		if (err == nil) != (want > 0) || err == nil && (limit.Value != want || limit.Unit != engine.MegabitsPerSecond) {
			t.Errorf("%q is read as %v: %v", text, limit, err)
		}
	}
}
