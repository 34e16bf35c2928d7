package host

import "runtime"

// garbageFloor is how much a program that carries flows may leave lying, whatever else it holds, before the collector comes. Without it
// that is 4 MiB, which some hundred short connections leave: with thousands a second, looking through the memory of those that run
// took a twelfth of the processor's time.
const garbageFloor = 8 << 20

// floor counts as memory that is used, so that as much again may be garbage. Nothing is ever written to it, so that the system never
// gives it any.
var floor []byte

// CollectLess has the collector of this program come less often while the program is small. Where it holds much, as with many thousands
// of flows, nothing changes.
func CollectLess() {
	floor = make([]byte, garbageFloor)
	runtime.KeepAlive(floor)
}
