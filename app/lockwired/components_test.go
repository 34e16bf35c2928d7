package main

import (
	"testing"
	"time"

	"lockwire/engine"
)

func TestAComponentThatIsAttachedIsSeenNow(t *testing.T) {
	var status engine.ComponentStatus
	status.LastSeen = time.Now().Add(-time.Hour)
	if got := lastSeen(&status); got != local(status.LastSeen) {
		t.Errorf("away, it was seen %q", got)
	}
	status.Online = true
	if got := lastSeen(&status); got != "now" {
		t.Errorf("attached, it was seen %q", got)
	}
}
