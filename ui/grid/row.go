package grid

import (
	"image/color"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/chart"
)

const (
	rowHeight    = 28
	headerHeight = 28
	cellPadding  = 8
	iconSize     = 16
	iconGap      = 6
	barWidth     = 84 // and never more than half of a cell
	barHeight    = 12
	trendWidth   = 44
	trendHeight  = 16

	colorHover  fyne.ThemeColorName = "lockwire.rowHover"
	colorChosen fyne.ThemeColorName = "lockwire.rowChosen"
	colorLine   fyne.ThemeColorName = "lockwire.line"
	colorMuted  fyne.ThemeColorName = "lockwire.muted"
	colorRing   fyne.ThemeColorName = "lockwire.focusRing"
)

// cell is what one cell of a row shows.
type cell struct {
	text  string
	icon  fyne.Resource
	color fyne.ThemeColorName
	align fyne.TextAlign
	width float32

	bar    chart.Level
	hasBar bool
	trend  chart.Trend
	fill   fyne.ThemeColorName // of the trend; empty where there is none
}

// barWidth is how much of the cell its bar takes.
func (c *cell) barWidth() float32 {
	if !c.hasBar {
		return 0
	}
	return min(barWidth, (c.width-2*cellPadding)/2)
}

// table is the grid as its rows see it.
type table interface {
	clicked(i int, x float32)
	menuFor(i int, x float32, at fyne.Position)
	hovered(i int, x float32, cut func(cell int) bool)
	left()
}

// row is one visible row: one widget of texts.
type row struct {
	widget.BaseWidget
	table  table
	index  int // of the data that it shows; -1 for none
	cells  []cell
	chosen bool
	cursor bool // keys go on from here
	hover  bool
	drawn  *rowRenderer
}

func newRow(t table) *row {
	r := &row{table: t, index: -1}
	r.ExtendBaseWidget(r)
	return r
}

// set shows other cells, and draws only what is different.
func (r *row) set(i int, cells []cell, chosen, cursor bool) {
	if r.index == i && r.chosen == chosen && r.cursor == cursor && slices.Equal(r.cells, cells) {
		return
	}
	r.index, r.chosen, r.cursor = i, chosen, cursor
	r.cells = append(r.cells[:0], cells...)
	if r.drawn != nil {
		r.drawn.update()
	}
}

// AccessibilityLabel has the texts of the row's cells, as they stand.
func (r *row) AccessibilityLabel() string {
	var texts []string
	for _, cell := range r.cells {
		if cell.text != "" {
			texts = append(texts, cell.text)
		}
	}
	return strings.Join(texts, ", ")
}

// AccessibilityRole says that it can be pressed.
func (r *row) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped selects the row. It has to be here, because a row that takes secondary clicks gets the primary ones too.
func (r *row) Tapped(e *fyne.PointEvent) {
	x := float32(-1) // of no column
	if e != nil {
		x = e.Position.X
	}
	r.table.clicked(r.index, x)
}

// TappedSecondary shows the context menu.
func (r *row) TappedSecondary(e *fyne.PointEvent) {
	r.table.menuFor(r.index, e.Position.X, e.AbsolutePosition)
}

// MouseIn, MouseMoved and MouseOut show which row is under the mouse, and what of it was cut.
func (r *row) MouseIn(e *desktop.MouseEvent) {
	r.hover = true
	r.paintBack()
	r.MouseMoved(e)
}

// MouseMoved shows the text of a cell that was cut.
func (r *row) MouseMoved(e *desktop.MouseEvent) {
	x := float32(-1)
	if e != nil {
		x = e.Position.X
	}
	r.table.hovered(r.index, x, func(i int) bool { return r.drawn != nil && i < len(r.drawn.cut) && r.drawn.cut[i] })
}

// MouseOut takes both away.
func (r *row) MouseOut() {
	r.hover = false
	r.paintBack()
	r.table.left()
}

func (r *row) paintBack() {
	if r.drawn != nil {
		r.drawn.paintBack()
	}
}

// CreateRenderer draws it.
func (r *row) CreateRenderer() fyne.WidgetRenderer {
	r.drawn = &rowRenderer{row: r, back: canvas.NewRectangle(nil), line: canvas.NewRectangle(nil)}
	r.drawn.Refresh()
	return r.drawn
}

type rowRenderer struct {
	row        *row
	back, line *canvas.Rectangle
	texts      []*canvas.Text
	icons      []*canvas.Image
	bars       []*chart.Bar   // nil for cells that never had one
	trends     []*chart.Spark // likewise
	cut        []bool         // of which cells the text was cut
	shown      []cell         // what the texts and icons show now
	objects    []fyne.CanvasObject
}

func (r *rowRenderer) Destroy()                     { r.row.drawn = nil }
func (r *rowRenderer) MinSize() fyne.Size           { return fyne.NewSize(100, rowHeight) }
func (r *rowRenderer) Objects() []fyne.CanvasObject { return r.objects }

