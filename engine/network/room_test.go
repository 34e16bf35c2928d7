package network

import "testing"

// purse is a budget of so many bytes.
type purse int

func (p *purse) Take(n int) bool {
	if int(*p) < n {
		return false
	}
	*p -= purse(n)
	return true
}

func (p *purse) Give(n int) { *p += purse(n) }

func TestConnectionsOfOneDirectionShareItsRoom(t *testing.T) {
	r := NewRoom(4<<20, nil)
	r.Enter(128 << 10)
	r.Enter(128 << 10)
	if n, full := r.Grow(1<<20, 0); n != 1<<20 || full {
		t.Errorf("the first grew by %d, full %v", n, full)
	}
	if n, full := r.Grow(2<<20, 0); n != 4<<20/8*5-1<<20-256<<10 || !full {
		t.Errorf("the second grew by %d, full %v; want what was left for receive buffers", n, full)
	}
	if n, full := r.Grow(1<<20, 0); n != 0 || !full {
		t.Errorf("beyond the room it grew by %d, full %v", n, full)
	}
	if n, _ := r.Grow(8<<20, 3<<20); n != 3<<20 {
		t.Errorf("with 3 MiB in flight it grew by %d", n)
	}
}

func TestRoomTakesFromItsBudgetAndGivesBack(t *testing.T) {
	budget := purse(1 << 20)
	r := NewRoom(4<<20, &budget)
	r.Enter(128 << 10)
	if n, full := r.Grow(1<<20, 0); n != 0 || full {
		t.Errorf("with too small a budget it grew by %d, full %v", n, full)
	}
	if n, _ := r.Grow(512<<10, 0); n != 512<<10 {
		t.Errorf("it grew by %d", n)
	}
	if int(budget) != 1<<20-512<<10-Unsent(512<<10) { // what it may hold unsent counts, too
		t.Errorf("the budget has %d left", budget)
	}
	r.Close()
	r.Close()
	if budget != 1<<20 {
		t.Errorf("%d came back", budget)
	}
}
