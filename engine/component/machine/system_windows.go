package machine

import (
	"strconv"

	"github.com/shirou/gopsutil/v4/host"
	"golang.org/x/sys/windows/registry"
)

// MachineID implements System.
func (ThisMachine) MachineID() string {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Cryptography`, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return ""
	}
	defer key.Close()
	id, _, err := key.GetStringValue("MachineGuid")
	if err != nil {
		return ""
	}
	return id
}

// bootGrain rounds the time of the boot, which Windows computes anew from a clock that moves.
const bootGrain = 60

// BootID implements System.
func (ThisMachine) BootID() string {
	seconds, err := host.BootTime()
	if err != nil {
		return ""
	}
	return strconv.FormatUint((seconds+bootGrain/2)/bootGrain, 10)
}

// resolvesNeighbours is not known here: an interface is taken to have neighbours.
func resolvesNeighbours(string) bool { return true }
