package pump

import (
	"os"
	"syscall"
)

const waitsForZeroBytes = true

func setLingerZero(fd uintptr) error {
	return os.NewSyscallError("setsockopt",
		syscall.SetsockoptLinger(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}))
}
