//go:build linux

package hosts

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// otherWork measures what everything but some processes and this one takes of the machine.
type otherWork struct {
	processes []*process
	began     time.Time
	all, ours float64 // seconds of a processor by then
}

func measureOtherWork(t *testing.T, processes ...*process) *otherWork {
	t.Helper()
	w := &otherWork{processes: processes, began: time.Now()}
	w.all, w.ours = w.spent(t)
	return w
}

// cores is how many cores the others have kept busy since then.
func (w *otherWork) cores(t *testing.T) float64 {
	t.Helper()
	all, ours := w.spent(t)
	return ((all - w.all) - (ours - w.ours)) / time.Since(w.began).Seconds()
}

// userTicks is how many ticks the kernel counts in a second of a processor's time.
const userTicks = 100

func (w *otherWork) spent(t *testing.T) (all, ours float64) {
	t.Helper()
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(stat), "\n")
	for at, field := range strings.Fields(first) {
		const idle, waiting, guest = 4, 5, 9 // what guests take is in another field, too
		if at == 0 || at == idle || at == waiting || at >= guest {
			continue
		}
		all += ticks(t, field)
	}
	pids := []int{os.Getpid()}
	for _, p := range w.processes {
		pids = append(pids, p.pid)
	}
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		const user, system = 11, 12 // after the name of the program
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		ours += ticks(t, fields[user]) + ticks(t, fields[system])
	}
	return all / userTicks, ours / userTicks
}

func ticks(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
