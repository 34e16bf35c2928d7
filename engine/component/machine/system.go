package machine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"lockwire/engine"
)

// System is what a component reports of the machine that it runs on.
type System interface {
	// Interfaces are all addresses that the system has, used or not, sorted.
	Interfaces() ([]engine.Address, error)
	// MachineID is the operating system's id of the machine and BootID that of this start of it; empty where there is none.
	// Only their hashes leave the machine.
	MachineID() string
	BootID() string
	// Spent is the processor time of the program so far; Usage that, and the memory that it has now; Cores the time of each core.
	Spent() (time.Duration, error)
	Usage() (Usage, error)
	Cores() ([]CoreTime, error)
	// LinkSpeed is that of the fastest network interface that is up, in bytes per second; 0 where the system does not say.
	LinkSpeed() uint64
	// Listening are the addresses on which the machine takes TCP connections to a port, sorted. An error tells that it is not known.
	Listening(port uint16) ([]netip.AddrPort, error)
}

// ThisMachine is the machine that the program runs on.
type ThisMachine struct{}

// Interfaces implements System. Addresses that the rules ignore are among them.
func (ThisMachine) Interfaces() ([]engine.Address, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	var all []engine.Address
	for _, one := range interfaces {
		addresses, err := one.Addrs()
		lonely := hasNoNeighbours(one.Flags, resolvesNeighbours(one.Name))
		if err != nil {
			return nil, fmt.Errorf("list addresses of %s: %w", one.Name, err)
		}
		for _, address := range addresses {
			network, ok := address.(*net.IPNet)
			if !ok {
				continue
			}
			if plain, ok := netip.AddrFromSlice(network.IP); ok {
				all = append(all, engine.Address{
					Address: engine.PlainAddress(plain), Origin: engine.FromInterface, Interface: one.Name, HostOnly: isHostOnly(network, lonely),
				})
			}
		}
	}
	return SortAddresses(all), nil
}

// hasNoNeighbours tells whether no other machine can be on an interface's own network: it is down or not connected, or it is
// neither a tunnel nor one that looks for neighbours, as the dummy interfaces of clusters are.
func hasNoNeighbours(flags net.Flags, resolves bool) bool {
	switch {
	case flags&net.FlagUp == 0, flags&net.FlagRunning == 0, flags&net.FlagLoopback != 0:
		return true
	case flags&net.FlagPointToPoint != 0:
		return false
	}
	return !resolves
}

// isHostOnly tells whether an address is its whole subnet, on an interface without neighbours.
func isHostOnly(network *net.IPNet, lonely bool) bool {
	ones, bits := network.Mask.Size()
	return lonely && ones == bits
}

// SortAddresses gives a stable order, so that two reports can be compared.
func SortAddresses(all []engine.Address) []engine.Address {
	slices.SortFunc(all, func(a, b engine.Address) int {
		return cmp.Or(a.Address.Compare(b.Address), strings.Compare(a.Interface, b.Interface))
	})
	return slices.Compact(all)
}

// Labels keep the hashes apart from each other and from those that other programs make of the same ids.
const (
	MachineLabel = "lockwire machine id v1\x00"
	BootLabel    = "lockwire boot id v1\x00"
	ByHandLabel  = "lockwire machine id given by hand v1\x00"
)

// Hashed gives a hash of an id that two components of one machine share and that tells nobody the id; empty for none.
func Hashed(label, id string) string {
	if id = strings.TrimSpace(id); id == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(label + id))
	return hex.EncodeToString(sum[:])
}
