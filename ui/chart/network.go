package chart

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/vector"
)

// Node is a component on a Network.
type Node struct {
	ID, Name, Detail string
	Icon             fyne.Resource
	Color            fyne.ThemeColorName // of the name
	Right            bool                // it stands at the right: a target of routes
}

// Line is traffic between two nodes.
type Line struct {
	From, To string // ids of nodes
	Color    fyne.ThemeColorName
	Width    float32 // 1 is thin
	Label    string
	Icon     fyne.Resource // at its middle: the lock
}

// Network shows components, sources at the left and targets at the right, and the traffic between them.
type Network struct {
	widget.BaseWidget
	// OnTapped is called with the id of a node that was clicked.
	OnTapped func(id string)
	nodes    []Node
	lines    []Line
	pixels   *image.RGBA
}

// NewNetwork makes an empty one.
func NewNetwork() *Network {
	n := &Network{}
	n.ExtendBaseWidget(n)
	return n
}

// Set shows other nodes and lines. Nothing is drawn where they are those that are shown.
func (n *Network) Set(nodes []Node, lines []Line) {
	if reflect.DeepEqual(n.nodes, nodes) && reflect.DeepEqual(n.lines, lines) {
		return
	}
	n.nodes, n.lines = nodes, lines
	n.Refresh()
}

// Tapped finds the node that was clicked.
func (n *Network) Tapped(e *fyne.PointEvent) {
	if n.OnTapped == nil {
		return
	}
	for i, at := range n.places(n.Size()) {
		if math.Abs(float64(at.X-e.Position.X)) < nodeWidth/2 && math.Abs(float64(at.Y-e.Position.Y)) < nodeHeight/2 {
			n.OnTapped(n.nodes[i].ID)
		}
	}
}

const (
	nodeWidth  = 150
	nodeHeight = 46
)

// places are the middles of the nodes, two columns spread over the height.
func (n *Network) places(size fyne.Size) []fyne.Position {
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
	places := make([]fyne.Position, len(n.nodes))
	for i := range n.nodes {
		c := column(&n.nodes[i])
		x := float32(nodeWidth/2 + 8)
		if c == 1 {
			x = size.Width - nodeWidth/2 - 8
		}
		places[i] = fyne.NewPos(x, size.Height*(float32(at[c])+0.5)/float32(counts[c]))
		at[c]++
	}
	return places
}

func (n *Network) draw(width, height int) image.Image {
	if n.pixels == nil || n.pixels.Bounds().Dx() != width || n.pixels.Bounds().Dy() != height {
		n.pixels = image.NewRGBA(image.Rect(0, 0, width, height))
	}
	draw.Draw(n.pixels, n.pixels.Bounds(), image.NewUniform(themed(theme.ColorNameBackground)), image.Point{}, draw.Src)
	if n.Size().Width == 0 {
		return n.pixels
	}
	scale := float32(width) / n.Size().Width
	places := n.places(n.Size())
	for _, line := range n.lines {
		from, to, found := n.ends(line, places)
		if found {
			stroke(n.pixels, from.X*scale, from.Y*scale, to.X*scale, to.Y*scale, line.Width*scale, themed(line.Color))
		}
	}
	return n.pixels
}

// ends gives where a line begins and ends: beside its nodes.
func (n *Network) ends(line Line, places []fyne.Position) (from, to fyne.Position, found bool) {
	first, second := -1, -1
	for i := range n.nodes {
		switch n.nodes[i].ID {
		case line.From:
			first = i
		case line.To:
			second = i
		}
	}
	if first < 0 || second < 0 {
		return from, to, false
	}
	side := func(i int) fyne.Position {
		if n.nodes[i].Right {
			return places[i].SubtractXY(nodeWidth/2, 0)
		}
		return places[i].AddXY(nodeWidth/2, 0)
	}
	return side(first), side(second), true
}

// stroke draws a line as a filled quadrangle.
func stroke(to *image.RGBA, x1, y1, x2, y2, width float32, c color.Color) {
	dx, dy := x2-x1, y2-y1
	length := float32(math.Hypot(float64(dx), float64(dy)))
	if length == 0 {
		return
	}
	nx, ny := -dy/length*width/2, dx/length*width/2
	raster := vector.NewRasterizer(to.Bounds().Dx(), to.Bounds().Dy())
	raster.MoveTo(x1+nx, y1+ny)
	raster.LineTo(x2+nx, y2+ny)
	raster.LineTo(x2-nx, y2-ny)
	raster.LineTo(x1-nx, y1-ny)
	raster.ClosePath()
	raster.Draw(to, to.Bounds(), image.NewUniform(c), image.Point{})
}

