package chart

import (
	"math"

	"fyne.io/fyne/v2"
)

const (
	nodeWidth  = 150
	nodeHeight = 46 // with the detail below the name
	lowHeight  = 26 // with the detail beside the name, where many nodes stand above each other
	nodeGap    = 6
	saidHeight = 20 // of the line below, which says what is not shown, or what is under the mouse
	edge       = 8
	labelSize  = 18 // the height of a label
	bow        = 44 // how far a line between two nodes of one column bends
	near       = 6  // how far beside a line a click still means it
)

// box is where something stands.
type box struct {
	at   fyne.Position
	size fyne.Size
}

func (b box) touches(other box) bool {
	return b.at.X < other.at.X+other.size.Width && other.at.X < b.at.X+b.size.Width && b.at.Y < other.at.Y+other.size.Height && other.at.Y < b.at.Y+b.size.Height
}

func (b box) has(p fyne.Position) bool {
	return p.X >= b.at.X && p.X < b.at.X+b.size.Width && p.Y >= b.at.Y && p.Y < b.at.Y+b.size.Height
}

// networkLayout is where everything of a network stands. A node without room, a line without both its nodes and a label without a free
// place have an empty box or path.
type networkLayout struct {
	low    bool // nodes are as high as one line
	nodes  []box
	paths  [][]fyne.Position
	labels []box
	rest   int // components that are not shown
}

// Room is how many nodes can stand in a column.
func (n *Network) Room() int { return roomFor(n.Size().Height-saidHeight, lowHeight) }

// roomFor is the number of nodes of a height that fit into a column without touching.
func roomFor(height, node float32) int { return max(1, int(height/(node+nodeGap))) }

func (n *Network) layout(size fyne.Size) *networkLayout {
	l := &networkLayout{nodes: make([]box, len(n.nodes)), paths: make([][]fyne.Position, len(n.lines)), labels: make([]box, len(n.lines))}
	l.placeNodes(n.nodes, size)
	index := make(map[string]int, len(n.nodes))
	for i := range n.nodes {
		index[n.nodes[i].ID] = i
	}
	for i := range n.lines {
		from, found := index[n.lines[i].From]
		to, both := index[n.lines[i].To]
		if found && both && from != to && l.nodes[from].size.Width > 0 && l.nodes[to].size.Width > 0 {
			l.paths[i] = l.path(n.nodes, from, to)
		}
	}
	l.placeLabels(n.lines)
	return l
}

// placeNodes spreads two columns over the height. The first nodes of each column have room.
func (l *networkLayout) placeNodes(nodes []Node, size fyne.Size) {
	var counts, at [2]int
	for i := range nodes {
		counts[column(&nodes[i])]++
	}
	height, node := size.Height-saidHeight, float32(nodeHeight)
	if room := roomFor(height, nodeHeight); counts[0] > room || counts[1] > room {
		l.low, node = true, lowHeight
	}
	room := roomFor(height, node)
	for i := range nodes {
		c := column(&nodes[i])
		if at[c] == room {
			l.rest += max(nodes[i].Stands, 1)
			continue
		}
		x := float32(edge)
		if c == 1 {
			x = size.Width - nodeWidth - edge
		}
		l.nodes[i] = box{fyne.NewPos(x, height*(float32(at[c])+0.5)/float32(min(counts[c], room))-node/2), fyne.NewSize(nodeWidth, node)}
		at[c]++
	}
}

func column(node *Node) int {
	if node.Right {
		return 1
	}
	return 0
}

// path goes from beside one node to beside another; within a column it bends towards the middle.
func (l *networkLayout) path(nodes []Node, from, to int) []fyne.Position {
	side := func(i int) fyne.Position {
		b := l.nodes[i]
		if nodes[i].Right {
			return b.at.AddXY(0, b.size.Height/2)
		}
		return b.at.AddXY(b.size.Width, b.size.Height/2)
	}
	first, last := side(from), side(to)
	if nodes[from].Right != nodes[to].Right {
		return []fyne.Position{first, last}
	}
	bend := float32(bow)
	if nodes[from].Right {
		bend = -bow
	}
	return []fyne.Position{first, fyne.NewPos(first.X+bend, (first.Y+last.Y)/2), last}
}

// labelParts are the parts of a line at which its label may stand, the best first. Those of lines that meet at a target stand nearer to
// their sources.
var labelParts = []float32{0.42, 0.28, 0.56, 0.35, 0.5, 0.2, 0.64, 0.72}

// placeLabels puts each label on its line where it covers no other label and no node, those of the last lines first. Among many lines
// a label may find no place.
func (l *networkLayout) placeLabels(lines []Line) {
	var taken []box
	for _, node := range l.nodes {
		if node.size.Width > 0 {
			taken = append(taken, node)
		}
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].Label == "" || len(l.paths[i]) == 0 {
			continue
		}
		if at, found := labelPlace(l.paths[i], fyne.NewSize(labelWidth(lines[i].Label), labelSize), taken); found {
			l.labels[i] = at
			taken = append(taken, at)
		}
	}
}

func labelPlace(path []fyne.Position, size fyne.Size, taken []box) (box, bool) {
	parts := labelParts
	if len(path) > 2 {
		parts = []float32{0.5}
	}
	for _, part := range parts {
		middle := along(path, part)
		try := box{middle.SubtractXY(size.Width/2, size.Height/2), size}
		free := true
		for _, other := range taken {
			free = free && !try.touches(other)
		}
		if free {
			return try, true
		}
	}
	return box{}, false
}

// along gives the point of a path of one or two equal pieces at a part of it.
func along(path []fyne.Position, part float32) fyne.Position {
	pieces := float32(len(path) - 1)
	piece := min(int(part*pieces), len(path)-2)
	rest := part*pieces - float32(piece)
	from, to := path[piece], path[piece+1]
	return fyne.NewPos(from.X+(to.X-from.X)*rest, from.Y+(to.Y-from.Y)*rest)
}

// nodeAt is the node at a position; -1 for none.
func (l *networkLayout) nodeAt(p fyne.Position) int {
	for i, node := range l.nodes {
		if node.has(p) {
			return i
		}
	}
	return -1
}

// lineAt is the line whose label is at a position, or else the one that is nearest to it; -1 for none near.
func (l *networkLayout) lineAt(p fyne.Position) int {
	for i, label := range l.labels {
		if label.has(p) {
			return i
		}
	}
	nearest, distance := -1, float64(near)
	for i, path := range l.paths {
		for j := 1; j < len(path); j++ {
			if d := distanceTo(p, path[j-1], path[j]); d <= distance { // of two, the one that is drawn over the other
				nearest, distance = i, d
			}
		}
	}
	return nearest
}

// distanceTo is how far a point is from the line between two others.
func distanceTo(p, from, to fyne.Position) float64 {
	dx, dy := float64(to.X-from.X), float64(to.Y-from.Y)
	px, py := float64(p.X-from.X), float64(p.Y-from.Y)
	part := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		part = min(max((px*dx+py*dy)/length, 0), 1)
	}
	return math.Hypot(px-part*dx, py-part*dy)
}
