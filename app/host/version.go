package host

import (
	"cmp"
	"runtime/debug"
	"strings"

	"lockwire"
)

// StatedVersion is the version that the whole module states, such as 1.2.3.
func StatedVersion() string { return statedVersion(string(lockwire.Metadata)) }

// Version names the build: the version that the whole module states, and the commit where the build knows it.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return versionOf(string(lockwire.Metadata), info)
}

func versionOf(metadata string, info *debug.BuildInfo) string {
	stated := cmp.Or(statedVersion(metadata), "development")
	settings := map[string]string{}
	for _, setting := range info.Settings {
		settings[setting.Key] = setting.Value
	}
	commit := settings["vcs.revision"]
	if commit == "" {
		return stated
	}
	stated += "+" + commit[:min(12, len(commit))]
	if settings["vcs.modified"] == "true" {
		stated += "-changed"
	}
	return stated
}

// statedVersion finds the line `Version = "…"` of the metadata, which is TOML; no more of that language is needed here.
func statedVersion(metadata string) string {
	for line := range strings.Lines(metadata) {
		key, value, found := strings.Cut(line, "=")
		if found && strings.TrimSpace(key) == "Version" {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}
