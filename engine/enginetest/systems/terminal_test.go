//go:build linux

package systems

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"lockwire/engine/enginetest/wait"
)

// answer is what somebody types when a program asks for it.
type answer struct{ prompt, text string }

// typed runs a line of the shell at a terminal, as somebody does who types it there and answers its questions, and gives what the
// terminal showed.
func (s *system) typed(line string, answers ...answer) (string, error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), commandWithin)
	defer cancel()
	cmd, err := s.enter(ctx, "bash", "-c", line)
	if err != nil {
		return "", err
	}
	near, far := newTerminal(s.t)
	defer near.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = far, far, far
	cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty = true, true
	var shown screen
	read := make(chan struct{})
	go func() {
		defer close(read)
		shown.readFrom(near) // until the last program has closed the terminal
	}()
	if err := cmd.Start(); err != nil {
		far.Close()
		return "", err
	}
	far.Close()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for _, a := range answers {
		wait.Until(s.t, commandWithin, line+" asks for "+a.prompt, func() error {
			if !strings.Contains(shown.text(), a.prompt) {
				select {
				case err := <-ended:
					ended <- err
					return wait.Hopeless("it ended (%v):\n%s", err, shown.text())
				default:
					return fmt.Errorf("it shows:\n%s", shown.text())
				}
			}
			return nil
		})
		if _, err := near.WriteString(a.text + "\n"); err != nil {
			return "", err
		}
	}
	if err = <-ended; err != nil {
		err = fmt.Errorf("%s# %s: %w\n%s", s.name, line, err, shown.text())
	}
	<-read
	return shown.text(), err
}

// newTerminal makes a terminal: the end of who sits there, and that of the programs.
func newTerminal(t *testing.T) (near, far *os.File) {
	t.Helper()
	near, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC, 0)
	must(t, err)
	number, err := unix.IoctlGetInt(int(near.Fd()), unix.TIOCGPTN)
	must(t, err)
	must(t, unix.IoctlSetPointerInt(int(near.Fd()), unix.TIOCSPTLCK, 0))
	far, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	must(t, err)
	return near, far
}

// screen keeps what a terminal shows.
type screen struct {
	mu    sync.Mutex
	shown strings.Builder
}

// maximumScreen bounds what a command may show.
const maximumScreen = 16 << 20

func (s *screen) readFrom(terminal *os.File) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := terminal.Read(buffer)
		s.mu.Lock()
		if s.shown.Len() < maximumScreen {
			s.shown.Write(buffer[:n])
		}
		s.mu.Unlock()
		if err != nil { // EIO, once no program has the terminal open any more
			return
		}
	}
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(s.shown.String(), "\r\n", "\n")
}
