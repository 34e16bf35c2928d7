package network

import "golang.org/x/sys/windows"

// What the system says of connections that do not come about, or break, and of addresses that cannot be listened on. The
// constants of package syscall that are called as elsewhere are inventions of Go's here: no connection ever fails with them.
const (
	ConnectionRefused  = windows.WSAECONNREFUSED
	ConnectionReset    = windows.WSAECONNRESET
	ConnectionTimedOut = windows.WSAETIMEDOUT
	NetworkUnreachable = windows.WSAENETUNREACH
	HostUnreachable    = windows.WSAEHOSTUNREACH
	AddressInUse       = windows.WSAEADDRINUSE
	AddressNotHere     = windows.WSAEADDRNOTAVAIL
	AddressDenied      = windows.WSAEACCES
)
