package simulator

import (
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"lockwire/ui/chart"
	"lockwire/ui/kit"
)

const (
	mostNameWidth  = 180 // of the names at the left
	mostNameHeight = 130 // of those above the columns
	numberWidth    = 30
	nameGap        = 6
)

// CreateRenderer draws it.
func (m *coverageMatrix) CreateRenderer() fyne.WidgetRenderer {
	r := &matrixRenderer{matrix: m, sideways: chart.NewSideways(theme.TextFont())}
	r.squares = &coverageSquares{matrix: m, sized: func() (fyne.Size, fyne.Position) { return m.scroll.Size(), m.scroll.Offset }}
	r.raster = canvas.NewRaster(r.squares.draw)
	r.columns = canvas.NewRaster(r.drawColumns)
	r.rows = container.NewWithoutLayout()
	r.clip = container.NewClip(r.rows)
	return r
}

// matrixRenderer draws the squares below the scroller and the names beside it.
type matrixRenderer struct {
	matrix  *coverageMatrix
	squares *coverageSquares
	raster  *canvas.Raster

	columns  *canvas.Raster
	sideways *chart.Sideways
	header   *image.RGBA

	rows  *fyne.Container
	clip  *container.Clip
	texts []*canvas.Text // a number and a name for each row in sight
}

func (r *matrixRenderer) Destroy() {}

func (r *matrixRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.raster, r.columns, r.clip, r.matrix.scroll}
}

func (r *matrixRenderer) MinSize() fyne.Size {
	return fyne.NewSize(mostNameWidth+8*smallestCell, mostNameHeight+4*smallestCell)
}

// widestName is the width of the widest name shown.
func (m *coverageMatrix) widestName() (widest float32) {
	for _, index := range m.shown {
		widest = max(widest, fyne.MeasureText(m.coverage.Components[index].Name, theme.CaptionTextSize(), fyne.TextStyle{Bold: true}).Width)
	}
	return widest
}

// Layout makes squares as large as fit, within limits.
func (r *matrixRenderer) Layout(size fyne.Size) {
	m := r.matrix
	left, top := numberWidth+nameGap+min(m.widest, mostNameWidth)+nameGap, min(m.widest, mostNameHeight)+nameGap
	inside := fyne.NewSize(max(size.Width-left, 1), max(size.Height-top, 1))
	cell := min(inside.Width-matrixMargin, inside.Height-matrixMargin) / float32(max(len(m.shown), 1))
	cell = min(max(float32(int(cell)), smallestCell), largestCell)
	changed := cell != m.cell
	m.cell = cell
	for _, o := range []fyne.CanvasObject{r.raster, m.scroll} {
		o.Move(fyne.NewPos(left, top))
		o.Resize(inside)
	}
	if changed {
		m.scroll.Refresh() // the size of its content has changed
	}
	r.columns.Move(fyne.NewPos(left, 0))
	r.columns.Resize(fyne.NewSize(inside.Width, top))
	r.clip.Move(fyne.NewPos(0, top))
	r.clip.Resize(fyne.NewSize(left, inside.Height))
	r.placeRows()
}

// placeRows writes the names of the rows in sight.
func (r *matrixRenderer) placeRows() {
	m := r.matrix
	size := m.scroll.Size()
	first := int(m.scroll.Offset.Y / m.cell)
	count := min(int(size.Height/m.cell)+2, len(m.shown)-first)
	for len(r.texts) < 2*count {
		r.texts = append(r.texts, canvas.NewText("", nil))
	}
	r.rows.Objects = r.rows.Objects[:0]
	left := r.clip.Size().Width
	for i := range max(count, 0) {
		row := first + i
		number, name := r.texts[2*i], r.texts[2*i+1]
		y := float32(row)*m.cell - m.scroll.Offset.Y
		r.write(number, fmt.Sprint(row+1), 0, y, numberWidth, false)
		number.Alignment, number.Color = fyne.TextAlignTrailing, kit.Color(kit.ColorMuted)
		r.write(name, m.coverage.Components[m.shown[row]].Name, numberWidth+nameGap, y, left-numberWidth-2*nameGap, r.highlit(row, m.row))
		r.rows.Objects = append(r.rows.Objects, number, name)
	}
	r.rows.Refresh()
}

// write puts a text into a row.
func (r *matrixRenderer) write(t *canvas.Text, text string, x, y, width float32, highlit bool) {
	t.TextStyle.Bold = highlit
	t.TextSize = theme.CaptionTextSize()
	t.Text = chart.Shorten(text, t.TextSize, t.TextStyle, width)
	t.Color = kit.Color(theme.ColorNameForeground)
	if highlit {
		t.Color = kit.Color(theme.ColorNamePrimary)
	}
	t.Move(fyne.NewPos(x, y))
	t.Resize(fyne.NewSize(width, r.matrix.cell))
}

// highlit reports whether a row or column belongs to the pair under the mouse or the cursor.
func (r *matrixRenderer) highlit(index, pointed int) bool {
	return index == pointed && (r.matrix.pointed || r.matrix.focused)
}

// drawColumns writes the names of the columns in sight, upwards.
func (r *matrixRenderer) drawColumns(width, height int) image.Image {
	m := r.matrix
	r.header = chart.Pixels(r.header, width, height)
	fill(r.header, r.header.Bounds(), kit.Color(theme.ColorNameBackground))
	size := r.columns.Size()
	if size.Width <= 0 || len(m.shown) == 0 {
		return r.header
	}
	scale := float32(width) / size.Width
	first := int(m.scroll.Offset.X / m.cell)
	last := min(int((m.scroll.Offset.X+size.Width)/m.cell), len(m.shown)-1)
	for column := first; column <= last; column++ {
		color := theme.ColorNameForeground
		if r.highlit(column, m.column) {
			color = theme.ColorNamePrimary
			at := image.Rect(int((float32(column)*m.cell-m.scroll.Offset.X)*scale), 0, int((float32(column+1)*m.cell-m.scroll.Offset.X)*scale), height)
			fill(r.header, at, kit.Color(theme.ColorNameHover))
		}
		name := chart.Shorten(m.coverage.Components[m.shown[column]].Name, theme.CaptionTextSize(), fyne.TextStyle{}, size.Height-nameGap)
		middle := (float32(column)+0.5)*m.cell - m.scroll.Offset.X
		write := func(text string, color fyne.ThemeColorName) bool {
			return r.sideways.Draw(r.header, text, theme.CaptionTextSize()*scale, middle*scale, float32(height)-nameGap/2*scale, kit.Color(color))
		}
		if !write(name, color) { // the number is written instead; the row of that number has the name in another font
			write(fmt.Sprint(column+1), kit.ColorMuted)
		}
	}
	return r.header
}

// Refresh redraws everything.
func (r *matrixRenderer) Refresh() {
	r.Layout(r.matrix.Size())
	r.raster.Refresh()
	r.columns.Refresh()
	canvas.Refresh(r.matrix)
}
