package componenttest

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
)

// System is a machine of a test. It implements machine.System. A field that changes while a component runs needs Set.
type System struct {
	mu        sync.Mutex
	Addresses []engine.Address
	Machine   string
	Boot      string
	Used      machine.Usage
	CoreTimes []machine.CoreTime
	Link      uint64
	Sockets   []netip.AddrPort
	// Fails is the error of everything that can fail.
	Fails error
}

// Set changes the machine while a component may look at it.
func (s *System) Set(change func(*System)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// Interfaces implements machine.System, as do the following.
func (s *System) Interfaces() ([]engine.Address, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return machine.SortAddresses(slices.Clone(s.Addresses)), s.Fails
}

func (s *System) MachineID() string                          { return s.Machine }
func (s *System) BootID() string                             { return s.Boot }
func (s *System) Spent() (time.Duration, error)              { return s.Used.CPU, s.Fails }
func (s *System) Usage() (machine.Usage, error)              { return s.Used, s.Fails }
func (s *System) Cores() ([]machine.CoreTime, error)         { return s.CoreTimes, s.Fails }
func (s *System) LinkSpeed() uint64                          { return s.Link }
func (s *System) Listening(uint16) ([]netip.AddrPort, error) { return s.Sockets, s.Fails }

// Addresses gives addresses, each of an interface of its own.
func Addresses(texts ...string) []engine.Address {
	var all []engine.Address
	for i, text := range texts {
		all = append(all, engine.Address{Address: netip.MustParseAddr(text), Origin: engine.FromInterface, Interface: "eth" + string(rune('0'+i))})
	}
	return all
}

// ManyAddresses gives n private addresses, and a public one that comes last in their order.
func ManyAddresses(n int) []engine.Address {
	all := Addresses("203.0.113.9")
	for i := range n {
		all = append(all, engine.Address{Address: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), Interface: "many"})
	}
	return all
}
