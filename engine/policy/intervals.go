package policy

import (
	"net/netip"
	"slices"
)

// intervals finds the rules whose ranges hold an address. It is a segment tree: the ends of all ranges cut the address
// space into pieces, the pieces are the leaves of a binary tree, and a range is noted at the few nodes that make it up.
// An address lies in one piece, so the rules that hold it are those on the way from its leaf to the root: about 15 nodes
// for 10,000 rules, however much their ranges overlap.
//
// Both families share one tree, because [netip.Addr.Compare] puts every IPv4 address before every IPv6 address.
type intervals struct {
	bounds []netip.Addr // sorted; piece i is bounds[i] up to, and without, bounds[i+1]
	nodes  []intervalNode
}

// intervalNode holds the rules noted at one node: as a list while they are few, as a set when that is quicker to read.
type intervalNode struct {
	few  []uint32
	many set
}

// interval is a range of one rule, both ends included and of one family.
type interval struct {
	first, last netip.Addr
	rule        uint32
}

func newIntervals(list []interval, rules int) intervals {
	if len(list) == 0 {
		return intervals{}
	}
	var t intervals
	t.bounds = make([]netip.Addr, 0, 2*len(list))
	for _, i := range list {
		t.bounds = append(t.bounds, i.first)
		if after := addressAfter(i.last); after.IsValid() {
			t.bounds = append(t.bounds, after)
		}
	}
	slices.SortFunc(t.bounds, netip.Addr.Compare)
	t.bounds = slices.Compact(t.bounds)

	leaves := len(t.bounds)
	t.nodes = make([]intervalNode, 2*leaves)
	for _, i := range list {
		left, _ := slices.BinarySearchFunc(t.bounds, i.first, netip.Addr.Compare)
		right := leaves // of a range that ends with the last address of all
		if after := addressAfter(i.last); after.IsValid() {
			right, _ = slices.BinarySearchFunc(t.bounds, after, netip.Addr.Compare)
		}
		for left, right = left+leaves, right+leaves; left < right; left, right = left/2, right/2 {
			if left%2 == 1 {
				t.nodes[left].few = append(t.nodes[left].few, i.rule)
				left++
			}
			if right%2 == 1 {
				right--
				t.nodes[right].few = append(t.nodes[right].few, i.rule)
			}
		}
	}
	for i := range t.nodes {
		t.nodes[i].settle(rules)
	}
	return t
}

// settle turns a long list into a set, which is read 64 rules at a time.
func (n *intervalNode) settle(rules int) {
	if len(n.few) <= wordsFor(rules) {
		return
	}
	n.many = newSet(rules)
	n.many.addAll(n.few)
	n.few = nil
}

// addressAfter is the next address in the order of [netip.Addr.Compare]: after the last IPv4 address comes the first IPv6
// address. It is invalid after the last address of all.
func addressAfter(address netip.Addr) netip.Addr {
	if next := address.Next(); next.IsValid() || address.Is6() {
		return next
	}
	return netip.IPv6Unspecified()
}

// mark adds the rules whose ranges hold the address.
func (t *intervals) mark(address netip.Addr, into set) {
	piece, exact := slices.BinarySearchFunc(t.bounds, address, netip.Addr.Compare)
	if !exact {
		piece--
	}
	if piece < 0 {
		return
	}
	for i := piece + len(t.bounds); i > 0; i /= 2 {
		node := &t.nodes[i]
		into.addAll(node.few)
		into.or(node.many)
	}
}
