//go:build linux

package hosts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"lockwire/engine/enginetest/atonce"
	"lockwire/engine/enginetest/leftover"
)

// run is this run of the tests: its name stands in every namespace and folder that it makes, so that what a killed run left
// behind is known and removed by the next one.
var run struct {
	name    string // "lwh-PID-START"
	folder  string
	missing error // why the tests cannot run on this machine
}

const runPrefix = "lwh"

func TestMain(m *testing.M) {
	atonce.Set(4) // they mostly wait: for programs, and for what takes its time
	run.missing = prepare()
	code := m.Run()
	if run.folder != "" {
		os.RemoveAll(run.folder)
	}
	os.Exit(code)
}

// needHosts skips a test where this machine cannot run it.
func needHosts(t *testing.T) {
	t.Helper()
	if run.missing != nil {
		t.Skipf("the tests on separate hosts do not run here: %v", run.missing)
	}
	if testing.Short() {
		t.Skip("the tests on separate hosts are not short")
	}
}

func prepare() error {
	if os.Geteuid() != 0 {
		return errors.New("network namespaces need root")
	}
	for tool, debianPackage := range map[string]string{
		"ip": "iproute2", "tcpdump": "tcpdump", "rsync": "rsync", "restic": "restic", "rclone": "rclone", "setpriv": "util-linux",
	} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is missing (Debian's package %s)", tool, debianPackage)
		}
	}
	if _, err := postgresFolder(); err != nil {
		return err
	}
	var err error
	if run.name, err = leftover.Run(runPrefix); err != nil {
		return err
	}
	if err := sweep(); err != nil {
		return fmt.Errorf("remove what earlier runs left behind: %w", err)
	}
	probe := run.name + "-probe"
	if out, err := exec.Command("ip", "netns", "add", probe).CombinedOutput(); err != nil {
		return fmt.Errorf("network namespaces are not at hand: %s", strings.TrimSpace(string(out)))
	}
	out, err := exec.Command("ip", "-n", probe, "link", "add", "left", "type", "veth", "peer", "name", "right").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("veth pairs are not at hand: %s", strings.TrimSpace(string(out)))
	}
	if err := errors.Join(err, exec.Command("ip", "netns", "delete", probe).Run()); err != nil {
		return err
	}
	run.folder = filepath.Join(os.TempDir(), run.name)
	// Others may pass through: PostgreSQL and the agents of some tests run as users of their own.
	if err := os.Mkdir(run.folder, 0o711); err != nil {
		return err
	}
	return os.Chmod(run.folder, 0o711)
}

// sweep removes the namespaces, processes and folders of runs that are dead.
func sweep() error {
	out, err := exec.Command("ip", "netns", "list").Output()
	if err != nil {
		return fmt.Errorf("ip netns list: %w", err)
	}
	var failed []error
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) > 0 && leftover.IsOfDeadRun(runPrefix, words[0]) {
			failed = append(failed, removeNamespace(words[0]))
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

// removeNamespace kills what still runs in a namespace of ours, by its number, and deletes it.
func removeNamespace(name string) error {
	out, err := exec.Command("ip", "netns", "pids", name).Output()
	if err != nil {
		return fmt.Errorf("processes in %s: %w", name, err)
	}
	for _, word := range strings.Fields(string(out)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			return err
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("kill %d in %s: %w", pid, name, err)
		}
	}
	if out, err := exec.Command("ip", "netns", "delete", name).CombinedOutput(); err != nil {
		return fmt.Errorf("delete namespace %s: %s", name, strings.TrimSpace(string(out)))
	}
	return nil
}
