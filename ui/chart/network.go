package chart

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"reflect"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/vector"
)

// Node is a component on a Network, or several that are folded into one.
type Node struct {
	ID, Name, Detail string
	Icon             fyne.Resource
	Color            fyne.ThemeColorName // of the name
	Right            bool                // it stands at the right: a target of routes
	// Stands is how many components a folded node stands for; 0 for a single one.
	Stands int
}

// Line is traffic between two nodes.
type Line struct {
	From, To string // ids of nodes
	Color    fyne.ThemeColorName
	Width    float32       // 1 is thin
	Label    string        // empty for none
	Icon     fyne.Resource // beside the label: the lock
	Words    string        // are shown while the mouse is on it
}

// Network shows components, sources at the left and targets at the right, and the traffic between them. Later lines are drawn over
// earlier ones, and get their labels first.
type Network struct {
	widget.BaseWidget
	// OnTapped is called with the id of a node that was clicked, OnLine with the ends of a line.
	OnTapped func(id string)
	OnLine   func(from, to string)
	// OnRoom is called when another number of nodes has room in a column.
	OnRoom  func()
	nodes   []Node
	lines   []Line
	hovered int // the line under the mouse; -1 for none
	cursor  desktop.StandardCursor
	pixels  *image.RGBA
}

// NewNetwork makes an empty one.
func NewNetwork() *Network {
	n := &Network{hovered: -1}
	n.ExtendBaseWidget(n)
	return n
}

// Set shows nodes and lines. If there is no room for all nodes it shows the first ones of each column. It draws nothing if nothing changed.
func (n *Network) Set(nodes []Node, lines []Line) {
	if reflect.DeepEqual(n.nodes, nodes) && reflect.DeepEqual(n.lines, lines) {
		return
	}
	hovered := -1
	if n.hovered >= 0 { // the line under the mouse stays so
		was := n.lines[n.hovered]
		hovered = slices.IndexFunc(lines, func(l Line) bool { return l.From == was.From && l.To == was.To })
	}
	n.nodes, n.lines, n.hovered = nodes, lines, hovered
	n.Refresh()
}

// Resize gives it another size.
func (n *Network) Resize(size fyne.Size) {
	before := n.Room()
	n.BaseWidget.Resize(size)
	if n.OnRoom != nil && n.Room() != before {
		n.OnRoom()
	}
}

// AccessibilityLabel and AccessibilityRole tell assistive tools what it is.
func (n *Network) AccessibilityLabel() string {
	return fmt.Sprintf("Map of %d components and %d links between them", len(n.nodes), len(n.lines))
}
func (n *Network) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped opens the node or the line that was clicked.
func (n *Network) Tapped(e *fyne.PointEvent) {
	l := n.layout(n.Size())
	if i := l.nodeAt(e.Position); i >= 0 {
		if n.OnTapped != nil {
			n.OnTapped(n.nodes[i].ID)
		}
		return
	}
	if i := l.lineAt(e.Position); i >= 0 && n.OnLine != nil {
		n.OnLine(n.lines[i].From, n.lines[i].To)
	}
}

// Cursor is a hand where a click opens something.
func (n *Network) Cursor() desktop.Cursor { return n.cursor }

// MouseIn, MouseMoved and MouseOut find what is under the mouse.
func (n *Network) MouseIn(e *desktop.MouseEvent) { n.MouseMoved(e) }

// MouseMoved finds what is under the mouse.
func (n *Network) MouseMoved(e *desktop.MouseEvent) {
	l := n.layout(n.Size())
	node, line := l.nodeAt(e.Position), -1
	if node < 0 {
		line = l.lineAt(e.Position)
	}
	n.cursor = desktop.DefaultCursor
	if node >= 0 || line >= 0 {
		n.cursor = desktop.PointerCursor
	}
	n.hover(line)
}

// MouseOut forgets it.
func (n *Network) MouseOut() { n.hover(-1) }

func (n *Network) hover(line int) {
	if n.hovered != line {
		n.hovered = line
		n.Refresh()
	}
}

func (n *Network) draw(width, height int) image.Image {
	n.pixels = Pixels(n.pixels, width, height)
	draw.Draw(n.pixels, n.pixels.Bounds(), image.NewUniform(themed(theme.ColorNameBackground)), image.Point{}, draw.Src)
	if n.Size().Width == 0 {
		return n.pixels
	}
	scale := float32(width) / n.Size().Width
	l := n.layout(n.Size())
	for i, line := range n.lines {
		stroked := line.Width
		if i == n.hovered {
			stroked += 2
		}
		path := l.paths[i]
		for j := 1; j < len(path); j++ {
			stroke(n.pixels, path[j-1].X*scale, path[j-1].Y*scale, path[j].X*scale, path[j].Y*scale, stroked*scale, themed(line.Color))
		}
	}
	return n.pixels
}

// stroke draws a line as a filled quadrangle. Only the pixels around it are rasterized: a map has many lines, and is drawn each second.
func stroke(to *image.RGBA, x1, y1, x2, y2, width float32, c color.Color) {
	dx, dy := x2-x1, y2-y1
	length := float32(math.Hypot(float64(dx), float64(dy)))
	if length == 0 {
		return
	}
	nx, ny := -dy/length*width/2, dx/length*width/2
	beside := int(width/2) + 1
	around := image.Rect(int(x1), int(y1), int(x2), int(y2)) // in order
	around.Max = around.Max.Add(image.Pt(1, 1))
	around = around.Inset(-beside).Intersect(to.Bounds())
	left, top := float32(around.Min.X), float32(around.Min.Y)
	raster := vector.NewRasterizer(around.Dx(), around.Dy())
	raster.MoveTo(x1+nx-left, y1+ny-top)
	raster.LineTo(x2+nx-left, y2+ny-top)
	raster.LineTo(x2-nx-left, y2-ny-top)
	raster.LineTo(x1-nx-left, y1-ny-top)
	raster.ClosePath()
	raster.Draw(to, around, image.NewUniform(c), image.Point{})
}
