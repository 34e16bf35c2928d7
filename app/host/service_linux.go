package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lockwire/engine"
	"lockwire/engine/disk"
)

// runningSystemd is there exactly while systemd is the system's init.
const runningSystemd = "/run/systemd/system"

// InstallService makes the service's user and unit, gives the user the data folder, and starts the service now and at each
// start of the system. An older one of that name is replaced. It returns ErrNoServices or ErrServiceRights.
func InstallService(ctx context.Context, s Service) error {
	if err := s.check(); err != nil {
		return err
	}
	if err := mayManageServices(); err != nil {
		return err
	}
	if err := checkServicePlace(s.Program); err != nil {
		return err
	}
	if err := makeUser(ctx, s); err != nil {
		return err
	}
	if err := MakeFolder(s.Folder); err != nil {
		return err
	}
	if err := giveFolder(s.Folder, s.User); err != nil {
		return err
	}
	if err := systemUnits.write(&s); err != nil {
		return fmt.Errorf("write the unit: %w", err)
	}
	if err := command(ctx, "systemctl", "daemon-reload"); err != nil {
		return err
	}
	// A unit may lie elsewhere than the one that was enabled before.
	if err := command(ctx, "systemctl", "reenable", s.Name+".service"); err != nil {
		return err
	}
	return command(ctx, "systemctl", "restart", s.Name+".service")
}

// RemoveService stops the service and removes what InstallService wrote. Data folder and user stay, and a package's unit. It
// returns ErrNoService where there is none.
func RemoveService(ctx context.Context, name string) error {
	if err := mayManageServices(); err != nil {
		return err
	}
	if there, err := systemUnits.has(name); err != nil || !there {
		return cmp.Or(err, fmt.Errorf("%s: %w", name, ErrNoService))
	}
	if err := command(ctx, "systemctl", "disable", "--now", name+".service"); err != nil {
		return err
	}
	if err := systemUnits.remove(name); err != nil {
		return fmt.Errorf("remove the unit: %w", err)
	}
	return command(ctx, "systemctl", "daemon-reload")
}

// AllowLowPorts gives an installed service the right to listen on ports below 1024, which counts from its next start: what runs
// is left alone. It tells whether the service did not have it; where there is no service there is nothing to do.
func AllowLowPorts(ctx context.Context, name string) (given bool, err error) {
	if given, err = systemUnits.allowLowPorts(name); err != nil || !given {
		return given, err
	}
	return true, command(ctx, "systemctl", "daemon-reload")
}

// LastWords are the last lines that a service wrote since a moment, each on a line of its own, or how to see them.
func LastWords(ctx context.Context, name string, since time.Time) string {
	hint := "\nsee why with: journalctl -u " + name
	output, err := exec.CommandContext(ctx, "journalctl", "--unit", name, "--since", "@"+strconv.FormatInt(since.Unix(), 10), "--lines", "5", "--output", "cat", "--no-pager").Output()
	if err != nil {
		return hint
	}
	return hint + wordsOf(output)
}

// wordsOf makes the lines of a log fit to be shown.
func wordsOf(output []byte) string {
	var text strings.Builder
	for line := range strings.Lines(string(output)) {
		if line = strings.TrimSpace(engine.Printable(line)); line != "" {
			text.WriteString("\n  " + line)
		}
	}
	return text.String()
}

// checkServicePlace refuses programs that the unit's own restrictions would hide from it.
func checkServicePlace(program string) error {
	for _, hidden := range []string{"/home/", "/root/", "/tmp/", "/var/tmp/"} {
		if strings.HasPrefix(program, hidden) {
			return fmt.Errorf("a service cannot run %s, which lies where services do not look; first: sudo install -m 755 %s /usr/local/bin/, then run that one", program, program)
		}
	}
	return nil
}

// checkOwnedByRoot refuses a program that somebody else than root could exchange.
func checkOwnedByRoot(program string) error {
	for path := program; ; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		owner, known := info.Sys().(*syscall.Stat_t)
		if !known || owner.Uid != 0 || info.Mode().Perm()&0o022 != 0 {
			return fmt.Errorf("%s can be changed by others than root, so that no service should run it; first: sudo install -m 755 -o root %s /usr/local/bin/", path, program)
		}
		if path == filepath.Dir(path) {
			return nil
		}
	}
}

func mayManageServices() error {
	if _, err := os.Stat(runningSystemd); err != nil {
		return ErrNoServices
	}
	if os.Geteuid() != 0 {
		return ErrServiceRights
	}
	return nil
}

// makeUser makes the service's own user, with a group of the same name and no way to log in, where it is missing.
func makeUser(ctx context.Context, s Service) error {
	var unknown user.UnknownUserError
	switch _, err := user.Lookup(s.User); {
	case err == nil:
		return nil
	case !errors.As(err, &unknown):
		return fmt.Errorf("look up user %s: %w", s.User, err)
	}
	group := "--user-group"
	if _, err := user.LookupGroup(s.User); err == nil {
		group = "--gid=" + s.User // one that outlasted an earlier user, as it has members
	}
	return command(ctx, "useradd", "--system", group, "--no-create-home", "--home-dir", s.Folder, "--shell", "/usr/sbin/nologin", s.User)
}

// giveFolder gives a folder and all that is in it to a user.
func giveFolder(folder, name string) error {
	owner, err := user.Lookup(name)
	if err != nil {
		return fmt.Errorf("look up user %s: %w", name, err)
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return fmt.Errorf("user %s: %w", name, err)
	}
	gid, err := strconv.Atoi(owner.Gid)
	if err != nil {
		return fmt.Errorf("user %s: %w", name, err)
	}
	if err := disk.GiveTree(folder, uid, gid); err != nil {
		return fmt.Errorf("give the data folder to %s: %w", name, err)
	}
	return nil
}

// command runs a program of the system and gives its words where it fails.
func command(ctx context.Context, name string, arguments ...string) error {
	output, err := exec.CommandContext(ctx, name, arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}

func runService(ctx context.Context, _ string, _ time.Duration, body func(context.Context) error) error {
	return body(ctx)
}
