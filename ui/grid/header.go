package grid

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/chart"
)

// title is one column's heading.
type title struct {
	column int
	text   string
	width  float32
	align  fyne.TextAlign
	arrow  int // 1 sorted upward, -1 downward, 0 not
}

// header shows the titles. A click sorts, dragging an edge resizes.
type header struct {
	widget.BaseWidget
	titles func() []title
	sort   func(column int)
	resize func(column int, by float32)
	menu   func(at fyne.Position)
	drag   int // the column whose edge is dragged; -1 for none
	edge   bool
	drawn  *headerRenderer
}

func newHeader(titles func() []title, sort func(int), resize func(int, float32), menu func(fyne.Position)) *header {
	h := &header{titles: titles, sort: sort, resize: resize, menu: menu, drag: -1}
	h.ExtendBaseWidget(h)
	return h
}

// edgeReach is how near to a column's right edge the mouse has to be to drag it.
const edgeReach = 5

// at finds the column at a position, and whether it is at its right edge.
func (h *header) at(x float32) (column int, edge bool) {
	right := float32(0)
	for _, t := range h.titles() {
		right += t.width
		if x >= right-edgeReach && x <= right+edgeReach {
			return t.column, true
		}
		if x < right {
			return t.column, false
		}
	}
	return -1, false
}

// AccessibilityLabel has the titles of the columns.
func (h *header) AccessibilityLabel() string {
	var titles []string
	for _, t := range h.titles() {
		titles = append(titles, t.text)
	}
	return "Sort by " + strings.Join(titles, ", ")
}

// AccessibilityRole says that it can be pressed.
func (h *header) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped sorts by the column.
func (h *header) Tapped(e *fyne.PointEvent) {
	if column, edge := h.at(e.Position.X); column >= 0 && !edge {
		h.sort(column)
	}
}

// TappedSecondary offers the columns to choose from.
func (h *header) TappedSecondary(e *fyne.PointEvent) { h.menu(e.AbsolutePosition) }

// Dragged resizes the column whose edge it began at.
func (h *header) Dragged(e *fyne.DragEvent) {
	if h.drag < 0 {
		column, edge := h.at(e.Position.X - e.Dragged.DX)
		if !edge {
			return
		}
		h.drag = column
	}
	h.resize(h.drag, e.Dragged.DX)
}

// DragEnd ends it.
func (h *header) DragEnd() { h.drag = -1 }

// MouseIn, MouseMoved and MouseOut find out whether the mouse is at an edge.
func (h *header) MouseIn(e *desktop.MouseEvent) { h.MouseMoved(e) }

// MouseMoved finds out whether the mouse is at an edge.
func (h *header) MouseMoved(e *desktop.MouseEvent) { _, h.edge = h.at(e.Position.X) }

// MouseOut forgets it.
func (h *header) MouseOut() { h.edge = false }

// Cursor shows that an edge can be dragged.
func (h *header) Cursor() desktop.Cursor {
	if h.edge || h.drag >= 0 {
		return desktop.HResizeCursor
	}
	return desktop.DefaultCursor
}

// CreateRenderer draws it.
func (h *header) CreateRenderer() fyne.WidgetRenderer {
	h.drawn = &headerRenderer{header: h, back: canvas.NewRectangle(nil), line: canvas.NewRectangle(nil)}
	h.drawn.Refresh()
	return h.drawn
}

// update redraws the titles that changed.
func (h *header) update() {
	if h.drawn != nil && !slices.Equal(h.drawn.shown, h.titles()) {
		h.drawn.Refresh()
	}
}

type headerRenderer struct {
	header     *header
	back, line *canvas.Rectangle
	texts      []*canvas.Text
	arrows     []*canvas.Image
	edges      []*canvas.Rectangle
	objects    []fyne.CanvasObject
	shown      []title
}

func (r *headerRenderer) Destroy()                     { r.header.drawn = nil }
func (r *headerRenderer) MinSize() fyne.Size           { return fyne.NewSize(100, headerHeight) }
func (r *headerRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *headerRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	r.line.Move(fyne.NewPos(0, size.Height-1))
	r.line.Resize(fyne.NewSize(size.Width, 1))
	x := float32(0)
	for i, t := range r.header.titles() {
		if i >= len(r.texts) {
			return
		}
		width := t.width - 2*cellPadding
		if t.arrow != 0 {
			width -= 14
		}
		r.texts[i].Text = chart.Shorten(t.text, r.texts[i].TextSize, r.texts[i].TextStyle, width)
		height := lineHeight(r.texts[i].TextSize)
		r.texts[i].Move(fyne.NewPos(x+cellPadding, (size.Height-height)/2))
		r.texts[i].Resize(fyne.NewSize(max(width, 0), height))
		r.arrows[i].Move(fyne.NewPos(x+t.width-cellPadding-12, (size.Height-12)/2))
		r.arrows[i].Resize(fyne.NewSquareSize(12))
		r.edges[i].Move(fyne.NewPos(x+t.width-1, 6))
		r.edges[i].Resize(fyne.NewSize(1, size.Height-12))
		x += t.width
	}
}

func (r *headerRenderer) Refresh() {
	titles := r.header.titles()
	r.shown = titles
	if len(r.texts) != len(titles) {
		r.texts, r.arrows, r.edges = nil, nil, nil
		r.objects = []fyne.CanvasObject{r.back, r.line}
		for range titles {
			text, arrow, edge := canvas.NewText("", nil), canvas.NewImageFromResource(nil), canvas.NewRectangle(nil)
			text.TextStyle.Bold = true
			r.texts, r.arrows, r.edges = append(r.texts, text), append(r.arrows, arrow), append(r.edges, edge)
			r.objects = append(r.objects, text, arrow, edge)
		}
	}
	r.back.FillColor, r.line.FillColor = themed(theme.ColorNameHeaderBackground), themed(theme.ColorNameSeparator)
	for i, t := range titles {
		r.texts[i].Color, r.texts[i].Alignment, r.texts[i].TextSize = themed(colorMuted), t.align, theme.TextSize()-1
		r.edges[i].FillColor = themed(theme.ColorNameSeparator)
		r.arrows[i].Hidden = t.arrow == 0
		switch t.arrow {
		case 1:
			r.arrows[i].Resource = theme.NewColoredResource(theme.MoveUpIcon(), colorMuted)
		case -1:
			r.arrows[i].Resource = theme.NewColoredResource(theme.MoveDownIcon(), colorMuted)
		}
	}
	r.Layout(r.header.Size())
	canvas.Refresh(r.header)
}