// CreateRenderer draws it.
func (n *Network) CreateRenderer() fyne.WidgetRenderer {
	r := &networkRenderer{network: n, raster: canvas.NewRaster(n.draw)}
	r.build()
	return r
}

type networkRenderer struct {
	network *Network
	raster  *canvas.Raster
	nodes   []nodeParts
	lines   []lineParts
	objects []fyne.CanvasObject
}

type nodeParts struct {
	back         *canvas.Rectangle
	icon         *widget.Icon
	name, detail *canvas.Text
}

type lineParts struct {
	back  *canvas.Rectangle
	icon  *widget.Icon
	label *canvas.Text
}

func (r *networkRenderer) Destroy() {}

func (r *networkRenderer) MinSize() fyne.Size { return fyne.NewSize(2*nodeWidth+160, 160) }

func (r *networkRenderer) Objects() []fyne.CanvasObject { return r.objects }

// build makes the objects for the present nodes and lines.
func (r *networkRenderer) build() {
	r.nodes, r.lines = nil, nil
	r.objects = []fyne.CanvasObject{r.raster}
	for i := range r.network.lines {
		line := &r.network.lines[i]
		parts := lineParts{canvas.NewRectangle(themed(theme.ColorNameBackground)), widget.NewIcon(line.Icon), canvas.NewText(line.Label, themed(line.Color))}
		parts.label.TextSize = theme.CaptionTextSize()
		r.lines = append(r.lines, parts)
		r.objects = append(r.objects, parts.back, parts.icon, parts.label)
	}
	for i := range r.network.nodes {
		node := &r.network.nodes[i]
		parts := nodeParts{canvas.NewRectangle(themed("lockwire.rail")), widget.NewIcon(node.Icon), canvas.NewText(node.Name, themed(node.Color)), canvas.NewText(node.Detail, themed("lockwire.muted"))}
		parts.back.CornerRadius, parts.back.StrokeWidth, parts.back.StrokeColor = 6, 1, themed(theme.ColorNameInputBorder)
		parts.name.TextStyle.Bold = true
		parts.name.Text = Shorten(node.Name, parts.name.TextSize, parts.name.TextStyle, nodeWidth-40)
		parts.detail.TextSize = theme.CaptionTextSize()
		parts.detail.Text = Shorten(node.Detail, parts.detail.TextSize, parts.detail.TextStyle, nodeWidth-40)
		r.nodes = append(r.nodes, parts)
		r.objects = append(r.objects, parts.back, parts.icon, parts.name, parts.detail)
	}
}

func (r *networkRenderer) Layout(size fyne.Size) {
	r.raster.Resize(size)
	places := r.network.places(size)
	for i, parts := range r.nodes {
		corner := places[i].SubtractXY(nodeWidth/2, nodeHeight/2)
		parts.back.Move(corner)
		parts.back.Resize(fyne.NewSize(nodeWidth, nodeHeight))
		parts.icon.Move(corner.AddXY(8, (nodeHeight-20)/2))
		parts.icon.Resize(fyne.NewSize(20, 20))
		parts.name.Move(corner.AddXY(34, 6))
		parts.name.Resize(fyne.NewSize(nodeWidth-40, 18))
		parts.detail.Move(corner.AddXY(34, 25))
		parts.detail.Resize(fyne.NewSize(nodeWidth-40, 16))
	}
	for i, parts := range r.lines {
		from, to, found := r.network.ends(r.network.lines[i], places)
		if !found {
			continue
		}
		width := fyne.MeasureText(parts.label.Text, parts.label.TextSize, parts.label.TextStyle).Width + 24
		// Labels of lines that meet at one node stay apart: each stands nearer to its own source.
		at := fyne.NewPos(from.X+(to.X-from.X)*0.42-width/2, from.Y+(to.Y-from.Y)*0.42-9)
		parts.back.Move(at)
		parts.back.Resize(fyne.NewSize(width, 18))
		parts.icon.Move(at.AddXY(2, 2))
		parts.icon.Resize(fyne.NewSize(14, 14))
		parts.label.Move(at.AddXY(19, 1))
		parts.label.Resize(fyne.NewSize(width-22, 16))
	}
}

func (r *networkRenderer) Refresh() {
	r.build()
	r.Layout(r.network.Size())
	r.raster.Refresh()
	canvas.Refresh(r.network)
}