// grow makes as many cells as there are columns.
func (r *rowRenderer) grow() {
	if len(r.texts) == len(r.row.cells) && r.objects != nil {
		return
	}
	r.texts, r.icons, r.shown, r.cut = nil, nil, make([]cell, len(r.row.cells)), make([]bool, len(r.row.cells))
	r.bars, r.trends = make([]*chart.Bar, len(r.row.cells)), make([]*chart.Spark, len(r.row.cells))
	r.objects = []fyne.CanvasObject{r.back, r.line}
	for range r.row.cells {
		text, icon := canvas.NewText("", nil), canvas.NewImageFromResource(nil)
		icon.FillMode = canvas.ImageFillContain
		icon.Hide()
		icon.Resize(fyne.NewSquareSize(iconSize))
		r.texts, r.icons = append(r.texts, text), append(r.icons, icon)
		r.objects = append(r.objects, text, icon)
	}
}

func (r *rowRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	r.line.Move(fyne.NewPos(0, size.Height-1))
	r.line.Resize(fyne.NewSize(size.Width, 1))
}

// update shows the cells that are different from what is shown.
func (r *rowRenderer) update() {
	r.grow()
	r.paintBack()
	x := float32(0)
	for i, c := range r.row.cells {
		if c != r.shown[i] || r.texts[i].Color == nil || r.texts[i].Position().X != r.textAt(x, c) {
			r.show(i, c, x)
		}
		x += c.width
	}
}

// textAt is where a cell's text begins.
func (r *rowRenderer) textAt(x float32, c cell) float32 {
	switch {
	case c.icon != nil:
		return x + cellPadding + iconSize + iconGap
	case c.hasBar:
		return x + cellPadding + c.barWidth() + iconGap
	case c.fill != "":
		return x + cellPadding + trendWidth + iconGap
	}
	return x + cellPadding
}

// show shows one cell.
func (r *rowRenderer) show(i int, c cell, x float32) {
	text, icon, was := r.texts[i], r.icons[i], r.shown[i]
	r.shown[i] = c
	if c.icon == nil {
		icon.Hide()
	} else {
		icon.Move(fyne.NewPos(x+cellPadding, (rowHeight-iconSize)/2))
		if c.icon != was.icon || c.color != was.color || icon.Resource == nil {
			icon.Resource = theme.NewColoredResource(c.icon, c.color)
			icon.Refresh()
		}
		icon.Show()
	}
	r.showBar(i, c, x)
	r.showTrend(i, c, x)
	text.Color, text.Alignment, text.TextSize = themed(c.color), c.align, theme.TextSize()
	left := r.textAt(x, c)
	width := max(x+c.width-cellPadding-left, 0)
	text.Text = chart.Shorten(c.text, text.TextSize, text.TextStyle, width)
	r.cut[i] = text.Text != c.text
	height := lineHeight(text.TextSize)
	text.Move(fyne.NewPos(left, (rowHeight-height)/2))
	text.Resize(fyne.NewSize(width, height))
	text.Refresh()
}

// showBar shows the bar of a cell, where it has one.
func (r *rowRenderer) showBar(i int, c cell, x float32) {
	switch bar := r.bars[i]; {
	case !c.hasBar && bar != nil:
		bar.Hide()
	case c.hasBar:
		if bar == nil {
			bar = chart.NewBar()
			r.bars[i] = bar
			r.objects = append(r.objects, bar)
		}
		bar.Set(c.bar)
		bar.Move(fyne.NewPos(x+cellPadding, (rowHeight-barHeight)/2))
		bar.Resize(fyne.NewSize(c.barWidth(), barHeight))
		bar.Show()
	}
}

// showTrend shows the trend of a cell, where it has one.
func (r *rowRenderer) showTrend(i int, c cell, x float32) {
	switch trend := r.trends[i]; {
	case c.fill == "" && trend != nil:
		trend.Hide()
	case c.fill != "":
		if trend == nil {
			trend = chart.NewSpark()
			r.trends[i] = trend
			r.objects = append(r.objects, trend)
		}
		trend.Set(c.trend, c.fill)
		trend.Move(fyne.NewPos(x+cellPadding, (rowHeight-trendHeight)/2))
		trend.Resize(fyne.NewSize(trendWidth, trendHeight))
		trend.Show()
	}
}

func (r *rowRenderer) paintBack() {
	wanted := themed(theme.ColorNameBackground)
	switch {
	case r.row.chosen:
		wanted = themed(colorChosen)
	case r.row.hover:
		wanted = themed(colorHover)
	}
	edge, width := color.Color(nil), float32(0)
	if r.row.cursor {
		edge, width = themed(colorRing), 1
	}
	if r.back.FillColor != wanted || r.back.StrokeColor != edge {
		r.back.FillColor, r.back.StrokeColor, r.back.StrokeWidth = wanted, edge, width
		r.back.Refresh()
	}
}

// Refresh redraws everything for another theme.
func (r *rowRenderer) Refresh() {
	r.objects = nil
	r.texts = nil
	r.update()
	r.line.FillColor = themed(colorLine)
	r.Layout(r.row.Size())
	canvas.Refresh(r.row)
}

// themed gives a colour of the theme in force.
func themed(name fyne.ThemeColorName) color.Color {
	settings := fyne.CurrentApp().Settings()
	return settings.Theme().Color(name, settings.ThemeVariant())
}

// lineHeight is that of a line of text.
func lineHeight(size float32) float32 { return fyne.MeasureText("Mg", size, fyne.TextStyle{}).Height }
