package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
)

// serviceSetup makes this computer the broker: it has lockwired installed as a service of the system, and attaches to it.
type serviceSetup struct {
	// command is what installs it, with what asks for the right to before it.
	command []string
	// attach reaches the broker once it runs. The token is empty where this user may use the local socket.
	attach func(ctx context.Context, token string) (*running, error)
}

// errDismissed: who was asked for a password said no.
var errDismissed = errors.New("nothing was installed")

// Exit codes of pkexec itself, which are none of lockwired's.
const (
	pkexecDismissed = 126
	pkexecRefused   = 127
)

// system is what has to be known of this system before a service is offered.
type system struct {
	look     func(program string) (string, error) // in the PATH
	beside   string                               // the console's own folder; empty where it is not known
	may      func() error                         // whether services can be installed by this process
	fit      func(program string) error           // whether a service may run a program
	userName string
}

// thisSystem is the real one.
func thisSystem() system {
	s := system{look: exec.LookPath, may: host.CanInstallServices, fit: host.CheckServiceProgram}
	if program, err := host.ThisProgram(); err == nil {
		s.beside = filepath.Dir(program)
	}
	if who, err := user.Current(); err == nil {
		s.userName = who.Username
	}
	return s
}

// lockwired finds the program of the broker: beside the console, or in the PATH. Of several it takes one that a service may
// run; where none may, it gives the first with the reason.
func (s *system) lockwired() (string, error) {
	var candidates []string
	if s.beside != "" {
		if path, err := s.look(filepath.Join(s.beside, host.Broker)); err == nil {
			candidates = append(candidates, path)
		}
	}
	if path, err := s.look(host.Broker); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			candidates = append(candidates, real)
		}
	}
	if len(candidates) == 0 {
		return "", errors.New("lockwired is neither beside this program nor in the PATH")
	}
	var reason error
	for _, path := range candidates {
		err := s.fit(path)
		if err == nil {
			return path, nil
		}
		if reason == nil {
			reason = err
		}
	}
	return candidates[0], reason
}

// serviceSetup gives how a service is installed from here, or why it cannot be.
func (s *system) serviceSetup() (*serviceSetup, error) {
	rights := s.may()
	if rights != nil && !errors.Is(rights, host.ErrServiceRights) {
		return nil, rights
	}
	program, err := s.lockwired()
	if err != nil {
		return nil, err
	}
	setup := &serviceSetup{command: []string{program, "service", "install"}, attach: attachInstalled}
	if rights == nil {
		return setup, nil // this is root, whom the local socket lets in
	}
	pkexec, err := s.look("pkexec")
	if err != nil || s.userName == "" {
		return nil, errors.New("pkexec (polkit), with which a program asks for an administrator's rights, is not installed")
	}
	// The agent that asks is the desktop's own; a question in a terminal that nobody looks at would wait for ever.
	setup.command = append([]string{pkexec, "--disable-internal-agent"}, setup.command...)
	setup.command = append(setup.command, "--allow-user", s.userName, "--token")
	return setup, nil
}

// hasServices tells whether the system has a service manager that is known here.
func (s *system) hasServices() bool { return !errors.Is(s.may(), host.ErrNoServices) }

// lasting is how the broker outlives the window, in words that end before the command for it.
func (s *system) lasting() string {
	const closed = "For a broker that also runs at night and after a restart, close this window and "
	if !s.hasServices() {
		return closed + "have a supervisor of your own run:"
	}
	return closed + "run:"
}

// terminalCommand is what installs the service in a terminal, or what is to be supervised where there are no services. It takes over
// the installation in a folder, and the address that this window's broker was told to listen on; empty where there is none.
func (s *system) terminalCommand(from, listen string) string {
	if !s.hasServices() {
		command := host.Broker
		if program, _ := s.lockwired(); program != "" {
			command = engine.InShell(program)
		}
		if command += " serve"; from != "" {
			command += " --data " + engine.InShell(from)
		}
		if listen != "" {
			command += " --listen " + engine.InShell(listen)
		}
		return command
	}
	if runtime.GOOS == "windows" { // in a terminal of an administrator's
		command := "lockwired service install"
		if from != "" {
			command += ` --from "` + from + `"` // no path has this quote in it there
		}
		if listen != "" {
			command += ` --listen "` + listen + `"`
		}
		return command
	}
	command, install := "sudo lockwired service install", ""
	if program, err := s.lockwired(); program != "" && err != nil {
		install = "sudo install -o root -m 755 " + engine.InShell(program) + " /usr/local/bin/ && "
		command = "sudo /usr/local/bin/lockwired service install"
	}
	if errors.Is(s.may(), host.ErrServiceRights) && s.userName != "" {
		command += " --allow-user " + engine.InShell(s.userName)
	}
	if from != "" {
		command += " --from " + engine.InShell(from)
	}
	if listen != "" {
		command += " --listen " + engine.InShell(listen)
	}
	return install + command
}

// run installs the service and attaches to its broker. The token with which this user is let in comes through a pipe, and is in
// no command line and no file. It returns errDismissed where the person who was asked said no.
func (s *serviceSetup) run(ctx context.Context) (*running, error) {
	command := exec.CommandContext(ctx, s.command[0], s.command[1:]...)
	var token, said bytes.Buffer
	command.Stdout, command.Stderr = &token, &said
	err := command.Run()
	defer clear(token.Bytes())
	var exit *exec.ExitError
	switch {
	case err == nil:
		return s.attach(ctx, strings.TrimSpace(token.String()))
	case errors.As(err, &exit) && exit.ExitCode() == pkexecDismissed:
		return nil, errDismissed
	case errors.As(err, &exit) && exit.ExitCode() == pkexecRefused:
		return nil, fmt.Errorf("this system did not let an administrator's password be asked for: %s", words(said.String(), err))
	}
	return nil, errors.New(words(said.String(), err))
}

// maximumWords is as much of what a program said as a person reads.
const maximumWords = 1000

// words are what a program said when it failed, or the error where it said nothing.
func words(said string, err error) string {
	said = strings.TrimPrefix(strings.TrimSpace(said), host.Broker+": ")
	if said == "" {
		return err.Error()
	}
	if len(said) > maximumWords {
		said = strings.ToValidUTF8(said[:maximumWords], "") + " …"
	}
	return said
}

// attachInstalled reaches the broker that has just become a service. A user who has just joined the group may use the local
// socket only from the next login on, and until then enrols as an administrator.
func attachInstalled(ctx context.Context, token string) (*running, error) {
	folder := host.SystemFolder(host.Broker)
	if token == "" {
		admin, closing, err := server.Attach(ctx, folder)
		if err != nil {
			return nil, err
		}
		return onThisMachine(admin, closing, folder), nil
	}
	attachment, err := server.Enrol(ctx, token, server.EnrolmentsFolder())
	if err != nil {
		return nil, fmt.Errorf("the broker runs as a service, but this user could not be enrolled; after the next login the console attaches to it by itself: %w", err)
	}
	admin, closing, err := server.Elsewhere(ctx, server.EnrolmentsFolder(), string(attachment.Installation))
	if err != nil {
		return nil, err
	}
	return onThisMachine(admin, closing, folder), nil
}
