package channel

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func setReceiveLowWater(fd uintptr, n int) error {
	if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, n); err != nil {
		return fmt.Errorf("set SO_RCVLOWAT: %w", err)
	}
	return nil
}
