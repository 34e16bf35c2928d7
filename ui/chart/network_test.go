package chart

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// crowd is a network of so many nodes at each side, each at the left joined with each at the right.
func crowd(t *testing.T, left, right int, size fyne.Size) (*Network, *networkRenderer) {
	test.NewTempApp(t)
	n := NewNetwork()
	var nodes []Node
	var lines []Line
	for i := range left {
		nodes = append(nodes, Node{ID: fmt.Sprintf("l%d", i), Name: fmt.Sprintf("l%d", i)})
		for j := range right {
			lines = append(lines, Line{From: fmt.Sprintf("l%d", i), To: fmt.Sprintf("r%d", j), Width: 1, Label: "1.2 Gbit/s", Words: fmt.Sprintf("l%d to r%d", i, j)})
		}
	}
	for j := range right {
		nodes = append(nodes, Node{ID: fmt.Sprintf("r%d", j), Right: true})
	}
	n.Resize(size)
	n.Set(nodes, lines)
	r := test.WidgetRenderer(n).(*networkRenderer)
	r.Layout(size)
	return n, r
}

func TestNodesAndLabelsOfAFullMapDoNotTouch(t *testing.T) {
	for _, c := range []struct {
		left, right int
		height      float32
		rest        string
	}{
		{2, 1, 320, ""},
		{6, 1, 320, ""},
		{9, 3, 320, ""},
		{13, 3, 320, "and 4 more components"},
		{10, 2, 320, "and 1 more component"},
		{3, 3, 40, "and 4 more components"},
	} {
		n, r := crowd(t, c.left, c.right, fyne.NewSize(700, c.height))
		name := fmt.Sprintf("%d and %d in %.0f", c.left, c.right, c.height)
		if r.said.Text != c.rest {
			t.Errorf("%s: it says %q, wanted %q", name, r.said.Text, c.rest)
		}
		var boxes []box
		labels := 0
		l := n.layout(n.Size())
		for _, node := range l.nodes {
			if node.size.Width > 0 {
				boxes = append(boxes, node)
			}
		}
		for _, line := range r.lines {
			if line.label.Visible() {
				labels++
				boxes = append(boxes, box{line.back.Position(), line.back.Size()})
			}
		}
		if labels == 0 {
			t.Errorf("%s: no label is shown", name)
		}
		for i := range boxes {
			for j := range i {
				if boxes[i].touches(boxes[j]) {
					t.Errorf("%s: two touch: %v and %v", name, boxes[i], boxes[j])
				}
			}
		}
	}
}

func TestALineOfOneNodeWithItselfIsNotDrawn(t *testing.T) {
	test.NewTempApp(t)
	n := NewNetwork()
	n.Set([]Node{{ID: "1"}}, []Line{{From: "1", To: "1", Label: "80 Mbit/s"}})
	n.Resize(fyne.NewSize(600, 300))
	if r := test.WidgetRenderer(n).(*networkRenderer); r.lines[0].label.Visible() {
		t.Error("a label stands on a line that is not drawn")
	}
}

func TestALineBetweenTwoTargetsStaysClearOfTheirNodes(t *testing.T) {
	test.NewTempApp(t)
	n := NewNetwork()
	n.Set([]Node{{ID: "1", Right: true}, {ID: "2", Right: true}, {ID: "3", Right: true}}, []Line{{From: "1", To: "3", Width: 1, Label: "80 Mbit/s"}})
	n.Resize(fyne.NewSize(600, 300))
	l := n.layout(n.Size())
	if l.labels[0].size.Width == 0 || l.labels[0].touches(l.nodes[1]) {
		t.Errorf("its label is at %v, and a node at %v", l.labels[0], l.nodes[1])
	}
}

func TestAClickOpensTheNodeOrTheLineUnderIt(t *testing.T) {
	n, r := crowd(t, 2, 1, fyne.NewSize(700, 320))
	var opened []string
	n.OnTapped = func(id string) { opened = append(opened, id) }
	n.OnLine = func(from, to string) { opened = append(opened, from+" to "+to) }
	click := func(p fyne.Position) { n.Tapped(&fyne.PointEvent{Position: p}) }
	l := n.layout(n.Size())
	click(l.nodes[1].at.AddXY(4, 4))
	click(r.lines[0].back.Position().AddXY(2, 2))
	click(along(l.paths[1], 0.8).AddXY(0, near-2))
	click(fyne.NewPos(350, 2))
	if got := fmt.Sprint(opened); got != "[l1 l0 to r0 l1 to r0]" {
		t.Errorf("opened %s", got)
	}
}

func TestTheLineUnderTheMouseSaysWhatItIs(t *testing.T) {
	n, r := crowd(t, 2, 1, fyne.NewSize(700, 320))
	on := along(n.layout(n.Size()).paths[1], 0.8)
	n.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: on}})
	if r.said.Text != "l1 to r0" || n.Cursor() != desktop.PointerCursor {
		t.Errorf("it says %q, with the cursor %v", r.said.Text, n.Cursor())
	}
	n.Set(n.nodes, append([]Line{}, n.lines[1])) // its order is another after the next tick
	if r.said.Text != "l1 to r0" {
		t.Errorf("after a tick it says %q", r.said.Text)
	}
	n.MouseOut()
	if r.said.Text != "" {
		t.Errorf("without the mouse it says %q", r.said.Text)
	}
}

func TestAnotherRoomIsTold(t *testing.T) {
	n, _ := crowd(t, 2, 1, fyne.NewSize(700, 320))
	told := 0
	n.OnRoom = func() { told++ }
	n.Resize(fyne.NewSize(650, 320))
	n.Resize(fyne.NewSize(650, 420))
	if told != 1 || n.Room() != 12 {
		t.Errorf("told %d times, with room for %d", told, n.Room())
	}
}
