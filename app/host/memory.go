package host

import (
	"os"
	"runtime/debug"
)

// windowGCPercent is by how much the heap of a program with a window grows before it is collected. Such a program has new states of the
// whole installation each second and little else to do: memory matters more to it than the processor time of a collection.
const windowGCPercent = 50

// SaveMemory has a program with a window take less memory, unless the environment's GOGC says how much it may.
func SaveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(windowGCPercent)
	}
}
