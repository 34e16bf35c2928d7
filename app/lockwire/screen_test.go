package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lockwire/app/server"
	"lockwire/engine"
)

// patience is how long the tests wait for what must come.
const patience = 2 * time.Minute

// screen is a display without a screen, and the real program on it.
type screen struct {
	t       *testing.T
	display string
	folder  string
	said    *said // the program's standard error
	program *exec.Cmd
}

// said keeps what a program says, also for a test that looks while it runs.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
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

// The tags that the programs are built with. Both consoles tell where things are in their window, which a release does not;
// the checked one has Fyne's check of its goroutine, which says so on standard error.
const (
	released = "migrated_fynedo,no_emoji,windowscan"
	checked  = "no_emoji,windowscan"
)

// built is where the programs are that a test has built; they are built once.
var built struct {
	sync.Mutex
	folder string
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.folder != "" {
		os.RemoveAll(built.folder)
	}
	os.Exit(code)
}

// buildProgram builds a program of this module.
func buildProgram(t *testing.T, program, tags string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if built.folder == "" {
		folder, err := os.MkdirTemp("", "lockwire-built-")
		if err != nil {
			t.Fatal(err)
		}
		built.folder = folder
	}
	path := filepath.Join(built.folder, program+"-"+tags)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	command := exec.Command("go", "build", "-tags", tags, "-o", path, "../"+program)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// build builds the console.
func build(t *testing.T, tags string) string {
	t.Helper()
	return buildProgram(t, "lockwire", tags)
}

// open starts a display and the program on it.
func open(t *testing.T, program string, arguments ...string) *screen {
	t.Helper()
	s := display(t)
	s.run(program, arguments...)
	return s
}

// display starts a display and a window manager.
func display(t *testing.T) *screen {
	t.Helper()
	s := bareDisplay(t)
	s.start(s.command("openbox"))
	return s
}

// bareDisplay starts a display that nobody else uses.
func bareDisplay(t *testing.T, options ...string) *screen {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and starts the program")
	}
	folder, err := os.MkdirTemp("", "lw") // short, for the paths of sockets
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, folder: folder}
	t.Cleanup(func() { os.RemoveAll(folder) })
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// A key must not repeat where a busy machine lets it go late.
	xvfb := exec.Command("Xvfb", append([]string{"-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-r"}, options...)...)
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
	return s
}

// run starts the program on the display, and waits for its window.
func (s *screen) run(program string, arguments ...string) {
	s.t.Helper()
	s.said = &said{}
	s.program = s.command(program, arguments...)
	s.program.Stderr = s.said
	s.start(s.program)
	s.do("windowfocus", "--sync", s.window())
}

func (s *screen) command(name string, arguments ...string) *exec.Cmd {
	c := exec.Command(name, arguments...)
	c.Env = append(os.Environ(), "DISPLAY="+s.display, "WAYLAND_DISPLAY=", "HOME="+s.folder, "XDG_CONFIG_HOME="+s.folder, "XDG_CACHE_HOME="+s.folder,
		"XDG_STATE_HOME="+s.folder, "XDG_RUNTIME_DIR="+s.folder, "TMPDIR="+s.folder, "LOCKWIRE_WINDOWSCAN="+s.scanSocket(), "LIBGL_ALWAYS_SOFTWARE=1")
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
			s.t.Fatalf("%s did not come\nthe window shows: %s\nthe program says: %s", what, s.words(), s.said)
		}
	}
}

// attach attaches to the engine on a data folder, which may be a pattern, as the command line does.
func (s *screen) attach(folder string) engine.Administration {
	s.t.Helper()
	var admin engine.Administration
	s.wait("the engine", func() bool {
		folders, _ := filepath.Glob(folder)
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

// engine attaches to the engine of the try-out.
func (s *screen) engine() engine.Administration {
	s.t.Helper()
	return s.attach(filepath.Join(s.folder, "lockwire-try-*", "broker"))
}

// close asks the program to end, as a desktop that logs out does, and wants it to end in order.
func (s *screen) close(by os.Signal) {
	s.t.Helper()
	if err := s.program.Process.Signal(by); err != nil {
		s.t.Fatal(err)
	}
	s.ended()
}

// ended waits until the program has ended, and wants that it did so in order and left nothing temporary behind.
func (s *screen) ended() {
	s.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- s.program.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			s.t.Errorf("it ended with %v\n%s", err, s.said)
		}
	case <-time.After(patience):
		s.program.Process.Signal(syscall.SIGQUIT) // it says where it stands
		<-ended
		s.t.Fatalf("it does not end\n%s", s.said)
	}
	if left, _ := filepath.Glob(filepath.Join(s.folder, "lockwire-try-*")); len(left) > 0 {
		s.t.Errorf("left behind: %v", left)
	}
}
