package secret

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// flagsOf gives the VmFlags of the mapping that holds an address.
func flagsOf(t *testing.T, address uintptr) string {
	t.Helper()
	file, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skipf("no smaps: %v", err)
	}
	defer file.Close()
	inside := false
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var from, to uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			inside = from <= address && address < to
		}
		if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && inside {
			return flags + " "
		}
	}
	t.Fatalf("no mapping holds %#x", address)
	return ""
}

func TestKeysLieInLockedPagesThatAreNotDumped(t *testing.T) {
	k := newKeyForTest(t)
	flags := flagsOf(t, uintptr(unsafe.Pointer(k.slot.bytes)))
	if !strings.Contains(flags, " dd ") {
		t.Errorf("the page would be dumped: %s", flags)
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur >= 1<<20 && !strings.Contains(flags, " lo ") {
		t.Errorf("the page is not locked: %s", flags)
	}
}

// TestHarden runs in a process of its own, because it cannot be undone.
func TestHarden(t *testing.T) {
	if os.Getenv("LOCKWIRE_TEST_HARDEN") == "" {
		child := exec.Command(os.Args[0], "-test.run=^TestHarden$", "-test.v")
		child.Env = append(os.Environ(), "LOCKWIRE_TEST_HARDEN=1")
		out, err := child.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "hardened and looked at") {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	if err := Harden(); err != nil {
		t.Fatal(err)
	}
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil || dumpable != 0 {
		t.Errorf("dumpable: %d, %v", dumpable, err)
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil || limit.Cur != 0 || limit.Max != 0 {
		t.Errorf("limit of core dumps: %+v, %v", limit, err)
	}
	t.Log("hardened and looked at")
}
