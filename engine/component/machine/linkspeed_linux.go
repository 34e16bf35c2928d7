package machine

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// interfacesFolder is where Linux describes its network interfaces.
const interfacesFolder = "/sys/class/net"

// LinkSpeed implements System.
func (ThisMachine) LinkSpeed() uint64 { return linkSpeed(interfacesFolder) }

// linkSpeed reads the speeds that the drivers tell, in Mbit/s. Virtual interfaces tell none, or one that means nothing; what a
// hypervisor's card tells is taken.
func linkSpeed(folder string) uint64 {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return 0
	}
	fastest := uint64(0)
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if _, err := os.Stat(filepath.Join(path, "device")); err != nil || read(path, "operstate") != "up" {
			continue
		}
		if speed, err := strconv.ParseInt(read(path, "speed"), 10, 32); err == nil && speed > 0 {
			fastest = max(fastest, uint64(speed)*1e6/8)
		}
	}
	return fastest
}

func read(folder, name string) string {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
