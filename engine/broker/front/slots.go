package front

import (
	"net/netip"
	"sync"
)

// slots are a number of slots, of which one address gets only a part.
type slots struct {
	all, perAddress int

	mu    sync.Mutex
	taken int
	by    map[netip.Prefix]int
}

func newSlots(all, perAddress int) *slots {
	return &slots{all: all, perAddress: perAddress, by: map[netip.Prefix]int{}}
}

// take takes a slot for a connection from an address. Leave gives it back; it is nil where there is none.
func (s *slots) take(from netip.Addr) (leave func()) {
	network, _ := networkOf(from) // those without an address share one part
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken >= s.all || s.by[network] >= s.perAddress {
		return nil
	}
	s.taken++
	s.by[network]++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.taken--
		if s.by[network]--; s.by[network] == 0 {
			delete(s.by, network)
		}
	})
}
