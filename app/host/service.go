package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Service is a program as a service of its system: a systemd unit, or a Windows service.
type Service struct {
	// Name is the service's, and that of the user whom it runs as.
	Name        string
	Description string
	// Program is the executable's absolute path, and Arguments its command line.
	Program   string
	Arguments []string
	// Folder is the data folder; the service's user owns it.
	Folder string
	// User is the system's user that the service runs as; it is made where it is missing. On Windows the service has an
	// account of its own, and User does not count.
	User string
	// LowPorts lets the service listen on ports below 1024.
	LowPorts bool
	// StopWithin is how long the program may take to let what it carries finish when it is stopped.
	StopWithin time.Duration
}

// Errors of InstallService, RemoveService and StartedByService on which a caller decides.
var (
	// ErrNoServices: the system has no service manager that is known here.
	ErrNoServices = errors.New("this system has no service manager that Lockwire knows (systemd or Windows services)")
	// ErrServiceRights: only root, or an administrator, may install and remove services.
	ErrServiceRights = errors.New("only root, or an administrator, can install or remove a service")
	// ErrNoService: there is no service of that name.
	ErrNoService = errors.New("the service is not installed")
)

// check finds what would only fail later, and less clearly.
func (s *Service) check() error {
	for _, text := range append([]string{s.Name, s.Description, s.Program, s.Folder, s.User}, s.Arguments...) {
		if strings.ContainsAny(text, "\n\r\x00") {
			return fmt.Errorf("service: %q has a line end in it", text)
		}
	}
	if s.Name == "" || strings.ContainsAny(s.Name, "/\\ ") || !filepath.IsAbs(s.Program) || !filepath.IsAbs(s.Folder) {
		return fmt.Errorf("service %q: name, program %q and folder %q must be complete", s.Name, s.Program, s.Folder)
	}
	info, err := os.Stat(s.Program)
	if err != nil {
		return fmt.Errorf("service: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("service: %s is not a program", s.Program)
	}
	return nil
}

// CanInstallServices tells whether InstallService could do its work here: nil, ErrNoServices or ErrServiceRights.
func CanInstallServices() error { return mayManageServices() }

// CheckServiceProgram tells whether a program lies where a service may run it and nobody but the system's administrators can
// exchange it. Its error says where to put it.
func CheckServiceProgram(program string) error {
	if err := checkServicePlace(program); err != nil {
		return err
	}
	return checkOwnedByRoot(program)
}

// ThisProgram is the absolute path of the program that runs, links followed.
func ThisProgram() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	return path, nil
}

// Run runs the body of a program that may have been started as a Windows service: then the service manager's stop ends ctx, and is told
// that the service goes on stopping for as long as Service.StopWithin gives it. Everywhere else it just calls body.
func Run(ctx context.Context, name string, stopWithin time.Duration, body func(context.Context) error) error {
	return runService(ctx, name, stopWithin, body)
}
