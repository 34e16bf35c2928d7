package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheAgentsBesideTheConsoleAreOffered(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the cases are those of amd64")
	}
	here := runtime.GOOS + "/" + runtime.GOARCH
	own := "lockwire-agent"
	if runtime.GOOS == "windows" {
		own += ".exe"
	}
	for _, test := range []struct {
		name  string
		files []string
		want  map[string]string
	}{
		{"none", []string{"lockwired", "lockwire"}, map[string]string{}},
		{"make agent", []string{"lockwire-agent-linux-amd64", "lockwire-agent-linux-arm64", "lockwire-agent-windows-amd64.exe"}, map[string]string{
			"linux/amd64": "lockwire-agent-linux-amd64", "linux/arm64": "lockwire-agent-linux-arm64", "windows/amd64": "lockwire-agent-windows-amd64.exe"}},
		{"make build", []string{own}, map[string]string{here: own}},
		{"both", []string{own, "lockwire-agent-linux-amd64", "lockwire-agent-windows-amd64.exe"}, map[string]string{
			"linux/amd64": "lockwire-agent-linux-amd64", "windows/amd64": "lockwire-agent-windows-amd64.exe"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			for _, name := range test.files {
				if err := os.WriteFile(filepath.Join(folder, name), []byte("program"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			got := map[string]string{}
			for _, build := range agentBuilds(folder) {
				got[build.OS+"/"+build.Arch] = filepath.Base(build.Path)
			}
			if difference := cmp.Diff(test.want, got); difference != "" {
				t.Error(difference)
			}
		})
	}
}
