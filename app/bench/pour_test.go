//go:build linux

package main

import (
	"math"
	"testing"
	"time"
)

// readingsOf are one flow's, of so many bytes within each twentieth of a second.
func readingsOf(perStep ...uint64) []reading {
	began := time.Unix(0, 0)
	readings := []reading{{at: began, bytes: []uint64{0, 0}}}
	total := uint64(0)
	for i, n := range perStep {
		total += n
		readings = append(readings, reading{began.Add(time.Duration(i+1) * readEvery), []uint64{total / 4, total - total/4}, total})
	}
	return readings
}

// steps are so many equal ones.
func steps(count int, n uint64) (all []uint64) {
	for range count {
		all = append(all, n)
	}
	return all
}

func TestHighestSecondIsFoundWhereverItBegins(t *testing.T) {
	readings := readingsOf(append(append(steps(30, 100), steps(20, 150)...), steps(30, 100)...)...)
	if got := highestSecond(readings); math.Abs(got-3000) > 1 {
		t.Errorf("%.0f B/s, want 3000", got)
	}
	if got := minToMax(readings[0], readings[len(readings)-1]); math.Abs(got-1.0/3) > 0.01 {
		t.Errorf("least over most: %.3f, want a third", got)
	}
}

func TestUntilIsTheTimeAfterWhichARateStays(t *testing.T) {
	fits := func(rate float64) bool { return rate <= 1100 }
	for name, c := range map[string]struct {
		readings []reading
		want     time.Duration
		ok       bool
	}{
		"from the beginning":        {readingsOf(steps(60, 50)...), 0, true},
		"after a second":            {readingsOf(append(steps(20, 100), steps(60, 50)...)...), time.Second, true},
		"never":                     {readingsOf(steps(60, 100)...), 0, false},
		"not where it comes back":   {readingsOf(append(steps(40, 50), steps(20, 100)...)...), 0, false},
		"from when it stays so on ": {readingsOf(append(append(steps(20, 50), steps(20, 100)...), steps(60, 50)...)...), 2 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := until(c.readings, time.Second/2, fits)
			if ok != c.ok || ok && (got < c.want-200*time.Millisecond || got > c.want+200*time.Millisecond) {
				t.Errorf("%v, %v; want about %v, %v", got, ok, c.want, c.ok)
			}
		})
	}
}
