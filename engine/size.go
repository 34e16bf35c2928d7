package engine

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// sizeUnits are the units of sizes of memory and disks, largest first. Like administrators' tools they take KB for 1,000 bytes and KiB for 1,024.
var sizeUnits = []struct {
	name  string
	bytes uint64
}{
	{"PiB", 1 << 50}, {"TiB", 1 << 40}, {"PB", 1e15}, {"TB", 1e12}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1_000_000_000}, {"MB", 1_000_000}, {"KB", 1000}, {"B", 1},
}

// ParseSize reads a size of memory such as "4MiB" or "2 GB" in bytes, as a whole number with its unit.
func ParseSize(text string) (uint64, error) {
	for _, unit := range sizeUnits {
		number, found := strings.CutSuffix(text, unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 64)
		if err != nil || n > math.MaxInt64/unit.bytes {
			break
		}
		return n * unit.bytes, nil
	}
	return 0, fmt.Errorf("%q is no size, such as 4MiB or 2GB", abbreviate(text, 40))
}

// FormatSize writes a size as ParseSize reads it, in the unit in which it is the smallest whole number.
func FormatSize(bytes uint64) string {
	least, name := bytes, "B"
	for _, unit := range sizeUnits {
		if n := bytes / unit.bytes; bytes%unit.bytes == 0 && n > 0 && n < least {
			least, name = n, unit.name
		}
	}
	return fmt.Sprintf("%d%s", least, name)
}
