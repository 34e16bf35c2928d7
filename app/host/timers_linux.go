package host

import (
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// timerSlack is by how much the timers of a program that carries flows may be late. Most of what it does is brought about by bytes that
// come, and what is timed bears half a millisecond.
const timerSlack = 500 * time.Microsecond

// relaxedVariable is set in the environment of a program that has started itself anew, while it starts.
const relaxedVariable = "LOCKWIRE_TIMERS_RELAXED"

// RelaxTimers lets the kernel be late with the timers of this program. Go's runtime looks after its threads every 20 µs in a program
// that works and waits by turns, as one does that carries bytes; the kernel's own slack of 50 µs leaves so many wake-ups that they take
// some 10 % of the program's processor time. A thread's slack is its own and goes to the threads that it starts, so the program starts
// itself anew, once, as the same process. It must be called before anything else.
//
// Where the system refuses, or was told to be as late already (TimerSlackNSec of a unit), nothing changes.
func RelaxTimers() {
	if os.Getenv(relaxedVariable) != "" {
		_ = os.Unsetenv(relaxedVariable)
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0); err != nil || time.Duration(slack) >= timerSlack {
		return
	}
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(timerSlack), 0, 0, 0); err != nil {
		return
	}
	if program, err := os.Executable(); err == nil {
		_ = syscall.Exec(program, os.Args, append(os.Environ(), relaxedVariable+"=1")) // returns only where it fails
	}
}
