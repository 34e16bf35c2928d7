//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lockwire/app/server"
	"lockwire/store"
)

// programPeriod is how long the real console is watched.
const programPeriod = 20 * time.Second

// quietAfter is from when on a window is watched: in its first minute the chart of the overview says anew each second since when it is.
const quietAfter = 70 * time.Second

// programFigures are of the real console: percent of a core, MB.
type programFigures struct{ CPU, RSS float64 }

// measureProgram has the real console, which lies beside this program, open its window on an installation without traffic, and measures it from outside.
func measureProgram(ctx context.Context, folder, display string) (f programFigures, err error) {
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	data := filepath.Join(folder, "installation")
	records, err := store.Open(ctx, data, store.Options{}) // else the console would ask what to begin with
	if err != nil {
		return f, err
	}
	if err := records.Close(); err != nil {
		return f, err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute+programPeriod)
	defer cancel()
	console := exec.CommandContext(ctx, filepath.Join(filepath.Dir(self), "lockwire"), "--data", data)
	console.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said bytes.Buffer
	console.Stderr = &said
	console.Env = environment(folder, display)
	if err := console.Start(); err != nil {
		return f, fmt.Errorf("the real console (make console builds it): %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- console.Wait() }()
	if f, err = watchProgram(ctx, console.Process.Pid, display, data); err != nil {
		cancel()
		return f, errors.Join(err, <-ended, errors.New(said.String()))
	}
	_ = console.Process.Signal(syscall.SIGTERM)
	if err := <-ended; err != nil {
		return f, fmt.Errorf("the real console ended with %w\n%s", err, &said)
	}
	return f, nil
}

// watchProgram waits for the window of a process, lets it become quiet, and measures.
func watchProgram(ctx context.Context, pid int, display, data string) (f programFigures, err error) {
	search := exec.CommandContext(ctx, "xdotool", "search", "--sync", "--onlyvisible", "--name", "^Lockwire.*broker in this window")
	search.Env = append(os.Environ(), "DISPLAY="+display)
	if err := search.Run(); err != nil {
		return f, fmt.Errorf("no window came: %w", err)
	}
	opened := time.Now()
	if err := awaitCalibration(ctx, data); err != nil {
		return f, err
	}
	select {
	case <-time.After(time.Until(opened.Add(quietAfter))):
	case <-ctx.Done():
		return f, ctx.Err()
	}
	before, err := spentBy(pid)
	if err != nil {
		return f, err
	}
	begin := time.Now()
	time.Sleep(programPeriod)
	after, err := spentBy(pid)
	if err != nil {
		return f, err
	}
	f.CPU = 100 * float64(after-before) / float64(time.Since(begin))
	f.RSS, err = residentMemory(strconv.Itoa(pid))
	return f, err
}

// awaitCalibration waits until the console's component has measured its processor, which takes all cores for some seconds, once.
func awaitCalibration(ctx context.Context, data string) error {
	admin, closing, err := server.Attach(ctx, data)
	if err != nil {
		return err
	}
	defer closing()
	for {
		components, err := admin.Components(ctx)
		if err != nil {
			return err
		}
		if len(components) == 1 && components[0].Headroom.Known() {
			return nil
		}
		select {
		case <-time.After(time.Second / 2):
		case <-ctx.Done():
			return fmt.Errorf("the component measures its processor: %w", ctx.Err())
		}
	}
}

// spentBy is what a process has used of the processor, from fields 14 and 15 of its stat (proc(5)), in ticks of 10 ms.
func spentBy(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, afterName, _ := strings.Cut(string(text), ") ") // field 2 is the name, in brackets
	fields := strings.Fields(afterName)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat is %q", pid, text)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err, err2)
}
