package host

import (
	"testing"
	"time"
)

// The manager hears of each step in time for the next one, for as long as the program may take and no longer.
func TestAServiceThatStopsSaysSoForAsLongAsItMay(t *testing.T) {
	began := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, within := range []time.Duration{0, 30 * time.Minute} {
		s, last, now := newStopping(began, within), uint32(0), began
		for {
			checkpoint, wait, ok := s.next(now)
			if !ok {
				break
			}
			if checkpoint <= last || wait <= stopSays {
				t.Fatalf("after %v: step %d after %d, for %v", now.Sub(began), checkpoint, last, wait)
			}
			last, now = checkpoint, now.Add(stopSays)
		}
		if took := now.Sub(began); took < within+stopTime || took > within+stopTime+stopSays {
			t.Errorf("within %v: it says so for %v", within, took)
		}
	}
}

func TestAServiceIsWaitedForWhileItSaysSomethingNew(t *testing.T) {
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	p := newPatience(now, 20*time.Second)
	for checkpoint := range uint32(1000) {
		if now = now.Add(19 * time.Second); !p.goesOn(now, checkpoint+1) {
			t.Fatalf("given up at step %d", checkpoint)
		}
	}
	if p.goesOn(now.Add(20*time.Second), 1000) {
		t.Error("waited for one that says nothing")
	}
}
