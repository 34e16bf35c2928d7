package secret

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// allocatePages maps memory that no core dump contains and, where the limit allows it, no swap space.
func allocatePages(size int) (memory []byte, notLocked, err error) {
	memory, err = unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, nil, fmt.Errorf("mmap %d bytes: %w", size, err)
	}
	if err := unix.Madvise(memory, unix.MADV_DONTDUMP); err != nil {
		_ = unix.Munmap(memory)
		return nil, nil, fmt.Errorf("keep %d bytes out of core dumps: %w", size, err)
	}
	if err := unix.Mlock(memory); err != nil {
		notLocked = fmt.Errorf("mlock %d bytes: %w", size, err)
	}
	return memory, notLocked, nil
}
