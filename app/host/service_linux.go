package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"lockwire/engine/disk"
)

const (
	unitFolder = "/etc/systemd/system"
	// runningSystemd is there exactly while systemd is the system's init.
	runningSystemd = "/run/systemd/system"
)

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
	path := filepath.Join(unitFolder, s.Name+".service")
	if err := disk.Write(path, disk.Options{Mode: 0o644}, func(w io.Writer) error { _, err := io.WriteString(w, s.unit()); return err }); err != nil {
		return fmt.Errorf("write the unit: %w", err)
	}
	if err := command(ctx, "systemctl", "daemon-reload"); err != nil {
		return err
	}
	if err := command(ctx, "systemctl", "enable", s.Name+".service"); err != nil {
		return err
	}
	return command(ctx, "systemctl", "restart", s.Name+".service")
}

// RemoveService stops the service and removes its unit. Data folder and user stay. It returns ErrNoService where there is none.
func RemoveService(ctx context.Context, name string) error {
	if err := mayManageServices(); err != nil {
		return err
	}
	path := filepath.Join(unitFolder, name+".service")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", name, ErrNoService)
	}
	if err := command(ctx, "systemctl", "disable", "--now", name+".service"); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove the unit: %w", err)
	}
	return command(ctx, "systemctl", "daemon-reload")
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
	return command(ctx, "useradd", "--system", "--user-group", "--no-create-home", "--home-dir", s.Folder, "--shell", "/usr/sbin/nologin", s.User)
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

func runService(ctx context.Context, _ string, body func(context.Context) error) error {
	return body(ctx)
}
