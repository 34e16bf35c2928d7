//go:build unix

package network

// handle is a socket as package syscall takes it.
func handle(fd uintptr) int { return int(fd) }
