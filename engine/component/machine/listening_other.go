//go:build !linux && !windows

package machine

import (
	"errors"
	"net/netip"
)

// Listening implements System.
func (ThisMachine) Listening(uint16) ([]netip.AddrPort, error) {
	return nil, errors.New("this system does not say")
}
