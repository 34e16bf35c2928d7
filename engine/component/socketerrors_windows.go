package component

import (
	"errors"

	"golang.org/x/sys/windows"
)

// What the system says of connections that do not come about, or break. The constants of package syscall that are called as
// elsewhere are inventions of Go's here, which no connection ever fails with.
const (
	connectionRefused  = windows.WSAECONNREFUSED
	connectionReset    = windows.WSAECONNRESET
	connectionTimedOut = windows.WSAETIMEDOUT
	networkUnreachable = windows.WSAENETUNREACH
	hostUnreachable    = windows.WSAEHOSTUNREACH
)

// isTaken tells whether another program listens on an address; the second is said where that one wants it for itself.
func isTaken(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}
