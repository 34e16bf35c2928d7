package machine

import (
	"os"

	"golang.org/x/sys/unix"
)

// MachineID implements System.
func (ThisMachine) MachineID() string {
	for _, path := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
			return string(text)
		}
	}
	return ""
}

// BootID implements System.
func (ThisMachine) BootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return string(text)
}

// resolvesNeighbours tells whether the system looks for the link addresses of others on an interface (ARP). Where it does not
// say, it is taken to.
func resolvesNeighbours(name string) bool {
	request, err := unix.NewIfreq(name)
	if err != nil {
		return true
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return true
	}
	defer unix.Close(socket)
	if err := unix.IoctlIfreq(socket, unix.SIOCGIFFLAGS, request); err != nil {
		return true
	}
	return request.Uint16()&unix.IFF_NOARP == 0
}
