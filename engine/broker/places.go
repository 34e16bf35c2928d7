package broker

import (
	"net/netip"
	"sync"
)

// places are a number of places, of which one address gets only a part.
type places struct {
	all, perAddress int

	mu    sync.Mutex
	taken int
	by    map[netip.Prefix]int
}

func newPlaces(all, perAddress int) *places {
	return &places{all: all, perAddress: perAddress, by: map[netip.Prefix]int{}}
}

// take takes a place for a connection from an address. Leave gives it back; it is nil where there is none.
func (p *places) take(from netip.Addr) (leave func()) {
	network, _ := networkOf(from) // those without an address share one part
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken >= p.all || p.by[network] >= p.perAddress {
		return nil
	}
	p.taken++
	p.by[network]++
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.taken--
		if p.by[network]--; p.by[network] == 0 {
			delete(p.by, network)
		}
	})
}
