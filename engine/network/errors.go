package network

import (
	"errors"
	"runtime"
)

// IsTaken tells whether another program listens on an address. Windows says "denied" where that program has asked for the
// address to be its own.
func IsTaken(err error) bool {
	return errors.Is(err, AddressInUse) || runtime.GOOS == "windows" && errors.Is(err, AddressDenied)
}
