package chart

import (
	"fmt"
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
	others   int // that are not among the nodes
	pixels   *image.RGBA
}

// NewNetwork makes an empty one.
func NewNetwork() *Network {
	n := &Network{}
	n.ExtendBaseWidget(n)
	return n
}

// Set shows nodes and lines, and the number of other components. If there is no room for all nodes it shows the first ones. It draws
// nothing if nothing changed.
func (n *Network) Set(nodes []Node, lines []Line, others int) {
	if n.others == others && reflect.DeepEqual(n.nodes, nodes) && reflect.DeepEqual(n.lines, lines) {
		return
	}
	n.nodes, n.lines, n.others = nodes, lines, others
	n.Refresh()
}

// Tapped finds the node that was clicked.
func (n *Network) Tapped(e *fyne.PointEvent) {
	if n.OnTapped == nil {
		return
	}
	positions, _ := n.positions(n.Size())
	for i, at := range positions {
		if math.Abs(float64(at.X-e.Position.X)) < nodeWidth/2 && math.Abs(float64(at.Y-e.Position.Y)) < nodeHeight/2 {
			n.OnTapped(n.nodes[i].ID)
		}
	}
}

func (n *Network) draw(width, height int) image.Image {
	n.pixels = Pixels(n.pixels, width, height)
	draw.Draw(n.pixels, n.pixels.Bounds(), image.NewUniform(themed(theme.ColorNameBackground)), image.Point{}, draw.Src)
	if n.Size().Width == 0 {
		return n.pixels
	}
	scale := float32(width) / n.Size().Width
	positions, _ := n.positions(n.Size())
	for _, line := range n.lines {
		from, to, found := n.ends(line, positions)
		if found {
			stroke(n.pixels, from.X*scale, from.Y*scale, to.X*scale, to.Y*scale, line.Width*scale, themed(line.Color))
		}
	}
	return n.pixels
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
	rest    *canvas.Text // how many are not shown
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
	r.rest = canvas.NewText("", themed("lockwire.muted"))
	r.rest.TextSize = theme.CaptionTextSize()
	r.objects = append(r.objects, r.rest)
}

func (r *networkRenderer) Layout(size fyne.Size) {
	r.raster.Resize(size)
	positions, rest := r.network.positions(size)
	r.rest.Text = ""
	if rest > 0 {
		r.rest.Text = fmt.Sprintf("and %d more components", rest)
		if rest == 1 {
			r.rest.Text = "and 1 more component"
		}
	}
	r.rest.Move(fyne.NewPos(8, size.Height-restHeight+2))
	for i, parts := range r.nodes {
		corner := positions[i].SubtractXY(nodeWidth/2, nodeHeight/2)
		parts.back.Move(corner)
		parts.back.Resize(fyne.NewSize(nodeWidth, nodeHeight))
		parts.icon.Move(corner.AddXY(8, (nodeHeight-20)/2))
		parts.icon.Resize(fyne.NewSize(20, 20))
		parts.name.Move(corner.AddXY(34, 6))
		parts.name.Resize(fyne.NewSize(nodeWidth-40, 18))
		parts.detail.Move(corner.AddXY(34, 25))
		parts.detail.Resize(fyne.NewSize(nodeWidth-40, 16))
	}
	var taken []box
	for i, parts := range r.lines {
		width := fyne.MeasureText(parts.label.Text, parts.label.TextSize, parts.label.TextStyle).Width + 24
		from, to, found := r.network.ends(r.network.lines[i], positions)
		var at fyne.Position
		if found {
			at, found = labelPosition(from, to, fyne.NewSize(width, 18), taken)
		}
		for _, o := range []fyne.CanvasObject{parts.back, parts.icon, parts.label} {
			if found {
				o.Show()
			} else {
				o.Hide()
			}
		}
		if !found {
			continue
		}
		taken = append(taken, box{at, fyne.NewSize(width, 18)})
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
