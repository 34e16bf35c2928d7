package tunnel

import (
	"container/list"
	"net"
	"net/netip"
	"sync"

	"lockwire/engine/network"
)

// crowd is a bounded number of connections, of which one address has only a part. A new one takes the place of the oldest.
type crowd struct {
	most, perAddress int

	mu        sync.Mutex
	all       *list.List // of *guest, oldest first
	byAddress map[netip.Prefix]*list.List
}

// guest is a connection of a crowd.
type guest struct {
	crowd        *crowd
	address      netip.Prefix
	reset        func()
	inAll, inOwn *list.Element // nil once it has left
	wasEvicted   bool
}

func newCrowd(most, perAddress int) *crowd {
	return &crowd{most: most, perAddress: perAddress, all: list.New(), byAddress: map[netip.Prefix]*list.List{}}
}

// enter takes a connection in, and resets the oldest one where there are too many.
func (c *crowd) enter(from net.Addr, reset func()) *guest {
	g := &guest{crowd: c, address: network.CountedBy(network.AddressOf(from).Addr()), reset: reset}
	c.mu.Lock()
	defer c.mu.Unlock()
	own := c.byAddress[g.address]
	switch {
	case own != nil && own.Len() >= c.perAddress:
		own.Front().Value.(*guest).evict()
	case c.all.Len() >= c.most:
		c.all.Front().Value.(*guest).evict()
	}
	if own = c.byAddress[g.address]; own == nil {
		own = list.New()
		c.byAddress[g.address] = own
	}
	g.inAll, g.inOwn = c.all.PushBack(g), own.PushBack(g)
	return g
}

// evict resets a guest. The crowd's lock is held; a reset does not wait.
func (g *guest) evict() {
	g.wasEvicted = true
	g.remove()
	g.reset()
}

func (g *guest) remove() {
	if g.inAll == nil {
		return
	}
	c := g.crowd
	c.all.Remove(g.inAll)
	if own := c.byAddress[g.address]; own.Len() == 1 {
		delete(c.byAddress, g.address)
	} else {
		own.Remove(g.inOwn)
	}
	g.inAll, g.inOwn = nil, nil
}

// leave takes the connection out, and tells whether it had been evicted. A second call does nothing.
func (g *guest) leave() (evicted bool) {
	g.crowd.mu.Lock()
	defer g.crowd.mu.Unlock()
	g.remove()
	return g.wasEvicted
}
