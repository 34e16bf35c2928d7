//go:build !linux && !windows

package component

import (
	"errors"
	"net/netip"
)

// Listening implements System.
func (ThisMachine) Listening(uint16) ([]netip.AddrPort, error) {
	return nil, errors.New("this system does not say")
}
