package host

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lockwire/engine/disk"
)

// unitFolders are where systemd finds units. A unit of the administrator's counts in place of a package's of the same name.
type unitFolders struct{ administrator, packages string }

var systemUnits = unitFolders{administrator: "/etc/systemd/system", packages: "/usr/lib/systemd/system"}

// unit is the unit that InstallService writes where no package brings one.
func (f unitFolders) unit(name string) string {
	return filepath.Join(f.administrator, name+".service")
}

// packaged is the unit that a package brings.
func (f unitFolders) packaged(name string) string { return filepath.Join(f.packages, name+".service") }

// additions is the folder of what is added to a unit.
func (f unitFolders) additions(name string) string {
	return filepath.Join(f.administrator, name+".service.d")
}

// installed is what InstallService adds to a packaged unit.
func (f unitFolders) installed(name string) string {
	return filepath.Join(f.additions(name), "install.conf")
}

// lowPorts adds to a unit that was installed without the right to listen below port 1024; InstallService makes it needless.
func (f unitFolders) lowPorts(name string) string {
	return filepath.Join(f.additions(name), "low-ports.conf")
}

// write writes the service's unit or, where a package brings one, what differs from that: the restrictions of a packaged unit are
// then those of the newest package. Whatever an earlier installation left is gone.
func (f unitFolders) write(s *Service) error {
	packaged, err := exists(f.packaged(s.Name))
	if err != nil {
		return err
	}
	path, text := f.unit(s.Name), s.unit()
	if packaged {
		path, text = f.installed(s.Name), s.addition()
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := writeUnit(path, text); err != nil {
		return err
	}
	return f.removeBut(path, s.Name)
}

// has tells whether there is a service: a unit of either folder.
func (f unitFolders) has(name string) (bool, error) {
	own, err := exists(f.unit(name))
	if own || err != nil {
		return own, err
	}
	return exists(f.packaged(name))
}

// remove removes all that InstallService and AllowLowPorts wrote. What an administrator added stays.
func (f unitFolders) remove(name string) error { return f.removeBut("", name) }

func (f unitFolders) removeBut(kept, name string) error {
	for _, path := range []string{f.lowPorts(name), f.installed(name), f.unit(name)} {
		if path == kept {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	_ = os.Remove(f.additions(name)) // stays where something is in it
	return nil
}

// allowLowPorts adds to a unit that was installed without low ports, and tells whether it did.
func (f unitFolders) allowLowPorts(name string) (bool, error) {
	if there, err := f.has(name); err != nil || !there {
		return false, err
	}
	for _, path := range []string{f.unit(name), f.installed(name), f.lowPorts(name)} {
		text, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		if strings.Contains(string(text), lowPortsSettings) {
			return false, nil
		}
	}
	if os.Geteuid() != 0 {
		return false, ErrServiceRights
	}
	if err := os.MkdirAll(f.additions(name), 0o755); err != nil {
		return false, err
	}
	return true, writeUnit(f.lowPorts(name), fmt.Sprintf("# Written by %s allow-listen: an entry has a port below 1024.\n[Service]\n%s\n", name, lowPortsSettings))
}

func writeUnit(path, text string) error {
	return disk.Write(path, disk.Options{Mode: 0o644}, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
