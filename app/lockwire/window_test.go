package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"lockwire"
	"lockwire/app/server"
	"lockwire/engine"
)

// patience is how long the tests wait for what must come.
const patience = 60 * time.Second

// screen is a display without a screen, and the real program on it.
type screen struct {
	t       *testing.T
	display string
	folder  string
	said    *bytes.Buffer // the program's standard error
	program *exec.Cmd
}

// need skips the test where a program that it drives the window with is missing.
func need(t *testing.T, programs ...string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("real windows are driven on Linux only")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed; make test installs it", program)
		}
	}
}

// build builds the console, with or without Fyne's check of its goroutine.
func build(t *testing.T, tags string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lockwire")
	command := exec.Command("go", "build", "-tags", tags, "-o", path, ".")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// open starts a display, a window manager and the program.
func open(t *testing.T, program string, arguments ...string) *screen {
	t.Helper()
	folder, err := os.MkdirTemp("", "lw") // short, for the path of the local socket
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, folder: folder, said: &bytes.Buffer{}}
	t.Cleanup(func() { os.RemoveAll(folder) })
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	xvfb := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp")
	xvfb.ExtraFiles = []*os.File{writer}
	s.start(xvfb)
	writer.Close()
	number := make([]byte, 16)
	n, err := reader.Read(number)
	if err != nil {
		t.Fatalf("Xvfb: %v", err)
	}
	s.display = ":" + strings.TrimSpace(string(number[:n]))
	go io.Copy(io.Discard, reader)
	s.start(s.command("openbox"))
	s.program = s.command(program, arguments...)
	s.program.Stderr = s.said
	s.start(s.program)
	return s
}

func (s *screen) command(name string, arguments ...string) *exec.Cmd {
	c := exec.Command(name, arguments...)
	c.Env = append(os.Environ(), "DISPLAY="+s.display, "WAYLAND_DISPLAY=", "HOME="+s.folder, "XDG_CONFIG_HOME="+s.folder, "XDG_CACHE_HOME="+s.folder,
		"XDG_STATE_HOME="+s.folder, "XDG_RUNTIME_DIR="+s.folder, "TMPDIR="+s.folder, "LIBGL_ALWAYS_SOFTWARE=1")
	return c
}

// start starts a process that ends with the test, by its id.
func (s *screen) start(c *exec.Cmd) {
	s.t.Helper()
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if c.ProcessState == nil {
			c.Process.Kill()
			c.Wait()
		}
	})
}

// do drives mouse and keyboard.
func (s *screen) do(arguments ...string) {
	s.t.Helper()
	if out, err := s.command("xdotool", arguments...).CombinedOutput(); err != nil {
		s.t.Fatalf("xdotool %v: %v\n%s", arguments, err, out)
	}
}

// click clicks at a place of the window, its title bar not counted.
func (s *screen) click(x, y int) {
	s.t.Helper()
	s.do("mousemove", "--window", s.window(), fmt.Sprint(x), fmt.Sprint(y), "click", "1")
}

// window finds the program's window.
func (s *screen) window() string {
	s.t.Helper()
	id := ""
	s.wait("the window", func() bool {
		out, err := s.command("xdotool", "search", "--onlyvisible", "--name", "^Lockwire").Output()
		lines := strings.Fields(string(out))
		if err != nil || len(lines) == 0 {
			return false
		}
		id = lines[len(lines)-1]
		return true
	})
	return id
}

func (s *screen) wait(what string, there func() bool) {
	s.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !there() {
		select {
		case <-tick.C:
		case <-deadline:
			s.t.Fatalf("%s did not come\n%s", what, s.said)
		}
	}
}

// engine attaches to the engine of the try-out, as the command line does.
func (s *screen) engine() engine.Administration {
	s.t.Helper()
	var admin engine.Administration
	s.wait("the engine", func() bool {
		folders, _ := filepath.Glob(filepath.Join(s.folder, "lockwire-try-*", "broker"))
		if len(folders) != 1 {
			return false
		}
		found, closing, err := server.Attach(context.Background(), folders[0])
		if err != nil {
			return false
		}
		admin = found
		s.t.Cleanup(func() { closing() })
		return true
	})
	return admin
}

