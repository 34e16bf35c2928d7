//go:build linux

package systems

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lockwire/app/host"
	"lockwire/engine/enginetest/wait"
)

const (
	// bootWithin is how long a system may take to come up, or to end in order.
	bootWithin = 2 * time.Minute
	// commandWithin is how long a command on a system may take.
	commandWithin = 2 * time.Minute
)

// system is a Debian system that runs, with systemd as its first process.
type system struct {
	t       *testing.T
	name    string // its host name
	id      string // of its container, its network namespace and its control group
	address string
	folder  string // the layer over the base system

	console *os.File // what it writes to its console
	nspawn  *exec.Cmd
	ended   chan struct{} // closed when it is off
}

var systems atomic.Int64

// newPair boots the two systems.
func newPair(t *testing.T) (vault, fileserver *system) {
	t.Helper()
	needSystems(t)
	number := systems.Add(1)
	made := func(name, address string) *system {
		s := &system{t: t, name: name, address: address, id: fmt.Sprintf("%s-%d-%s", run.name, number, name)}
		s.folder = filepath.Join(run.folder, s.id)
		for _, folder := range []string{"upper/etc", "work", "root"} {
			must(t, os.MkdirAll(filepath.Join(s.folder, folder), 0o755))
		}
		// An empty one is filled at the first boot.
		must(t, os.WriteFile(filepath.Join(s.folder, "upper/etc/machine-id"), nil, 0o444))
		must(t, os.WriteFile(filepath.Join(s.folder, "upper/etc/hostname"), []byte(name+"\n"), 0o644))
		return s
	}
	vault, fileserver = made("vault", vaultAddress), made("fileserver", fileserverAddress)
	connect(t, vault, fileserver)
	hosts := fmt.Sprintf("127.0.0.1 localhost\n%s vault\n%s fileserver\n", vaultAddress, fileserverAddress)
	for _, s := range []*system{vault, fileserver} {
		must(t, os.WriteFile(filepath.Join(s.folder, "upper/etc/hosts"), []byte(hosts), 0o644))
		t.Cleanup(s.remove)
		s.boot()
	}
	return vault, fileserver
}

// bootScript gives the system its layers and a control group of its own, and becomes systemd-nspawn. The control groups are the
// unified ones whatever this machine mounts.
const bootScript = `set -e
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p "/sys/fs/cgroup/$ID" /run/systemd/nspawn
echo $$ >"/sys/fs/cgroup/$ID/cgroup.procs"
mount -t tmpfs tmpfs /run/systemd/nspawn
mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$FOLDER/upper,workdir=$FOLDER/work" "$FOLDER/root"
exec systemd-nspawn --quiet --boot --directory="$FOLDER/root" --machine="$ID" --register=no --keep-unit --settings=no --link-journal=no \
  --console=passive --resolv-conf=off --timezone=off --system-call-filter=@memlock --network-namespace-path="/run/netns/$ID"
`

