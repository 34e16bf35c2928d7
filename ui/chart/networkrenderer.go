package chart

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

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
	said    *canvas.Text // what is under the mouse, or how many are not shown
	objects []fyne.CanvasObject
}

type nodeParts struct {
	behind, back *canvas.Rectangle // behind is the second of a stack; nil for a single component
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
		parts := nodeParts{nil, nodeCard(), widget.NewIcon(node.Icon), canvas.NewText(node.Name, themed(node.Color)), canvas.NewText(node.Detail, themed("lockwire.muted"))}
		if node.Stands > 1 {
			parts.behind = nodeCard()
			r.objects = append(r.objects, parts.behind)
		}
		parts.name.TextStyle.Bold = true
		parts.detail.TextSize = theme.CaptionTextSize()
		r.nodes = append(r.nodes, parts)
		r.objects = append(r.objects, parts.back, parts.icon, parts.name, parts.detail)
	}
	r.said = canvas.NewText("", themed("lockwire.muted"))
	r.said.TextSize = theme.CaptionTextSize()
	r.objects = append(r.objects, r.said)
}

func nodeCard() *canvas.Rectangle {
	card := canvas.NewRectangle(themed("lockwire.rail"))
	card.CornerRadius, card.StrokeWidth, card.StrokeColor = 6, 1, themed(theme.ColorNameInputBorder)
	return card
}

// labelWidth is that of a label with its icon.
func labelWidth(label string) float32 {
	return fyne.MeasureText(label, theme.CaptionTextSize(), fyne.TextStyle{}).Width + 24
}

func (r *networkRenderer) Layout(size fyne.Size) {
	r.raster.Resize(size)
	l := r.network.layout(size)
	r.said.Text = r.words(l.rest)
	r.said.Move(fyne.NewPos(edge, size.Height-saidHeight+2))
	for i := range r.nodes {
		r.placeNode(&r.nodes[i], &r.network.nodes[i], l.nodes[i], l.low)
	}
	for i, parts := range r.lines {
		at := l.labels[i]
		for _, o := range []fyne.CanvasObject{parts.back, parts.icon, parts.label} {
			if at.size.Width > 0 {
				o.Show()
			} else {
				o.Hide()
			}
		}
		parts.back.Move(at.at)
		parts.back.Resize(at.size)
		parts.icon.Move(at.at.AddXY(2, 2))
		parts.icon.Resize(fyne.NewSize(14, 14))
		parts.label.Move(at.at.AddXY(19, 1))
		parts.label.Resize(fyne.NewSize(max(at.size.Width-22, 0), 16))
	}
}

// placeNode puts the parts of a node into its box; an empty one hides them.
func (r *networkRenderer) placeNode(parts *nodeParts, node *Node, at box, low bool) {
	objects := []fyne.CanvasObject{parts.back, parts.icon, parts.name, parts.detail}
	if parts.behind != nil {
		objects = append(objects, parts.behind)
		parts.behind.Move(at.at.AddXY(3, 3))
		parts.behind.Resize(at.size)
	}
	for _, o := range objects {
		if at.size.Width > 0 {
			o.Show()
		} else {
			o.Hide()
		}
	}
	parts.back.Move(at.at)
	parts.back.Resize(at.size)
	icon, left := float32(20), float32(34)
	if low {
		icon, left = 16, 28
	}
	width := float32(nodeWidth) - left - 6
	parts.icon.Move(at.at.AddXY(edge, (at.size.Height-icon)/2))
	parts.icon.Resize(fyne.NewSquareSize(icon))
	name, detail := fyne.MeasureText(node.Name, parts.name.TextSize, parts.name.TextStyle).Width, fyne.MeasureText(node.Detail, parts.detail.TextSize, parts.detail.TextStyle).Width
	if !low {
		parts.name.Text = Shorten(node.Name, parts.name.TextSize, parts.name.TextStyle, width)
		parts.name.Move(at.at.AddXY(left, 6))
		parts.name.Resize(fyne.NewSize(width, 18))
		parts.detail.Text = Shorten(node.Detail, parts.detail.TextSize, parts.detail.TextStyle, width)
		parts.detail.Move(at.at.AddXY(left, 25))
		parts.detail.Resize(fyne.NewSize(width, 16))
		return
	}
	parts.detail.Text = ""
	if name+detail+8 <= width { // a name comes before its detail
		parts.detail.Text = node.Detail
		parts.detail.Move(at.at.AddXY(nodeWidth-6-detail, 5))
		parts.detail.Resize(fyne.NewSize(detail, 16))
	}
	parts.name.Text = Shorten(node.Name, parts.name.TextSize, parts.name.TextStyle, width)
	parts.name.Move(at.at.AddXY(left, 3))
	parts.name.Resize(fyne.NewSize(width, 18))
}

// words are those of the line below.
func (r *networkRenderer) words(rest int) string {
	switch {
	case r.network.hovered >= 0:
		return r.network.lines[r.network.hovered].Words
	case rest == 1:
		return "and 1 more component"
	case rest > 1:
		return fmt.Sprintf("and %d more components", rest)
	}
	return ""
}

func (r *networkRenderer) Refresh() {
	r.build()
	r.Layout(r.network.Size())
	r.raster.Refresh()
	canvas.Refresh(r.network)
}