// sessions gives the live sessions.
func (s *screen) sessions(admin engine.Administration) []engine.Session {
	sessions, err := admin.Sessions(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return sessions
}

// rule gives the try-out's rule as it is stored.
func (s *screen) rule(admin engine.Administration) engine.Rule {
	set, err := admin.RuleSet(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, rule := range set.Rules {
		if !rule.IsInternet() {
			return rule
		}
	}
	s.t.Fatal("the rule is gone")
	return engine.Rule{}
}

// The place of a table's first row, in a window with its menu and the try-out's banner.
const (
	rowX, rowY = 420, 148
)

func TestARuleSwitchedInTheWindowTurnsTheNextSessionPlainAndSealedAgain(t *testing.T) {
	need(t, "Xvfb", "openbox", "xdotool")
	s := open(t, build(t, "migrated_fynedo,no_emoji"), "--try", "--page", "rules")
	admin := s.engine()
	s.wait("a sealed session", func() bool {
		sessions := s.sessions(admin)
		return len(sessions) > 0 && sessions[0].Decision.Mode == engine.Sealed && sessions[0].Traffic.ToTarget > 0
	})
	s.do("windowfocus", "--sync", s.window())
	// The row is clicked until the selection is there: the page is drawn a moment after the engine is up. Space then asks,
	// and the change is confirmed with the keyboard.
	s.wait("the rule is off", func() bool {
		s.toggle()
		return !s.rule(admin).Enabled
	})
	s.wait("a plain session", func() bool {
		for _, session := range s.sessions(admin) {
			if session.Decision.Mode == engine.Plain {
				return true
			}
		}
		return false
	})
	s.wait("the rule is on again", func() bool {
		s.toggle()
		return s.rule(admin).Enabled
	})
	s.wait("a sealed session again", func() bool {
		for _, session := range s.sessions(admin) {
			if session.Decision.Mode == engine.Sealed && !session.Stale {
				return true
			}
		}
		return false
	})
	entries, err := admin.Audit(context.Background(), engine.AuditQuery{Thing: s.rule(admin).Name})
	if err != nil || len(entries) < 3 {
		t.Errorf("%d entries in the audit, %v", len(entries), err)
	}
	s.close(os.Interrupt)
}

func TestNoPageTouchesTheWindowFromAnotherGoroutine(t *testing.T) {
	need(t, "Xvfb", "openbox", "xdotool")
	s := open(t, build(t, "no_emoji"), "--try", "--page", "overview") // with Fyne's check, which says so on standard error
	admin := s.engine()
	s.wait("a session", func() bool { return len(s.sessions(admin)) > 0 })
	s.do("windowfocus", "--sync", s.window())
	for page := range 9 {
		s.do("key", fmt.Sprintf("ctrl+%d", page+1), "sleep", "0.7", "key", "Insert", "sleep", "0.4", "key", "Escape", "sleep", "0.2")
	}
	s.do("key", "ctrl+k", "sleep", "0.3", "type", "try")
	s.do("key", "Escape", "sleep", "0.3")
	s.close(os.Interrupt)
	if kept, err := os.ReadFile(filepath.Join(s.folder, "fyne", lockwire.ID, "preferences.json")); err != nil || !strings.Contains(string(kept), `"settings"`) {
		t.Errorf("the keys did not reach the last page: %s, %v", kept, err)
	}
	if strings.Contains(s.said.String(), "call thread") {
		t.Errorf("it said:\n%s", s.said)
	}
}

func TestASecondStartBringsTheFirstWindowToTheFront(t *testing.T) {
	need(t, "Xvfb", "openbox", "xdotool", "xev")
	program := build(t, "migrated_fynedo,no_emoji")
	s := open(t, program)
	window := s.window()
	s.start(s.command("xev", "-name", "something else"))
	active := func() string {
		out, _ := s.command("xdotool", "getactivewindow").Output()
		return strings.TrimSpace(string(out))
	}
	s.wait("another window in front", func() bool { now := active(); return now != "" && now != window })
	for range 2 {
		out, err := s.command(program).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "open already") {
			t.Fatalf("the second start: %v\n%s", err, out)
		}
		s.wait("the first window in front", func() bool { return active() == window })
		s.do("windowminimize", window)
		s.wait("the window is minimized", func() bool { return active() != window })
	}
	out, _ := s.command("xdotool", "search", "--name", "^Lockwire").Output()
	if windows := strings.Fields(string(out)); len(windows) != 1 {
		t.Errorf("%d windows: %v", len(windows), windows)
	}
	s.close(os.Interrupt)
}

// toggle selects the first rule and presses Space, which asks, and confirms.
func (s *screen) toggle() {
	s.do("key", "Escape", "sleep", "0.5")
	s.click(rowX, rowY)
	s.do("sleep", "0.6", "key", "space")
	s.confirm()
}

// confirm presses the dialog's last button, which changes it: from nowhere, Shift+Tab goes to it.
func (s *screen) confirm() {
	s.do("sleep", "0.5", "key", "--delay", "80", "shift+Tab", "space", "sleep", "0.7")
}

// close asks the program to end, as a desktop that logs out does, and wants it to end in order.
func (s *screen) close(by os.Signal) {
	s.t.Helper()
	if err := s.program.Process.Signal(by); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.program.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			s.t.Errorf("it ended with %v\n%s", err, s.said)
		}
	case <-time.After(patience):
		s.t.Fatalf("it does not end\n%s", s.said)
	}
	if left, _ := filepath.Glob(filepath.Join(s.folder, "lockwire-try-*")); len(left) > 0 {
		s.t.Errorf("left behind: %v", left)
	}
}
