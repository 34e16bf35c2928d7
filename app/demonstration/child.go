package demonstration

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// child is a process that the demonstration started.
type child struct {
	command *exec.Cmd
	errors  *tail
	ended   chan struct{}
	wanted  bool // it was told to end
	mu      sync.Mutex
}

func (s *stage) start(name, program string, arguments ...string) (*child, error) {
	return s.startWith(name, nil, program, arguments...)
}

// startWith starts a process. When it ends by itself the demonstration ends, with what it said last.
func (s *stage) startWith(name string, output io.WriteCloser, program string, arguments ...string) (*child, error) {
	process := &child{command: exec.Command(program, arguments...), errors: &tail{}, ended: make(chan struct{})}
	process.command.Stderr = process.errors
	if output != nil {
		process.command.Stdout = output
	}
	ownGroup(process.command) // Ctrl-C reaches only this process, which then ends the others in order
	if err := process.command.Start(); err != nil {
		return nil, fmt.Errorf("start the %s: %w", name, err)
	}
	s.processes = append(s.processes, process)
	go func() {
		err := process.command.Wait()
		if output != nil {
			output.Close()
		}
		process.mu.Lock()
		wanted := process.wanted
		process.mu.Unlock()
		if !wanted {
			s.cancel(fmt.Errorf("the %s ended by itself (%w)\n%s", name, errors.Join(err), process.errors.String()))
		}
		close(process.ended)
	}()
	return process, nil
}

// endWithin is how long a process may take to end in order before it is killed.
const endWithin = 5 * time.Second

// close ends everything, the last started first.
func (s *stage) close() error {
	var failed error
	if s.closeAdmin != nil {
		failed = s.closeAdmin()
	}
	for i := len(s.processes) - 1; i >= 0; i-- {
		process := s.processes[i]
		process.mu.Lock()
		process.wanted = true
		process.mu.Unlock()
		if process.command.Process.Signal(syscall.SIGTERM) != nil {
			process.command.Process.Kill()
		}
		select {
		case <-process.ended:
		case <-time.After(endWithin):
			process.command.Process.Kill()
			<-process.ended
		}
	}
	if s.tap != nil {
		failed = errors.Join(failed, s.tap.close())
	}
	return failed
}

// tail keeps the last of what a process said.
type tail struct {
	mu   sync.Mutex
	text bytes.Buffer
}

const tailSize = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text.Write(p)
	if over := t.text.Len() - tailSize; over > 0 {
		t.text.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}
