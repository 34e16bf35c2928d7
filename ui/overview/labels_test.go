package overview

import (
	"fmt"
	"slices"
	"testing"

	"lockwire/engine"
)

func TestOnlyTheThickestOfManyLinesHaveALabel(t *testing.T) {
	for _, count := range []int{3, labelledLines, 40} {
		m := &netMap{links: map[pair[string]]*link{}, names: map[string]string{}}
		var between []pair[string]
		for i := range count {
			p := pair[string]{fmt.Sprint("source ", i), "vault"}
			m.links[p] = &link{sealed: 1, session: engine.ID("x"), rate: 1_000_000}
			if i%10 == 3 {
				m.links[p].rate = 1_000_000_000
			}
			if i == count-1 {
				m.links[p].plain = 1
			}
			between = append(between, p)
		}
		m.addLines(between)
		labels, thick := 0, 0
		for _, line := range m.lines {
			if line.Label != "" {
				labels++
			}
			if line.Width == lineWidth(1_000_000_000) && line.Label == "" {
				thick++
			}
			if line.Words == "" {
				t.Errorf("%d lines: one of them says nothing under the mouse", count)
			}
		}
		if labels != min(count, labelledLines) || thick > 0 {
			t.Errorf("%d lines: %d have a label, and %d of the thickest have none", count, labels, thick)
		}
		before := labelled(m)
		if last := between[count-1].from; !slices.Contains(before, last) {
			t.Errorf("%d lines: the one with something plain has no label", count)
		}
		m.lines = nil
		for i, p := range between {
			m.links[p].rate += uint64(i) // as rates change from second to second
		}
		if m.addLines(between); !slices.Equal(labelled(m), before) {
			t.Errorf("%d lines: other ones have a label a second later", count)
		}
	}
}

// labelled are the lines that have a label, by where they begin.
func labelled(m *netMap) (from []string) {
	for _, line := range m.lines {
		if line.Label != "" {
			from = append(from, line.From)
		}
	}
	slices.Sort(from)
	return from
}
