package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// programs builds lockwired and the agent beside each other.
func programs(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for program, cgo := range map[string]string{"lockwired": "1", "lockwire-agent": "0"} {
		build := exec.Command("go", "build", "-o", filepath.Join(folder, program), "../"+program)
		build.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", program, err, out)
		}
	}
	return filepath.Join(folder, "lockwired")
}

// shortFolder is a temporary folder with a short name: the path of a local socket has 107 bytes at the most.
func shortFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "lw")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
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
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		scratch := shortFolder(t)
		var out bytes.Buffer
		demo := exec.Command(program, "demo", "--mebibytes", "1048576")
		demo.Env = append(os.Environ(), "TMPDIR="+scratch)
		reader, err := demo.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		demo.Stderr = &out
		if err := demo.Start(); err != nil {
			t.Fatal(err)
		}
		text := make([]byte, 4096)
		for seen := ""; !strings.Contains(seen, "1. The rule"); {
			n, err := reader.Read(text)
			if err != nil {
				demo.Wait()
				t.Fatalf("it ended early: %v\n%s%s", err, seen, &out)
			}
			seen += string(text[:n])
		}
		if err := demo.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- demo.Wait() }()
		select {
		case err := <-ended:
			if err == nil || !strings.Contains(out.String(), "interrupted") {
				t.Errorf("%v: %v, %s", signal, err, &out)
			}
		case <-time.After(time.Minute):
			demo.Process.Kill()
			t.Fatalf("%v: it goes on", signal)
		}
		if left, _ := os.ReadDir(scratch); len(left) > 0 {
			t.Errorf("%v: %d files are left behind", signal, len(left))
		}
		if running := processesUnder(t, filepath.Dir(program)); len(running) > 0 {
			t.Errorf("%v: still running: %v", signal, running)
		}
	}
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
