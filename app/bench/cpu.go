//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of the times in /proc/PID/stat; USER_HZ is 100 on every Linux that Go runs on.
const tick = time.Second / 100

// cpuOf returns the CPU time that a process and all its descendants have used, those that have ended included.
func cpuOf(pid int) (time.Duration, error) {
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	type usage struct {
		parent int
		ticks  int64
	}
	all := make(map[int]usage, len(entries))
	for _, entry := range entries {
		text, err := os.ReadFile(entry)
		if err != nil {
			continue // it has ended; its time is with its parent now
		}
		// The second field is a name in parentheses that may hold anything.
		rest := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
		if len(rest) < 15 {
			return 0, fmt.Errorf("%s has %d fields", entry, len(rest))
		}
		id, _ := strconv.Atoi(filepath.Base(filepath.Dir(entry)))
		var u usage
		u.parent, _ = strconv.Atoi(string(rest[1]))
		for _, field := range rest[11:15] { // utime, stime, cutime, cstime
			n, err := strconv.ParseInt(string(field), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", entry, err)
			}
			u.ticks += n
		}
		all[id] = u
	}
	if _, ok := all[pid]; !ok {
		return 0, fmt.Errorf("process %d has ended", pid)
	}
	var total int64
	for id, u := range all {
		for ancestor := id; ancestor > 1; ancestor = all[ancestor].parent {
			if ancestor == pid {
				total += u.ticks
				break
			}
		}
	}
	return time.Duration(total) * tick, nil
}

// ownCPU returns the CPU time that this process has used.
func ownCPU() (time.Duration, error) {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}
