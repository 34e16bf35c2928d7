//go:build !linux && !windows

package disk

import "math"

// Free does not know here how much fits: a write tells.
func Free(string) (uint64, error) { return math.MaxUint64, nil }
