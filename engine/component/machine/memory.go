package machine

import (
	"os"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v4/mem"
)

// Memory is how many bytes of memory programs of this machine have, or of the container that this one runs in where that has less;
// 0 where the system does not say.
func Memory() uint64 {
	var total uint64
	if all, err := mem.VirtualMemory(); err == nil {
		total = all.Total
	}
	if limit := memoryLimit(os.ReadFile); limit > 0 && (total == 0 || limit < total) {
		return limit
	}
	return total
}

// memoryLimit is that of the program's control group, as far as it sees it: inside a container that is the root of the hierarchy. 0
// is none.
func memoryLimit(read func(string) ([]byte, error)) uint64 {
	folders := []string{"/sys/fs/cgroup"}
	if text, err := read("/proc/self/cgroup"); err == nil {
		for line := range strings.Lines(string(text)) {
			if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok && path != "/" {
				folders = append(folders, "/sys/fs/cgroup"+path)
			}
		}
	}
	var limit uint64
	for _, folder := range folders {
		text, err := read(folder + "/memory.max")
		if err != nil {
			continue
		}
		if n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil && (limit == 0 || n < limit) { // else "max"
			limit = n
		}
	}
	return limit
}
