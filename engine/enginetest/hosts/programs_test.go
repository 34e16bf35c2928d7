//go:build linux

package hosts

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// programs are the built ones.
type programs struct{ lockwired, agent string }

var (
	release  = sync.OnceValues(func() (programs, error) { return build("release") })
	scanning = sync.OnceValues(func() (programs, error) { return build("keyscan", "-tags", "keyscan") })
)

// releasePrograms are built as a release is; scanPrograms record the SHA-256 of every key that they make.
func releasePrograms(t *testing.T) programs { return built(t, release) }
func scanPrograms(t *testing.T) programs    { return built(t, scanning) }

func built(t *testing.T, once func() (programs, error)) programs {
	t.Helper()
	p, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func build(name string, flags ...string) (programs, error) {
	folder := filepath.Join(run.folder, name)
	p := programs{filepath.Join(folder, "lockwired"), filepath.Join(folder, "lockwire-agent")}
	for _, one := range []struct{ to, from, cgo string }{{p.lockwired, "lockwire/app/lockwired", "1"}, {p.agent, "lockwire/app/lockwire-agent", "0"}} {
		arguments := append([]string{"build", "-buildvcs=false", "-o", one.to}, flags...)
		cmd := exec.Command("go", append(arguments, one.from)...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED="+one.cgo)
		if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
			cmd.Env = append(cmd.Env, "GOEXPERIMENT=runtimesecret") // as the Makefile sets it
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			return programs{}, fmt.Errorf("build %s: %w\n%s", one.from, err, out)
		}
	}
	return p, os.Chmod(folder, 0o755)
}

// newFolder makes a folder with a short path (the local socket's path is bounded), owned by root and closed to others.
func newFolder(t *testing.T, name string) string {
	t.Helper()
	folder, err := os.MkdirTemp(run.folder, name+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// ownedFolder makes a folder of a user; of root where the name is empty.
func ownedFolder(t *testing.T, name, owner string) string {
	t.Helper()
	folder := newFolder(t, name)
	if owner != "" {
		must(t, commandWithin, command{name: "chown", arguments: []string{"chown", owner + ":", folder}})
	}
	return folder
}
