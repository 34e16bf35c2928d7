//go:build linux

package systems

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// release is the Debian release of the systems.
const release = "bookworm"

// included are the packages of the base system besides the smallest one: systemd, what Lockwire's packages depend on, and backup tools.
var included = []string{
	"systemd", "systemd-sysv", "dbus", "adduser", "debconf", "procps", "iproute2", "bash-completion",
	"restic", "rclone", "rsync", "nbd-server", "ca-certificates",
}

const debootstrapWithin = 10 * time.Minute

// baseSystem gives the root of the base system, which debootstrap makes where it is not there yet. It is kept under build, for
// `make clean`, and named for what it was made of.
func baseSystem() (string, error) {
	recipe := release + " " + strings.Join(included, ",")
	made := filepath.Join("..", "..", "..", "build", "systems", fmt.Sprintf("%s-%.6x", release, sha256.Sum256([]byte(recipe))))
	made, err := filepath.Abs(made)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(made), 0o755); err != nil {
		return "", err
	}
	// Another run may make it now.
	lock, err := os.OpenFile(made+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	if _, err := os.Stat(made); err == nil {
		return made, nil
	}
	begun := made + ".begun"
	if err := os.RemoveAll(begun); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "making the base system in %s, once\n", made)
	ctx, cancel := context.WithTimeout(context.Background(), debootstrapWithin)
	defer cancel()
	out, err := exec.CommandContext(ctx, "debootstrap", "--variant=minbase", "--include="+strings.Join(included, ","), release, begun).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("debootstrap %s: %w\n%s", release, err, lastLines(string(out), 20))
	}
	// Downloaded packages are of no use any more, and each system has a name and an identity of its own.
	downloaded, err := filepath.Glob(filepath.Join(begun, "var/cache/apt/archives/*.deb"))
	if err != nil {
		return "", err
	}
	for _, path := range append(downloaded, filepath.Join(begun, "etc/hostname"), filepath.Join(begun, "etc/machine-id")) {
		if err := os.Remove(path); err != nil {
			return "", err
		}
	}
	return made, os.Rename(begun, made)
}

func lastLines(text string, most int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}
