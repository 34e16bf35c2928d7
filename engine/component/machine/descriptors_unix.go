//go:build unix

package machine

import "golang.org/x/sys/unix"

// Descriptors is how many files and connections the program may have open; 0 where the system sets no limit. The Go runtime raises
// the limit to what the system allows at most.
func Descriptors() uint64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return uint64(limit.Cur)
}
