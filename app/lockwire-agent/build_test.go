package main

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goTool runs the go command for a target, without cgo.
func goTool(t *testing.T, system, architecture string, arguments ...string) string {
	t.Helper()
	var errors bytes.Buffer
	command := exec.CommandContext(t.Context(), "go", arguments...)
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture)
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(arguments, " "), err, &errors)
	}
	return string(out)
}

// The agent goes onto every machine of an installation: one static file, without a database, a screen or a C library.
func TestAgentIsStaticAndSmallInWhatItLinks(t *testing.T) {
	for _, target := range []struct{ system, architecture string }{{"linux", "amd64"}, {"linux", "arm64"}, {"windows", "amd64"}} {
		t.Run(target.system+"/"+target.architecture, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "lockwire-agent")
			goTool(t, target.system, target.architecture, "build", "-o", program, ".")
			if target.system == "linux" {
				file, err := elf.Open(program)
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				for _, part := range file.Progs {
					if part.Type == elf.PT_INTERP || part.Type == elf.PT_DYNAMIC {
						t.Errorf("the program is not static: it has %v", part.Type)
					}
				}
			}
			linked := strings.Fields(goTool(t, target.system, target.architecture, "list", "-deps", "."))
			if len(linked) < 100 {
				t.Fatalf("go list names only %d packages", len(linked))
			}
			for _, name := range linked {
				for _, unwanted := range []string{"sqlite", "fyne", "runtime/cgo", "lockwire/store", "lockwire/ui", "lockwire/engine/broker", "lockwire/engine/policy"} {
					if strings.Contains(name, unwanted) {
						t.Errorf("the agent links %s", name)
					}
				}
			}
		})
	}
}
