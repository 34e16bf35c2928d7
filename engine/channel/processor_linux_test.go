package channel

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// processorTime is what this process has used of the processors, user and system.
func processorTime(t testing.TB) time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
