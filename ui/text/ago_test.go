package text

import (
	"testing"
	"time"
)

// The axis of three minutes is named 3 min, 1 min 30 s and now; it said 1 min for its middle.
func TestAMomentOfAChartIsNamedForWhereItIs(t *testing.T) {
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	for age, want := range map[time.Duration]string{
		0: "0 s ago", 9 * time.Second: "9 s ago", 44 * time.Second: "40 s ago", 59 * time.Second: "1 min ago", time.Minute: "1 min ago", 90 * time.Second: "1 min 30 s ago", 3*time.Minute - 200*time.Millisecond: "3 min ago",
		15 * time.Minute: "15 min ago", 7*time.Minute + 28*time.Second: "7 min 30 s ago", 90 * time.Minute: "1 h 30 min ago",
	} {
		if got := Ago(now.Add(-age), now); got != want {
			t.Errorf("%s: %q, not %q", age, got, want)
		}
	}
}
