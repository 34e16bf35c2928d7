//go:build unix

package component

import (
	"errors"
	"syscall"
)

// What the system says of connections that do not come about, or break.
const (
	connectionRefused  = syscall.ECONNREFUSED
	connectionReset    = syscall.ECONNRESET
	connectionTimedOut = syscall.ETIMEDOUT
	networkUnreachable = syscall.ENETUNREACH
	hostUnreachable    = syscall.EHOSTUNREACH
)

// isTaken tells whether another program listens on an address.
func isTaken(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
