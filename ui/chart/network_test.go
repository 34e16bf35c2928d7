package chart

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// crowd is a network of so many nodes at each side, each at the left joined with each at the right.
func crowd(t *testing.T, left, right, others int, size fyne.Size) (*Network, *networkRenderer) {
	test.NewTempApp(t)
	n := NewNetwork()
	var nodes []Node
	var lines []Line
	for i := range left {
		nodes = append(nodes, Node{ID: fmt.Sprintf("l%d", i)})
		for j := range right {
			lines = append(lines, Line{From: fmt.Sprintf("l%d", i), To: fmt.Sprintf("r%d", j), Label: "1.2 Gbit/s"})
		}
	}
	for j := range right {
		nodes = append(nodes, Node{ID: fmt.Sprintf("r%d", j), Right: true})
	}
	n.Set(nodes, lines, others)
	n.Resize(size)
	r := n.CreateRenderer().(*networkRenderer)
	r.Layout(size)
	return n, r
}

func TestNodesAndLabelsOfAFullMapDoNotTouch(t *testing.T) {
	for _, c := range []struct {
		left, right, others int
		height              float32
		rest                string
	}{
		{2, 1, 0, 320, ""},
		{6, 1, 0, 320, ""},
		{2, 1, 5, 320, "and 5 more components"},
		{13, 3, 184, 320, "and 192 more components"},
		{5, 2, 0, 240, "and 1 more component"},
		{3, 3, 0, 40, "and 4 more components"},
	} {
		n, r := crowd(t, c.left, c.right, c.others, fyne.NewSize(700, c.height))
		name := fmt.Sprintf("%d and %d in %.0f", c.left, c.right, c.height)
		if r.rest.Text != c.rest {
			t.Errorf("%s: it says %q, wanted %q", name, r.rest.Text, c.rest)
		}
		var nodes []box
		positions, _ := n.positions(n.Size())
		for _, at := range positions {
			if at != outside {
				nodes = append(nodes, box{at.SubtractXY(nodeWidth/2, nodeHeight/2), fyne.NewSize(nodeWidth, nodeHeight)})
			}
		}
		var labels []box
		for _, line := range r.lines {
			if line.label.Visible() {
				labels = append(labels, box{line.back.Position(), line.back.Size()})
			}
		}
		if len(labels) == 0 {
			t.Errorf("%s: no label is shown", name)
		}
		for kind, boxes := range map[string][]box{"nodes": nodes, "labels": labels} {
			for i := range boxes {
				for j := range i {
					if boxes[i].touches(boxes[j]) {
						t.Errorf("%s: two %s touch: %v and %v", name, kind, boxes[i], boxes[j])
					}
				}
			}
		}
	}
}

func TestALineOfOneNodeWithItselfHasNoLabel(t *testing.T) {
	test.NewTempApp(t)
	n := NewNetwork()
	n.Set([]Node{{ID: "1"}}, []Line{{From: "1", To: "1", Label: "80 Mbit/s"}}, 0)
	r := n.CreateRenderer().(*networkRenderer)
	r.Layout(fyne.NewSize(600, 300))
	if r.lines[0].label.Visible() {
		t.Error("a label stands on a line that is not drawn")
	}
}
