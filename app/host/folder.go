package host

import (
	"fmt"
	"os"
	"path/filepath"
)

// Programs that keep data.
const (
	Broker = "lockwired"
	Agent  = "lockwire-agent"
)

// DataFolder is where a program keeps its data unless --data says otherwise.
//
//	Linux, root          /var/lib/lockwire            /var/lib/lockwire-agent
//	Linux, anybody else  $XDG_STATE_HOME/lockwire …   ($XDG_STATE_HOME is ~/.local/state where it is unset)
//	Windows              %ProgramData%\Lockwire …     %LocalAppData%\Lockwire … for a user without administrator's rights
//
// On Linux a service finds its own in STATE_DIRECTORY, which systemd sets to the first of these.
func DataFolder(program string) string {
	return dataFolder(program, os.Getenv)
}

// SystemFolder is where a program keeps its data that runs for the whole machine: as root or a service, or as administrator.
func SystemFolder(program string) string { return systemFolder(program, os.Getenv) }

// MakeFolder makes a data folder that only its owner, and the system's administrators, can look into. One that is there
// already is left as it is.
func MakeFolder(path string) error {
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("data folder %s: it is not a folder", path)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	if err := protect(path); err != nil {
		return fmt.Errorf("protect data folder %s: %w", path, err)
	}
	return nil
}
