package host

import (
	"fmt"
	"path/filepath"
	"strings"
)

// lowPortsSettings let a service listen on ports below 1024.
const lowPortsSettings = "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE"

// unit writes the service as a systemd unit. It may do what an agent or broker needs, and nothing else: no new rights, no
// device, no other program's data, no writable code, no core dump, no file of the system but its own folder.
func (s *Service) unit() string {
	var command []string
	for _, word := range append([]string{s.Program}, s.Arguments...) {
		command = append(command, quoteUnit(word))
	}
	folder := "ReadWritePaths=" + quotePath(s.Folder)
	if s.Folder == filepath.Join("/var/lib", filepath.Base(s.Folder)) {
		folder = "StateDirectory=" + filepath.Base(s.Folder) + "\nStateDirectoryMode=0700"
	}
	capabilities := "CapabilityBoundingSet="
	if s.LowPorts {
		capabilities = lowPortsSettings
	}
	return fmt.Sprintf(`# Written by %s service install. What you change here is lost with the next install; use: systemctl edit %s
[Unit]
Description=%s
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=%s
User=%s
Group=%s
Restart=always
RestartSec=2
TimeoutStopSec=%d
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
`, filepath.Base(s.Program), s.Name, strings.ReplaceAll(s.Description, "%", "%%"), strings.Join(command, " "), s.User, s.User, int((s.StopWithin + stopTime).Seconds()), folder, capabilities)
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
