package main

import (
	"os"
	"path/filepath"
	"runtime"

	"lockwire/ui/page"
)

// platforms are those that the agent is built for.
var platforms = [][2]string{{"linux", "amd64"}, {"linux", "arm64"}, {"windows", "amd64"}}

// agentBuilds are the agents that lie beside the console: those for other machines, as `make agent` and `make windows` name
// them, and else the one of this machine, as `make build` does.
func agentBuilds(folder string) []page.AgentBuild {
	var builds []page.AgentBuild
	for _, platform := range platforms {
		system, architecture := platform[0], platform[1]
		suffix := ""
		if system == "windows" {
			suffix = ".exe"
		}
		names := []string{"lockwire-agent-" + system + "-" + architecture + suffix}
		if system == runtime.GOOS && architecture == runtime.GOARCH {
			names = append(names, "lockwire-agent"+suffix)
		}
		for _, name := range names {
			path := filepath.Join(folder, name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				builds = append(builds, page.AgentBuild{OS: system, Arch: architecture, Path: path})
				break
			}
		}
	}
	return builds
}
