package host

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// relaxTest is set in the environment of a copy of the test program that relaxes its timers.
const relaxTest = "LOCKWIRE_RELAX_TEST"

func TestEveryThreadHasRelaxedTimers(t *testing.T) {
	if os.Getenv(relaxTest) != "" {
		sayRelaxed()
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestEveryThreadHasRelaxedTimers$", "an argument")
	cmd.Env = append(os.Environ(), relaxTest+"=1")
	cmd.Stdin = strings.NewReader("its input")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := fmt.Sprintf("started 2 times as process %d, %d ns, variable %q, last argument %q, input %q\n", cmd.Process.Pid, timerSlack.Nanoseconds(), "", "an argument", "its input")
	if string(out) != want {
		t.Errorf("it says %swant    %s", out, want)
	}
}

// sayRelaxed is the copy. It counts its starts by its parent's environment, which it hands on.
func sayRelaxed() {
	starts := os.Getenv(relaxTest)
	os.Setenv(relaxTest, starts+"1")
	RelaxTimers()
	slack := int64(0)
	threads, err := filepath.Glob("/proc/self/task/[0-9]*")
	for _, thread := range threads {
		text, failed := os.ReadFile("/proc/" + filepath.Base(thread) + "/timerslack_ns")
		if failed != nil { // of another thread only root may read it
			own, failed := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
			text, err = fmt.Append(nil, own), failed
		}
		var ns int64
		if _, failed := fmt.Sscan(string(text), &ns); failed != nil {
			err = failed
		}
		if slack == 0 || ns < slack {
			slack = ns
		}
	}
	input := make([]byte, 100)
	n, _ := os.Stdin.Read(input)
	fmt.Printf("started %d times as process %d, %d ns, variable %q, last argument %q, input %q\n", len(starts), os.Getpid(), slack, os.Getenv(relaxedVariable), os.Args[len(os.Args)-1], input[:n])
	if err != nil {
		fmt.Println(err)
	}
	os.Exit(0)
}
