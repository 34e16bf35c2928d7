package grid

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const (
	rowHeight    = 27
	headerHeight = 28
	cellPadding  = 8
	iconSize     = 16

	colorHover  fyne.ThemeColorName = "lockwire.rowHover"
	colorChosen fyne.ThemeColorName = "lockwire.rowChosen"
	colorLine   fyne.ThemeColorName = "lockwire.line"
	colorMuted  fyne.ThemeColorName = "lockwire.muted"
)

// cell is what one cell of a row shows.
type cell struct {
	text  string
	icon  fyne.Resource
	color fyne.ThemeColorName
	align fyne.TextAlign
	width float32
}

// table is the grid as its rows see it.
type table interface {
	clicked(i int, x float32)
	doubleTapped(i int)
	menuFor(i int, at fyne.Position)
}

// row is one visible row: one widget of texts.
type row struct {
	widget.BaseWidget
	table  table
	index  int
	cells  []cell
	chosen bool
	hover  bool
	last   int // the row that was clicked last, and when
	lastAt time.Time
}

func newRow(t table) *row {
	r := &row{table: t}
	r.ExtendBaseWidget(r)
	return r
}

// doubleWithin is the time within which a second click makes a double click.
const doubleWithin = 400 * time.Millisecond

// Tapped selects the row at once, and activates it where it was clicked a moment ago. Fyne's own double taps would make each
// single one wait. It has to be here, because a row that takes secondary clicks gets the primary ones too.
func (r *row) Tapped(e *fyne.PointEvent) {
	now := time.Now()
	again := r.last == r.index && now.Sub(r.lastAt) < doubleWithin
	r.last, r.lastAt = r.index, now
	if again {
		r.lastAt = time.Time{}
		r.table.doubleTapped(r.index)
		return
	}
	x := float32(-1) // of no column
	if e != nil {
		x = e.Position.X
	}
	r.table.clicked(r.index, x)
}

// TappedSecondary shows the context menu.
func (r *row) TappedSecondary(e *fyne.PointEvent) { r.table.menuFor(r.index, e.AbsolutePosition) }

// MouseIn, MouseMoved and MouseOut show which row is under the mouse.
func (r *row) MouseIn(*desktop.MouseEvent) { r.hover = true; r.Refresh() }

// MouseMoved changes nothing within a row.
func (r *row) MouseMoved(*desktop.MouseEvent) {}

// MouseOut takes the sign away.
func (r *row) MouseOut() { r.hover = false; r.Refresh() }

// CreateRenderer draws it.
func (r *row) CreateRenderer() fyne.WidgetRenderer {
	return &rowRenderer{row: r, back: canvas.NewRectangle(nil), line: canvas.NewRectangle(nil)}
}

type rowRenderer struct {
	row        *row
	back, line *canvas.Rectangle
	texts      []*canvas.Text
	icons      []*canvas.Image
	objects    []fyne.CanvasObject
}

func (r *rowRenderer) Destroy()                     {}
func (r *rowRenderer) MinSize() fyne.Size           { return fyne.NewSize(100, rowHeight) }
func (r *rowRenderer) Objects() []fyne.CanvasObject { return r.objects }

// grow makes as many cells as there are columns.
func (r *rowRenderer) grow() {
	if len(r.texts) == len(r.row.cells) && r.objects != nil {
		return
	}
	r.texts, r.icons = nil, nil
	r.objects = []fyne.CanvasObject{r.back, r.line}
	for range r.row.cells {
		text, icon := canvas.NewText("", nil), canvas.NewImageFromResource(nil)
		icon.FillMode = canvas.ImageFillContain
		r.texts, r.icons = append(r.texts, text), append(r.icons, icon)
		r.objects = append(r.objects, text, icon)
	}
}

func (r *rowRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	r.line.Move(fyne.NewPos(0, size.Height-1))
	r.line.Resize(fyne.NewSize(size.Width, 1))
	x := float32(0)
	for i, c := range r.row.cells {
		if i >= len(r.texts) {
			return
		}
		left, width := x+cellPadding, c.width-2*cellPadding
		if c.icon != nil {
			r.icons[i].Move(fyne.NewPos(left, (size.Height-iconSize)/2))
			r.icons[i].Resize(fyne.NewSquareSize(iconSize))
			left, width = left+iconSize+6, width-iconSize-6
		}
		text := r.texts[i]
		text.Text = shorten(c.text, text, width)
		height := text.MinSize().Height
		text.Move(fyne.NewPos(left, (size.Height-height)/2))
		text.Resize(fyne.NewSize(max(width, 0), height))
		x += c.width
	}
}

func (r *rowRenderer) Refresh() {
	r.grow()
	r.line.FillColor = themed(colorLine)
	switch {
	case r.row.chosen:
		r.back.FillColor = themed(colorChosen)
	case r.row.hover:
		r.back.FillColor = themed(colorHover)
	default:
		r.back.FillColor = themed(theme.ColorNameBackground)
	}
	for i, c := range r.row.cells {
		r.texts[i].Color, r.texts[i].Alignment, r.texts[i].TextSize = themed(c.color), c.align, theme.TextSize()
		r.icons[i].Hidden = c.icon == nil
		if c.icon != nil {
			r.icons[i].Resource = theme.NewColoredResource(c.icon, c.color)
		}
	}
	r.Layout(r.row.Size())
	canvas.Refresh(r.row)
}

// themed gives a colour of the theme in force.
func themed(name fyne.ThemeColorName) color.Color {
	settings := fyne.CurrentApp().Settings()
	return settings.Theme().Color(name, settings.ThemeVariant())
}

// shorten cuts a text with an ellipsis where it is wider than it may be.
func shorten(text string, like *canvas.Text, width float32) string {
	fits := func(s string) bool { return fyne.MeasureText(s, like.TextSize, like.TextStyle).Width <= width }
	if text == "" || fits(text) {
		return text
	}
	runes := []rune(text)
	low, high := 0, len(runes)
	for low < high {
		if middle := (low + high + 1) / 2; fits(string(runes[:middle]) + "…") {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return string(runes[:low]) + "…"
}
