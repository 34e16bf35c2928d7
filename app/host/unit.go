package host

import (
	"fmt"
	"path/filepath"
	"strings"
)

// lowPortsSettings let a service listen on ports below 1024.
const lowPortsSettings = "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE"

// unit writes the service as a systemd unit of its own.
func (s *Service) unit() string {
	return s.unitOf(s.writtenBy(), s.commandLine(), "")
}

// PackagedUnit writes the service as the unit that a package brings. An administrator gives it further flags in a file of the
// system's, or with the command service install, which adds to it and leaves it as it is.
func (s *Service) PackagedUnit() string {
	header := fmt.Sprintf("# Of the package, and replaced with it. Give flags in %s, or with: %s service install\n", s.optionsFile(), filepath.Base(s.Program))
	return s.unitOf(header, s.commandLine()+furtherOptions, "EnvironmentFile=-"+s.optionsFile()+"\n")
}

// furtherOptions stand for the flags in the options file; systemd reads them as words.
const furtherOptions = " $OPTIONS"

// optionsFile is where an administrator gives a packaged service further flags, as OPTIONS="…".
func (s *Service) optionsFile() string { return "/etc/default/" + s.Name }

// addition writes what the service has that differs from its packaged unit.
func (s *Service) addition() string {
	text := s.writtenBy() + "[Service]\nExecStart=\nExecStart=" + s.commandLine() + furtherOptions + "\n" + s.stopSetting() + "\n"
	if !s.hasSystemFolder() {
		text += "StateDirectory=\n" + s.folderSettings() + "\n"
	}
	if s.LowPorts {
		text += lowPortsSettings + "\n"
	}
	return text
}

func (s *Service) writtenBy() string {
	return fmt.Sprintf("# Written by %s service install. What you change here is lost with the next install; use: systemctl edit %s\n", filepath.Base(s.Program), s.Name)
}

// commandLine is the service's command as systemd reads it.
func (s *Service) commandLine() string {
	var command []string
	for _, word := range append([]string{s.Program}, s.Arguments...) {
		command = append(command, quoteUnit(word))
	}
	return strings.Join(command, " ")
}

func (s *Service) stopSetting() string {
	return fmt.Sprintf("TimeoutStopSec=%d", int((s.StopWithin + stopTime).Seconds()))
}

// hasSystemFolder tells whether the data folder is one that systemd makes for its service.
func (s *Service) hasSystemFolder() bool {
	return s.Folder == filepath.Join("/var/lib", filepath.Base(s.Folder))
}

// folderSettings let the service write to its data folder.
func (s *Service) folderSettings() string {
	if s.hasSystemFolder() {
		return "StateDirectory=" + filepath.Base(s.Folder) + "\nStateDirectoryMode=0700"
	}
	return "ReadWritePaths=" + quotePath(s.Folder)
}

// unitOf writes a unit. It may do what an agent or broker needs, and nothing else: no new rights, no device, no other program's
// data, no writable code, no core dump, no file of the system but its own folder.
func (s *Service) unitOf(header, command, environment string) string {
	capabilities := "CapabilityBoundingSet="
	if s.LowPorts {
		capabilities = lowPortsSettings
	}
	return fmt.Sprintf(`%s[Unit]
Description=%s
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
%sExecStart=%s
User=%s
Group=%s
Restart=always
RestartSec=2
%s
%s
UMask=0077

# Keys are locked in memory and never dumped; each connection takes several descriptors.
LimitCORE=0
LimitMEMLOCK=64M
LimitNOFILE=524288

%s
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateTmp=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`, header, strings.ReplaceAll(s.Description, "%", "%%"), environment, command, s.User, s.User, s.stopSetting(), s.folderSettings(), capabilities)
}

// quoteUnit writes one word of a command line so that systemd reads it back unchanged.
func quoteUnit(word string) string {
	word = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(word)
	if word == "" || strings.ContainsAny(word, " \t\"'\\;") {
		return `"` + word + `"`
	}
	return word
}

// quotePath writes a path for a setting that takes several.
func quotePath(path string) string {
	path = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%").Replace(path)
	if strings.ContainsAny(path, " \t\"'\\") {
		return `"` + path + `"`
	}
	return path
}