// boot turns the system on and waits until it is up.
func (s *system) boot() {
	s.t.Helper()
	var err error
	if s.console, err = os.OpenFile(filepath.Join(s.folder, "console"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.nspawn = exec.Command("unshare", "--mount", "--propagation", "private", "--pid", "--mount-proc", "--fork", "--kill-child", "sh", "-c", bootScript)
	s.nspawn.Env = append(os.Environ(), "ID="+s.id, "FOLDER="+s.folder, "BASE="+run.base)
	s.nspawn.Stdout, s.nspawn.Stderr = s.console, s.console
	// All mounts and processes of the system are in namespaces that end with this process, and so does the process with the test.
	s.nspawn.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(s.t, s.nspawn.Start())
	s.ended = make(chan struct{})
	go func(nspawn *exec.Cmd, ended chan struct{}) {
		_ = nspawn.Wait() // a reboot ends it with a code of its own
		close(ended)
	}(s.nspawn, s.ended)
	s.awaitUp()
}

func (s *system) awaitUp() {
	s.t.Helper()
	wait.Until(s.t, bootWithin, s.name+" is up", func() error {
		if s.isOff() {
			return wait.Hopeless("it has ended:\n%s", s.onConsole())
		}
		state, err := s.try("systemctl", "is-system-running")
		if strings.TrimSpace(state) != "running" {
			return fmt.Errorf("%q: %w", state, errors.Join(err, errors.New("it is not running")))
		}
		return nil
	})
}

func (s *system) isOff() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

func (s *system) awaitOff() {
	s.t.Helper()
	wait.Until(s.t, bootWithin, s.name+" is off", func() error {
		if !s.isOff() {
			return errors.New("it runs")
		}
		return nil
	})
	s.console.Close()
}

// reboot restarts the system in order, as an administrator does.
func (s *system) reboot() {
	s.t.Helper()
	_, _ = s.try("systemctl", "reboot") // it may end before it answers
	s.awaitOff()
	s.boot()
}

// loseTheMains turns the system off as if its plug was pulled, and on again.
func (s *system) loseTheMains() {
	s.t.Helper()
	must(s.t, s.nspawn.Process.Kill())
	s.awaitOff()
	s.boot()
}

// remove turns the system off and removes all of it.
func (s *system) remove() {
	if s.t.Failed() && !s.isOff() {
		journal, err := s.try("journalctl", "--no-pager", "--lines", "60", "--unit", "lockwired", "--unit", "lockwire-agent", "--unit", "*backend*")
		s.t.Logf("---- journal of %s (%v) ----\n%s", s.name, err, journal)
	}
	if !s.isOff() {
		if err := s.nspawn.Process.Kill(); err != nil {
			s.t.Error(err)
		}
		<-s.ended
	}
	s.console.Close()
	var busy error
	err := host.Await(context.Background(), bootWithin, "the end of all processes", func() (bool, error) {
		busy = removeControlGroup(s.id)
		return busy == nil, nil
	})
	if err != nil {
		s.t.Errorf("%s: %v: %v", s.name, err, busy)
	}
	if err := os.RemoveAll(s.folder); err != nil {
		s.t.Error(err)
	}
}

// removeControlGroup removes a system's control group, once all its processes are gone.
func removeControlGroup(id string) error {
	return command("unshare", "--mount", "--propagation", "private", "sh", "-c",
		`mount -t cgroup2 cgroup2 /sys/fs/cgroup && { [ ! -d "/sys/fs/cgroup/$0" ] || find "/sys/fs/cgroup/$0" -depth -type d -exec rmdir {} +; }`, id)
}

func (s *system) onConsole() string {
	text, err := os.ReadFile(s.console.Name())
	if err != nil {
		return err.Error()
	}
	return lastLines(string(text), 20)
}

// errNotUp: the system's first process is not there yet.
var errNotUp = errors.New("the system has no first process yet")

// first gives the number of the system's first process on this machine.
func (s *system) first() (int, error) {
	pid := strconv.Itoa(s.nspawn.Process.Pid)
	for range 2 { // systemd-nspawn, and its child
		children, err := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
		if err != nil {
			return 0, fmt.Errorf("%w: %w", errNotUp, err)
		}
		words := strings.Fields(string(children))
		if len(words) == 0 {
			return 0, errNotUp
		}
		pid = words[0]
	}
	if program, err := os.ReadFile("/proc/" + pid + "/comm"); err != nil || strings.TrimSpace(string(program)) != "systemd" {
		return 0, errNotUp
	}
	return strconv.Atoi(pid)
}

// enter makes a command that runs on the system as root, with the surroundings of a login.
func (s *system) enter(ctx context.Context, words ...string) (*exec.Cmd, error) {
	first, err := s.first()
	if err != nil {
		return nil, err
	}
	all := append([]string{
		"--target", strconv.Itoa(first), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wdns=/root", "--",
		"env", "-i", "HOME=/root", "USER=root", "SHELL=/bin/bash", "TERM=dumb", "LANG=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	}, words...)
	cmd := exec.CommandContext(ctx, "nsenter", all...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	return cmd, nil
}

// try runs a command on the system and gives what it printed; its error has what it said on standard error.
func (s *system) try(words ...string) (string, error) { return s.tryWith(nil, words...) }

func (s *system) tryWith(input io.Reader, words ...string) (string, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), commandWithin)
	defer cancel()
	if s.t.Context().Err() != nil { // the test is being cleaned up
		ctx, cancel = context.WithTimeout(context.Background(), commandWithin)
		defer cancel()
	}
	cmd, err := s.enter(ctx, words...)
	if err != nil {
		return "", err
	}
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, &out, &said
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s# %s: %w\n%s%s", s.name, strings.Join(words, " "), err, said.String(), out.String())
	}
	return out.String(), nil
}

// run is try for a command that has to succeed.
func (s *system) run(words ...string) string {
	s.t.Helper()
	out, err := s.try(words...)
	must(s.t, err)
	return out
}

// shell runs a line of the shell on the system, as root.
func (s *system) shell(line string) string {
	s.t.Helper()
	return s.run("bash", "-c", line)
}

// as runs a line of the shell as another user, in a login made now, and gives all that it printed.
func (s *system) as(user, line string) (string, error) {
	return s.try("setpriv", "--reuid", user, "--regid", user, "--init-groups", "--reset-env", "bash", "-c", "exec 2>&1; "+line)
}

// put copies a file of this machine to the system.
func (s *system) put(from, to string) {
	s.t.Helper()
	file, err := os.Open(from)
	must(s.t, err)
	defer file.Close()
	_, err = s.tryWith(file, "sh", "-c", `cat >"$0"`, to)
	must(s.t, err)
}
