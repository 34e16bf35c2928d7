// Package leftover names what a run of tests makes on a machine, so that the next run finds what a killed one left behind.
package leftover

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Run is the name of this run: PREFIX-PID-START. The time of its process's start tells it from one that has got the same number
// since.
func Run(prefix string) (string, error) {
	start, err := startOf(os.Getpid())
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s-%d-%s", prefix, os.Getpid(), start), nil
}

// IsOfDeadRun tells whether a name begins with that of a run whose process is gone.
func IsOfDeadRun(prefix, name string) bool {
	rest, ours := strings.CutPrefix(name, prefix+"-")
	parts := strings.Split(rest, "-")
	if !ours || len(parts) < 2 {
		return false
	}
	pid, err := strconv.Atoi(parts[0])
	if err != nil {
		return false
	}
	start, err := startOf(pid)
	return err != nil || start != parts[1]
}

// startOf gives the start time of a process in clock ticks since the machine booted.
func startOf(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The name of the program, in parentheses, may hold anything; field 22 is the 20th after it.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 {
		return "", fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	return fields[19], nil
}
