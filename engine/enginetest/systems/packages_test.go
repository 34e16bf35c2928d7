//go:build linux

package systems

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The packages that the tests install.
const (
	agentPackage  = "lockwire-agent"
	serverPackage = "lockwire-server"
)

// builtPackage gives the file of a package as `make packages` built it for this machine.
func builtPackage(t *testing.T, name string) string {
	t.Helper()
	architecture, err := exec.Command("dpkg", "--print-architecture").Output()
	must(t, err)
	pattern := filepath.Join(os.Getenv(packagesVariable), fmt.Sprintf("%s_*_%s.deb", name, strings.TrimSpace(string(architecture))))
	found, err := filepath.Glob(pattern)
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("%d files are %s; run: make packages", len(found), pattern)
	}
	return found[0]
}

// versionLine is where a package's version stands in its control file.
var versionLine = regexp.MustCompile(`(?m)^Version: (.*)$`)

// newerPackage makes a package of a later version with the same content.
func newerPackage(t *testing.T, name string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "unpacked")
	must(t, command("dpkg-deb", "--raw-extract", builtPackage(t, name), folder))
	control := filepath.Join(folder, "DEBIAN", "control")
	text, err := os.ReadFile(control)
	must(t, err)
	newer := versionLine.ReplaceAll(text, []byte("Version: $1+newer"))
	if string(newer) == string(text) {
		t.Fatalf("the package has no version:\n%s", text)
	}
	must(t, os.WriteFile(control, newer, 0o644))
	file := filepath.Join(t.TempDir(), name+".deb")
	must(t, command("dpkg-deb", "--root-owner-group", "--build", folder, file))
	return file
}

// install installs packages with the system's package manager, which finds what they depend on in the base system.
func (s *system) install(files ...string) {
	s.t.Helper()
	words := []string{"env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes"}
	for _, file := range files {
		to := "/root/" + filepath.Base(file)
		s.put(file, to)
		words = append(words, to)
	}
	s.run(words...)
}

// installed tells dpkg's word for a package: "install ok installed", or "deinstall ok config-files".
func (s *system) installed(name string) string {
	state, err := s.try("dpkg-query", "--show", "--showformat=${Status}", name)
	if err != nil {
		return "unknown"
	}
	return state
}
