package front

import (
	"net/netip"
	"sync"

	"lockwire/engine/network"
)

// slots are a number of slots, of which one address gets only a part, and one that leads many callers here a larger one.
type slots struct {
	all, perAddress, ofMany int
	leadsMany               func(from netip.Prefix) bool

	mu    sync.Mutex
	taken int
	by    map[netip.Prefix]int
}

func newSlots(all, perAddress, ofMany int, leadsMany func(from netip.Prefix) bool) *slots {
	return &slots{all: all, perAddress: perAddress, ofMany: ofMany, leadsMany: leadsMany, by: map[netip.Prefix]int{}}
}

// take takes a slot for a connection from an address. Leave gives it back; it is nil where there is none.
func (s *slots) take(from netip.Addr) (leave func()) {
	counted := network.CountedBy(from) // those without an address share one part
	s.mu.Lock()
	defer s.mu.Unlock()
	most := s.perAddress
	if s.by[counted] >= most && s.leadsMany(counted) {
		most = s.ofMany
	}
	if s.taken >= s.all || s.by[counted] >= most {
		return nil
	}
	s.taken++
	s.by[counted]++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.taken--
		if s.by[counted]--; s.by[counted] == 0 {
			delete(s.by, counted)
		}
	})
}
