package stripe

import "lockwire/engine/network"

// kept is how much one end may keep of what it sends until it is acknowledged. It grows as it is needed, up to the window that the peer
// offers, and what it grows by comes out of a budget: a peer that offers much and acknowledges nothing takes no more than its share.
type kept struct {
	may    uint64
	budget network.Budget // nil: as much as the peer offers
	taken  int            // of the budget
}

// hold tells whether n bytes may be kept, of at most most.
func (k *kept) hold(n, most uint64) bool {
	if n <= k.may {
		return true
	}
	want := int(min(max(n, windowGrowth*k.may), most) - k.may)
	if k.budget != nil {
		if !k.budget.Take(want) {
			return false
		}
		k.taken += want
	}
	k.may += uint64(want)
	return true
}

// giveBack gives the budget back what was taken from it. Nothing is kept any more.
func (k *kept) giveBack() {
	if k.taken > 0 {
		k.budget.Give(k.taken)
	}
	k.taken = 0
}
