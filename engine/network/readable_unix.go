//go:build unix

package network

import "golang.org/x/sys/unix"

func readable(fd uintptr) bool {
	look := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(look, 0)
		if err != unix.EINTR {
			return n > 0
		}
	}
}
