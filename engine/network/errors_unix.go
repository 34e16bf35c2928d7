//go:build unix

package network

import "syscall"

// What the system says of connections that do not come about, or break, and of addresses that cannot be listened on.
const (
	ConnectionRefused  = syscall.ECONNREFUSED
	ConnectionReset    = syscall.ECONNRESET
	ConnectionTimedOut = syscall.ETIMEDOUT
	NetworkUnreachable = syscall.ENETUNREACH
	HostUnreachable    = syscall.EHOSTUNREACH
	AddressInUse       = syscall.EADDRINUSE
	AddressNotHere     = syscall.EADDRNOTAVAIL
	AddressDenied      = syscall.EACCES
)
