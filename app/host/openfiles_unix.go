//go:build unix

package host

import "golang.org/x/sys/unix"

// raiseOpenFiles sets the soft limit to the hard one. Each flow takes two descriptors, and with splice four pipes' ends more.
func raiseOpenFiles() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Cur >= limit.Max {
		return nil
	}
	limit.Cur = limit.Max
	return unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
}
