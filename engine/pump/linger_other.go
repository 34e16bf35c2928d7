//go:build !linux && !windows

package pump

import (
	"os"
	"syscall"
)

const waitsForZeroBytes = false

func setLingerZero(fd uintptr) error {
	return os.NewSyscallError("setsockopt",
		syscall.SetsockoptLinger(int(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}))
}
