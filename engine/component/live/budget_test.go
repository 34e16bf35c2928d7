package live

import (
	"errors"
	"strings"
	"testing"

	"lockwire/engine"
)

// take begins flows until there is no more, and gives how many it got.
func take(t *testing.T, b *Budget, peer engine.KeyID) (all []*Share) {
	t.Helper()
	for {
		share, err := b.Begin(peer)
		if errors.Is(err, ErrBudget) {
			if text := err.Error(); !strings.Contains(text, "--memory") || len(text) > 255 {
				t.Errorf("the reason is %q", text)
			}
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, share)
	}
}

func TestOnePeerLeavesAsMuchToTheOthers(t *testing.T) {
	b := NewBudget(2*300*FlowMemory, 0)
	hostile, second, third := engine.KeyID{1}, engine.KeyID{2}, engine.KeyID{3}
	first := take(t, b, hostile)
	if len(first) != 150 {
		t.Fatalf("the first has %d of %d; want half", len(first), b.flows)
	}
	if n := len(take(t, b, second)); n != 75 {
		t.Errorf("the second has %d; want half of what was left", n)
	}
	if n := len(take(t, b, third)); n == 0 {
		t.Error("the third found nothing")
	}
	for _, share := range first {
		share.End()
	}
	if n := len(take(t, b, third)); n == 0 {
		t.Error("nothing became free")
	}
}

func TestBuffersOfOnePeerLeaveAsMuchToTheOthers(t *testing.T) {
	b := NewBudget(64<<20, 0)
	hostile, err := b.Begin(engine.KeyID{1})
	if err != nil {
		t.Fatal(err)
	}
	other, err := b.Begin(engine.KeyID{2})
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for hostile.Take(1 << 20) {
		taken++
	}
	if taken != 16 {
		t.Errorf("one peer took %d of 32 MiB", taken)
	}
	if !other.Take(1 << 20) {
		t.Error("the other one found nothing")
	}
	hostile.Give(taken << 20)
	other.Give(1 << 20)
	hostile.End()
	other.End()
	if flows, buffers := b.Used(); flows != 0 || buffers != 0 || len(b.peers) != 0 {
		t.Errorf("left behind: %d flows, %d bytes, %v", flows, buffers, b.peers)
	}
}

func TestDescriptorsBoundTheFlows(t *testing.T) {
	for _, test := range []struct {
		memory, descriptors uint64
		flows               int
	}{
		{1 << 40, 20_000, 4_936},
		{1 << 20, 20_000, 8},
		{1 << 40, 100, 2}, // fewer than are kept for all else
		{0, 0, 2},
	} {
		if got := NewBudget(test.memory, test.descriptors).flows; got != test.flows {
			t.Errorf("%d bytes and %d descriptors are for %d flows; want %d", test.memory, test.descriptors, got, test.flows)
		}
	}
}

func TestConnectionsThatWaitLeaveRoomForThoseThatAreCarried(t *testing.T) {
	b := NewBudget(2*100*FlowMemory, 0)
	for {
		if _, err := b.BeginWaiting(); err != nil {
			if !strings.Contains(err.Error(), "wait for their session") {
				t.Errorf("the reason is %q", err)
			}
			break
		}
	}
	if n := len(take(t, b, engine.KeyID{1})); n != 25 {
		t.Errorf("%d found a place beside those that wait", n)
	}
}
