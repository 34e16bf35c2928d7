package tunnel

import (
	"errors"
	"time"

	"lockwire/engine"
)

// errTenantBusy: the tenant has its share, and the gateway is half full.
var errTenantBusy = errors.New("its tenant has its share of this gateway's connections already")

const (
	// shareOfAll is the part of all places that is a tenant's own, and leastShare how many these are at least.
	shareOfAll = 8
	leastShare = 8
)

// mayHave tells whether a tenant that has some of all places that are taken may have one more. While half are free any tenant may; then
// only one that has less than its share. So no tenant fills the gateway, however many keys it has.
func mayHave(has, taken, most int) bool {
	return taken < most/2 || has < max(most/shareOfAll, leastShare)
}

// account is what all keys of one tenant have together.
type account struct {
	tenant engine.ID
	keys   int
	live   int
	young  int
}

// accountOf gives that of a tenant. h.mu is held, and a key is made to belong to it at once.
func (h *holders) accountOf(tenant engine.ID) *account {
	a := h.byTenant[tenant]
	if a == nil {
		a = &account{tenant: tenant}
		h.byTenant[tenant] = a
	}
	return a
}

// belongs counts a key, and all that it has, for a tenant; nil for none. h.mu is held.
func (h *holders) belongs(holder *holder, to *account) {
	was := holder.account
	if was == to {
		return
	}
	holder.account = to
	if to != nil {
		to.keys++
		to.live += len(holder.live)
	}
	if was != nil {
		was.live -= len(holder.live)
		if was.keys--; was.keys == 0 {
			delete(h.byTenant, was.tenant)
		}
	}
}

// hasRoom tells whether the tenant of a key may have a connection more; counted is 1 where this one is counted already. h.mu is held.
func (h *holders) hasRoom(holder *holder, counted int) bool {
	return holder.account == nil || mayHave(holder.account.live-counted, h.all-counted, h.bounds.Connections)
}

// begins notes that a tenant's connection begins its handshake with the broker. h.mu is held.
func (h *holders) begins(p *passage, of *account) error {
	if !mayHave(of.young, h.young, h.bounds.BrokerYoung) {
		return errTenantBusy
	}
	of.young++
	h.young++
	p.youngOf = of
	p.young = time.AfterFunc(h.bounds.Young, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.grown(p)
	})
	return nil
}

// grown notes that a connection's handshake with the broker is over, or it itself. h.mu is held.
func (h *holders) grown(p *passage) {
	if p.young == nil {
		return
	}
	p.young.Stop()
	p.young = nil
	p.youngOf.young--
	h.young--
}
