// Windowsresource makes what Windows shows of a program, and how it runs it: the icon, the version and the manifest, as an
// object file that `go build` links where it lies in the program's folder. It is run by assets/windows/build.sh.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"lockwire/app/host"
	"lockwire/assets"
)

// sources is the folder of program.rc and the manifests, seen from the module's.
const sources = "assets/windows"

// compiler is the resource compiler of Debian's binutils-mingw-w64-x86-64.
const compiler = "x86_64-w64-mingw32-windres"

// program is what differs between the programs.
type program struct{ description, manifest string }

var programs = map[string]program{
	"lockwire":       {"Lockwire console", "console.manifest"},
	"lockwired":      {"Lockwire broker and command line", "commandline.manifest"},
	"lockwire-agent": {"Lockwire agent", "commandline.manifest"},
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: windowsresource PROGRAM OUT.syso, in the module's folder")
		os.Exit(host.ExitUsage)
	}
	if err := compile(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "windowsresource:", err)
		os.Exit(host.ExitFailed)
	}
}

// compile makes the resources of a program.
func compile(name, out string) (err error) {
	about, known := programs[name]
	if !known {
		return fmt.Errorf("%q is none of the programs", name)
	}
	words, err := header(name, about, host.StatedVersion())
	if err != nil {
		return err
	}
	icon, err := drawIcon(assets.Icon.Content())
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "lockwire-resource-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	for file, content := range map[string][]byte{"program.h": []byte(words), "icon.ico": icon} {
		if err := os.WriteFile(filepath.Join(work, file), content, 0o600); err != nil {
			return err
		}
	}
	command := exec.Command(compiler, "--include-dir", work, "--include-dir", sources, "--output-format", "coff", filepath.Join(sources, "program.rc"), out)
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", compiler, err, said)
	}
	return nil
}

// header gives program.rc its words.
func header(name string, about program, version string) (string, error) {
	number, err := versionNumber(version)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, line := range [][2]string{
		{"NAME", fmt.Sprintf("%q", name)}, {"DESCRIPTION", fmt.Sprintf("%q", about.description)}, {"VERSION", fmt.Sprintf("%q", version)},
		{"NUMBER", number}, {"MANIFEST", fmt.Sprintf("%q", about.manifest)},
	} {
		fmt.Fprintf(&text, "#define PROGRAM_%s %s\n", line[0], line[1])
	}
	return text.String(), nil
}

// versionNumber writes a version such as 1.2.3 or 1.2.3-rc1 as the four numbers that Windows compares.
func versionNumber(version string) (string, error) {
	release, _, _ := strings.Cut(version, "-")
	var major, minor, patch uint16
	if _, err := fmt.Sscanf(release+"\n", "%d.%d.%d\n", &major, &minor, &patch); err != nil {
		return "", fmt.Errorf("version %q is not MAJOR.MINOR.PATCH: %w", version, err)
	}
	return fmt.Sprintf("%d,%d,%d,0", major, minor, patch), nil
}
