package secret

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Harden keeps this process's memory to itself: no core dump, and no debugger of the same user. Call it before the first
// key is made. It stays in force for the process's life and is not inherited by programs that it starts, except for the
// limit of core dumps.
//
// Side effect: the files below /proc/PID belong to root from then on.
func Harden() error {
	var failed []error
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		failed = append(failed, fmt.Errorf("make the process undumpable: %w", err))
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		failed = append(failed, fmt.Errorf("set the limit of core dumps to 0: %w", err))
	}
	return errors.Join(failed...)
}
