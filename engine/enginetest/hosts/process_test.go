//go:build linux

package hosts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lockwire/engine/enginetest/wait"
)

// process is a program that runs on a host.
type process struct {
	name string
	pid  int
	log  *logBuffer
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read after done
}

// command is what to start.
type command struct {
	on        *host // nil: beside the hosts, where the test runs
	name      string
	arguments []string
	as        string // user, with its own group; root where it is empty
	set       []string
	input     io.Reader
	folder    string
}

const (
	// stopWithin is how long a program may take to end in order. The agent says farewell for three seconds.
	stopWithin = time.Minute
	// shownLog is how much of a program's log a failed test shows.
	shownLog = 12 << 10
)

func (c *command) make(ctx context.Context) *exec.Cmd {
	var words []string
	if c.on != nil {
		words = append(words, "ip", "netns", "exec", c.on.namespace) // replaces itself by the program: one process
	}
	if c.as != "" {
		words = append(words, "setpriv", "--reuid="+c.as, "--regid="+groupOf(c.as), "--clear-groups", "--pdeathsig", "KILL", "--")
	}
	words = append(words, c.arguments...)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdin, cmd.Dir = c.input, c.folder
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC", "HOME="+run.folder)
	cmd.Env = append(cmd.Env, c.set...)
	// Nothing outlives a test that was killed. Threads of the Go runtime do not end, so that this is the test's own end.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// groupOf gives the number of a user's own group; the group need not have the user's name. An unknown user is left to setpriv.
func groupOf(name string) string {
	account, err := user.Lookup(name)
	if err != nil {
		return name
	}
	return account.Gid
}

// start starts a program that is ended with the test at the latest. Its log is shown when the test fails.
func start(t *testing.T, c command) *process {
	t.Helper()
	p := &process{name: c.name, log: &logBuffer{}, done: make(chan struct{})}
	cmd := c.make(context.Background())
	cmd.Stdout, cmd.Stderr = p.log, p.log
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", c.name, err)
	}
	p.pid = cmd.Process.Pid
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("---- log of %s (process %d) ----\n%s", p.name, p.pid, p.log.tail(shownLog))
		}
	})
	return p
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// signal sends a signal to exactly this process, and only while it is there.
func (p *process) signal(signal syscall.Signal) error {
	if p.ended() {
		return fmt.Errorf("%s has ended already: %v", p.name, p.err)
	}
	return syscall.Kill(p.pid, signal)
}

// stop ends the process in order; one that does not end is killed, and that is an error.
func (p *process) stop() error {
	if p.ended() {
		return nil
	}
	if err := p.signal(syscall.SIGTERM); err != nil && !p.ended() {
		return err
	}
	timer := time.NewTimer(stopWithin)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
		p.kill()
		return fmt.Errorf("%s did not end within %v of SIGTERM and was killed", p.name, stopWithin)
	}
}

// kill ends the process with SIGKILL and waits until it is gone.
func (p *process) kill() {
	_ = p.signal(syscall.SIGKILL)
	<-p.done
}

// output runs a program to its end and gives what it printed. Its error has what it said on standard error.
func output(t *testing.T, within time.Duration, c command) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	var out, said bytes.Buffer
	cmd := c.make(ctx)
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("not done within %v", within)
	}
	if err != nil {
		err = fmt.Errorf("%s (%s): %w\n%s%s", c.name, strings.Join(c.arguments, " "), err, said.String(), out.String())
	}
	return out.String(), err
}

// must is output for a program that has to succeed.
func must(t *testing.T, within time.Duration, c command) string {
	t.Helper()
	out, err := output(t, within, c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// logBuffer keeps what a program says.
type logBuffer struct {
	mu   sync.Mutex
	text []byte
}

// maximumLog bounds a log: a program that says more has gone mad.
const maximumLog = 64 << 20

func (l *logBuffer) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.text)+len(text) > maximumLog {
		return 0, errors.New("the log is full")
	}
	l.text = append(l.text, text...)
	return len(text), nil
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// said fails unless a line of a log matches.
func said(log, pattern string) error {
	if !regexp.MustCompile(pattern).MatchString(log) {
		return fmt.Errorf("no line matches %s", pattern)
	}
	return nil
}

// since gives the log from a length on, which length gave before.
func (l *logBuffer) since(length int) string { return l.String()[length:] }

func (l *logBuffer) length() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.text)
}

func (l *logBuffer) tail(most int) string {
	text := l.String()
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}

func hopeless(format string, arguments ...any) error { return wait.Hopeless(format, arguments...) }

// eventually waits until look finds nothing missing.
func eventually(t *testing.T, within time.Duration, what string, look func() error) {
	t.Helper()
	wait.Until(t, within, what, look)
}
