package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lockwire/app/host"
)

// built is where the programs of the end-to-end tests are built, once, when a test needs them.
var built struct {
	once   sync.Once
	folder string
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.folder != "" {
		os.RemoveAll(built.folder)
	}
	os.Exit(code)
}

// programs builds lockwired and the agent beside each other.
func programs(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.folder, built.err = os.MkdirTemp("", "lw"); built.err != nil {
			return
		}
		for program, cgo := range map[string]string{"lockwired": "1", "lockwire-agent": "0"} {
			build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", filepath.Join(built.folder, program), "../"+program) // as the Makefile does
			build.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
			if out, err := build.CombinedOutput(); err != nil {
				built.err = fmt.Errorf("build %s: %w\n%s", program, err, out)
				return
			}
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.folder, "lockwired")
}

func TestTheDemonstrationShowsWhatItPromises(t *testing.T) {
	program := programs(t)
	scratch := shortFolder(t)
	demo := exec.Command(program, "demo", "--mebibytes", "16")
	demo.Env = append(os.Environ(), "TMPDIR="+scratch)
	out, err := demo.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"SEALED, by rule", "PLAIN, by no rule", "0 times", "64 times", "destroyed at the source", "yes"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if left, _ := os.ReadDir(scratch); len(left) > 0 {
		t.Errorf("%d files are left behind", len(left))
	}
}

func TestTheDemonstrationCleansUpWhenItIsInterrupted(t *testing.T) {
	program := programs(t)
	for _, test := range []struct {
		signal os.Signal
		after  string // what it has said by then
	}{
		{os.Interrupt, "starting a broker"}, {os.Interrupt, "1. The rule"}, {syscall.SIGTERM, "1. The rule"},
	} {
		t.Run(fmt.Sprintf("%v after %q", test.signal, test.after), func(t *testing.T) {
			scratch := shortFolder(t)
			out := interruptDemo(t, program, scratch, test.signal, test.after)
			if !strings.Contains(out, "interrupted") {
				t.Errorf("it says %s", out)
			}
			if left, _ := os.ReadDir(scratch); len(left) > 0 {
				t.Errorf("%d files are left behind", len(left))
			}
			if running := processesUnder(t, filepath.Dir(program)); len(running) > 0 {
				t.Errorf("still running: %v", running)
			}
		})
	}
}

// interruptDemo starts a demonstration that would take long, sends it a signal once it has said something, and gives what it
// said on standard error.
func interruptDemo(t *testing.T, program, scratch string, signal os.Signal, after string) string {
	t.Helper()
	var errors bytes.Buffer
	demo := exec.Command(program, "demo", "--mebibytes", "1048576")
	demo.Env = append(os.Environ(), "TMPDIR="+scratch)
	demo.Stderr = &errors
	reader, err := demo.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	hangs := time.AfterFunc(time.Minute, func() { demo.Process.Kill() })
	defer hangs.Stop()
	text := make([]byte, 4096)
	for seen := ""; !strings.Contains(seen, after); {
		n, err := reader.Read(text)
		if err != nil {
			demo.Wait()
			t.Fatalf("it ended early: %v\n%s%s", err, seen, &errors)
		}
		seen += string(text[:n])
	}
	if err := demo.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, reader)
	if err := demo.Wait(); demo.ProcessState.ExitCode() != host.ExitFailed {
		t.Errorf("%v", err)
	}
	return errors.String()
}

// processesUnder lists the processes whose program lies in a folder.
func processesUnder(t *testing.T, folder string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, link := range links {
		if program, err := os.Readlink(link); err == nil && strings.HasPrefix(program, folder) {
			found = append(found, program)
		}
	}
	return found
}
