package secret

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// allocatePages takes memory from the system and, where the working set allows it, keeps it out of the page file.
func allocatePages(size int) (memory []byte, notLocked, err error) {
	address, err := windows.VirtualAlloc(0, uintptr(size), windows.MEM_COMMIT|windows.MEM_RESERVE, windows.PAGE_READWRITE)
	if err != nil {
		return nil, nil, fmt.Errorf("VirtualAlloc %d bytes: %w", size, err)
	}
	if err := windows.VirtualLock(address, uintptr(size)); err != nil {
		notLocked = fmt.Errorf("VirtualLock %d bytes: %w", size, err)
	}
	// The address is no Go memory and never moves; reading it through a pointer to itself is the form that go vet accepts.
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&address)), size), notLocked, nil
}
