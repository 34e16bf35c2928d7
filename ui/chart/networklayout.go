package chart

import "fyne.io/fyne/v2"

const (
	nodeWidth  = 150
	nodeHeight = 46
	nodeGap    = 6
	restHeight = 20 // of the line that says how many are not shown
)

// outside is the position of a node without room.
var outside = fyne.NewPos(-2*nodeWidth, -2*nodeHeight)

// positions are the middles of the nodes, two columns spread over the height, and how many components are not shown. The first nodes of
// each column have room; the others are outside.
func (n *Network) positions(size fyne.Size) (positions []fyne.Position, rest int) {
	var counts, at [2]int
	column := func(node *Node) int {
		if node.Right {
			return 1
		}
		return 0
	}
	for i := range n.nodes {
		counts[column(&n.nodes[i])]++
	}
	height, rest := size.Height, n.others
	if room := roomFor(height); rest > 0 || counts[0] > room || counts[1] > room {
		height -= restHeight
	}
	for c, room := range [2]int{roomFor(height), roomFor(height)} {
		rest += max(0, counts[c]-room)
		counts[c] = min(counts[c], room)
	}
	positions = make([]fyne.Position, len(n.nodes))
	for i := range n.nodes {
		c := column(&n.nodes[i])
		if at[c] == counts[c] {
			positions[i] = outside
			continue
		}
		x := float32(nodeWidth/2 + 8)
		if c == 1 {
			x = size.Width - nodeWidth/2 - 8
		}
		positions[i] = fyne.NewPos(x, height*(float32(at[c])+0.5)/float32(counts[c]))
		at[c]++
	}
	return positions, rest
}

// roomFor is the number of nodes that fit into a column without touching.
func roomFor(height float32) int { return max(1, int(height/(nodeHeight+nodeGap))) }

// ends gives where a line begins and ends: beside its nodes. A line between nodes of which one is not shown, or within one, has no ends.
func (n *Network) ends(line Line, positions []fyne.Position) (from, to fyne.Position, found bool) {
	first, second := -1, -1
	for i := range n.nodes {
		switch n.nodes[i].ID {
		case line.From:
			first = i
		case line.To:
			second = i
		}
	}
	if first < 0 || second < 0 || positions[first] == outside || positions[second] == outside {
		return from, to, false
	}
	side := func(i int) fyne.Position {
		if n.nodes[i].Right {
			return positions[i].SubtractXY(nodeWidth/2, 0)
		}
		return positions[i].AddXY(nodeWidth/2, 0)
	}
	return side(first), side(second), true
}

// box is where a label stands.
type box struct {
	at   fyne.Position
	size fyne.Size
}

func (b box) touches(other box) bool {
	return b.at.X < other.at.X+other.size.Width && other.at.X < b.at.X+b.size.Width && b.at.Y < other.at.Y+other.size.Height && other.at.Y < b.at.Y+b.size.Height
}

// labelPosition finds a position on a line where its label covers no other label. Labels of lines that meet at one node are placed nearer to
// their sources. Among many lines a label may find none.
func labelPosition(from, to fyne.Position, size fyne.Size, taken []box) (fyne.Position, bool) {
	for _, part := range []float32{0.42, 0.28, 0.56} {
		try := box{fyne.NewPos(from.X+(to.X-from.X)*part-size.Width/2, from.Y+(to.Y-from.Y)*part-size.Height/2), size}
		free := true
		for _, other := range taken {
			free = free && !try.touches(other)
		}
		if free {
			return try.at, true
		}
	}
	return fyne.Position{}, false
}
