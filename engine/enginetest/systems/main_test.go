//go:build linux

package systems

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lockwire/engine/enginetest/leftover"
)

// packagesVariable names the folder with the built packages; `make test-systemd` sets it. Without it, the tests skip.
const packagesVariable = "LOCKWIRE_PACKAGES"

// run is this run of the tests: its name stands in everything that it makes outside of its folder, so that the next run removes what
// a killed one left behind.
var run struct {
	name    string // "lws-PID-START"
	folder  string
	base    string // the root of the base system
	missing error  // why the tests cannot run on this machine
}

const runPrefix = "lws"

func TestMain(m *testing.M) {
	run.missing = prepare()
	code := m.Run()
	if run.folder != "" {
		if err := os.RemoveAll(run.folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// needSystems skips a test where this machine cannot run it.
func needSystems(t *testing.T) {
	t.Helper()
	if run.missing != nil {
		t.Skipf("the tests on real systems do not run here: %v", run.missing)
	}
}

func prepare() error {
	if os.Getenv(packagesVariable) == "" {
		return errors.New("they need built packages and systems of their own; run: make test-systemd")
	}
	if os.Geteuid() != 0 {
		return errors.New("they need root")
	}
	for tool, debianPackage := range map[string]string{
		"debootstrap": "debootstrap", "systemd-nspawn": "systemd-container", "ip": "iproute2", "nsenter": "util-linux", "unshare": "util-linux", "dpkg-deb": "dpkg",
	} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is missing (Debian's package %s)", tool, debianPackage)
		}
	}
	var err error
	if run.name, err = leftover.Run(runPrefix); err != nil {
		return err
	}
	if err := sweep(); err != nil {
		return fmt.Errorf("remove what earlier runs left behind: %w", err)
	}
	if run.base, err = baseSystem(); err != nil {
		return err
	}
	run.folder = filepath.Join(os.TempDir(), run.name)
	return os.Mkdir(run.folder, 0o700)
}

// sweep removes what dead runs left: namespaces, control groups and folders. Their systems died with them, and the mounts with those.
func sweep() error {
	out, err := exec.Command("ip", "netns", "list").Output()
	if err != nil {
		return fmt.Errorf("ip netns list: %w", err)
	}
	var failed []error
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) > 0 && leftover.IsOfDeadRun(runPrefix, words[0]) {
			failed = append(failed, command("ip", "netns", "delete", words[0]), removeControlGroup(words[0]))
		}
	}
	folders, err := filepath.Glob(filepath.Join(os.TempDir(), runPrefix+"-*"))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if leftover.IsOfDeadRun(runPrefix, filepath.Base(folder)) {
			failed = append(failed, os.RemoveAll(folder))
		}
	}
	return errors.Join(failed...)
}

// command runs a program of this machine and gives its words where it fails.
func command(words ...string) error {
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(words, " "), err, out)
	}
	return nil
}
