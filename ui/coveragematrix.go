package ui

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/chart"
)

const (
	matrixLeft   = 190 // for the components' names
	matrixTop    = 22  // for the columns' numbers
	largestCell  = 22
	smallestCell = 11
	// numberEvery is how far apart numbered columns are where cells are too small for all.
	numberEvery = 5
)

// coverageMatrix draws all pairs of components: full squares are sealed, hollow ones plain, so that colour is not all that tells
// them apart. Rows and columns have the same order; a column is found by its row's number.
type coverageMatrix struct {
	widget.BaseWidget
	// onPoint is called when another pair is under the mouse or the cursor, onChoose when one was chosen, with the places of the two
	// components in the coverage.
	onPoint, onChoose func(row, column int)

	coverage   engine.Coverage
	shown      []int // places of the components that are shown
	routedOnly bool
	routed     map[[2]int]bool

	cursorRow, cursorColumn int // places in shown
	focused                 bool
	pixels                  *image.RGBA
}

func newCoverageMatrix(onPoint, onChoose func(row, column int)) *coverageMatrix {
	m := &coverageMatrix{onPoint: onPoint, onChoose: onChoose}
	m.ExtendBaseWidget(m)
	return m
}

// set shows other pairs: those of the components at some places, or only those that a route leads between.
func (m *coverageMatrix) set(coverage engine.Coverage, shown []int, routedOnly bool) {
	m.coverage, m.shown, m.routedOnly = coverage, shown, routedOnly
	m.routed = make(map[[2]int]bool, 2*len(coverage.Routed))
	for _, pair := range coverage.Routed {
		m.routed[pair], m.routed[[2]int{pair[1], pair[0]}] = true, true
	}
	m.cursorRow, m.cursorColumn = min(m.cursorRow, max(len(shown)-1, 0)), min(m.cursorColumn, max(len(shown)-1, 0))
	m.Refresh()
}

// cell is the width of a cell: smaller where there are many components.
func (m *coverageMatrix) cell() float32 {
	return min(max(float32(int(900/max(len(m.shown), 1))), smallestCell), largestCell)
}

// at finds the pair at a position.
func (m *coverageMatrix) at(position fyne.Position) (row, column int, found bool) {
	if position.X < matrixLeft || position.Y < matrixTop {
		return 0, 0, false
	}
	row, column = int((position.Y-matrixTop)/m.cell()), int((position.X-matrixLeft)/m.cell())
	return row, column, row < len(m.shown) && column < len(m.shown)
}

// shows tells whether there is a square for the pair of two places in shown.
func (m *coverageMatrix) shows(row, column int) bool {
	pair := [2]int{m.shown[row], m.shown[column]}
	return row != column && (!m.routedOnly || m.routed[pair])
}

func (m *coverageMatrix) point(row, column int) {
	if m.onPoint != nil && m.shows(row, column) {
		m.onPoint(m.shown[row], m.shown[column])
	}
}

func (m *coverageMatrix) choose(row, column int) {
	if m.onChoose != nil && m.shows(row, column) {
		m.onChoose(m.shown[row], m.shown[column])
	}
}

// Tapped moves the cursor to a pair; DoubleTapped chooses it.
func (m *coverageMatrix) Tapped(e *fyne.PointEvent) {
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(m); canvas != nil {
		canvas.Focus(m)
	}
	if row, column, found := m.at(e.Position); found {
		m.cursorRow, m.cursorColumn = row, column
		m.point(row, column)
		m.Refresh()
	}
}

// DoubleTapped implements fyne.DoubleTappable.
func (m *coverageMatrix) DoubleTapped(e *fyne.PointEvent) {
	if row, column, found := m.at(e.Position); found {
		m.choose(row, column)
	}
}

var _ desktop.Hoverable = (*coverageMatrix)(nil)

// MouseIn and the two below say what is under the mouse.
func (m *coverageMatrix) MouseIn(e *desktop.MouseEvent) { m.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (m *coverageMatrix) MouseMoved(e *desktop.MouseEvent) {
	if row, column, found := m.at(e.Position); found {
		m.point(row, column)
	}
}

// MouseOut implements desktop.Hoverable.
func (m *coverageMatrix) MouseOut() {}

// FocusGained and the three below make the matrix work by keys: arrows, Home and End move, Enter chooses.
func (m *coverageMatrix) FocusGained() { m.focused = true; m.Refresh() }

// FocusLost implements fyne.Focusable.
func (m *coverageMatrix) FocusLost() { m.focused = false; m.Refresh() }

// TypedRune implements fyne.Focusable.
func (m *coverageMatrix) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (m *coverageMatrix) TypedKey(e *fyne.KeyEvent) {
	last := len(m.shown) - 1
	if last < 0 {
		return
	}
	switch e.Name {
	case fyne.KeyLeft:
		m.cursorColumn = max(m.cursorColumn-1, 0)
	case fyne.KeyRight:
		m.cursorColumn = min(m.cursorColumn+1, last)
	case fyne.KeyUp:
		m.cursorRow = max(m.cursorRow-1, 0)
	case fyne.KeyDown:
		m.cursorRow = min(m.cursorRow+1, last)
	case fyne.KeyHome:
		m.cursorColumn = 0
	case fyne.KeyEnd:
		m.cursorColumn = last
	case fyne.KeyReturn, fyne.KeyEnter:
		m.choose(m.cursorRow, m.cursorColumn)
		return
	default:
		return
	}
	m.point(m.cursorRow, m.cursorColumn)
	m.Refresh()
}

// draw makes the squares; the names are texts beside them.
func (m *coverageMatrix) draw(width, height int) image.Image {
	if m.pixels == nil || m.pixels.Bounds().Dx() != width || m.pixels.Bounds().Dy() != height {
		m.pixels = image.NewRGBA(image.Rect(0, 0, width, height))
	}
	fill(m.pixels, m.pixels.Bounds(), colorOf(theme.ColorNameBackground))
	side := m.cell() * float32(len(m.shown))
	if side == 0 {
		return m.pixels
	}
	scale := float32(width) / side
	inner := max(int(m.cell()*scale)-2, 2)
	for row := range m.shown {
		for column := range m.shown {
			x, y := int(float32(column)*m.cell()*scale), int(float32(row)*m.cell()*scale)
			square := image.Rect(x+1, y+1, x+1+inner, y+1+inner)
			if row == column {
				fill(m.pixels, square, colorOf(theme.ColorNameInputBackground))
				continue
			}
			if !m.shows(row, column) {
				continue
			}
			mode, by := m.coverage.Cell(m.shown[row], m.shown[column])
			drawPair(m.pixels, square, mode, by)
			if m.focused && row == m.cursorRow && column == m.cursorColumn {
				frame(m.pixels, image.Rect(x, y, x+inner+2, y+inner+2), max(int(scale), 1), colorOf(theme.ColorNameForeground))
			}
		}
	}
	return m.pixels
}

// drawPair draws one pair: full for sealed, hollow for plain, hollow with a middle for one machine.
func drawPair(on draw.Image, square image.Rectangle, mode engine.Mode, by engine.By) {
	if mode == engine.Sealed {
		fill(on, square, colorOf(ColorSealed))
		return
	}
	frame(on, square, max(square.Dx()/6, 1), colorOf(ColorPlain))
	if by == engine.BySameMachine {
		fill(on, square.Inset(square.Dx()/3), colorOf(ColorPlain))
	}
}

func fill(on draw.Image, area image.Rectangle, c color.Color) {
	draw.Draw(on, area, image.NewUniform(c), image.Point{}, draw.Src)
}

// frame draws the four sides of an area.
func frame(on draw.Image, area image.Rectangle, width int, c color.Color) {
	for _, side := range []image.Rectangle{
		{area.Min, image.Pt(area.Max.X, area.Min.Y+width)}, {image.Pt(area.Min.X, area.Max.Y-width), area.Max},
		{area.Min, image.Pt(area.Min.X+width, area.Max.Y)}, {image.Pt(area.Max.X-width, area.Min.Y), area.Max},
	} {
		fill(on, side, c)
	}
}

// CreateRenderer draws it.
func (m *coverageMatrix) CreateRenderer() fyne.WidgetRenderer {
	r := &matrixRenderer{matrix: m}
	r.squares = canvas.NewRaster(m.draw)
	r.Refresh()
	return r
}

type matrixRenderer struct {
	matrix  *coverageMatrix
	squares *canvas.Raster
	texts   []fyne.CanvasObject
}

func (r *matrixRenderer) Destroy() {}

func (r *matrixRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.squares}, r.texts...)
}

func (r *matrixRenderer) MinSize() fyne.Size {
	side := r.matrix.cell() * float32(len(r.matrix.shown))
	return fyne.NewSize(matrixLeft+side, matrixTop+side)
}

func (r *matrixRenderer) Layout(fyne.Size) {
	side := r.matrix.cell() * float32(len(r.matrix.shown))
	r.squares.Move(fyne.NewPos(matrixLeft, matrixTop))
	r.squares.Resize(fyne.NewSize(side, side))
}

// Refresh writes the names and numbers anew.
func (r *matrixRenderer) Refresh() {
	m := r.matrix
	cell := m.cell()
	size := min(theme.CaptionTextSize(), cell-1)
	r.texts = r.texts[:0]
	add := func(text string, x, y, width float32, align fyne.TextAlign, name fyne.ThemeColorName) {
		t := canvas.NewText(text, colorOf(name))
		t.TextSize, t.Alignment = size, align
		t.Move(fyne.NewPos(x, y))
		t.Resize(fyne.NewSize(width, cell))
		r.texts = append(r.texts, t)
	}
	for i, place := range m.shown {
		y := matrixTop + float32(i)*cell
		add(chart.Shorten(fmt.Sprintf("%d  %s", i+1, m.coverage.Components[place].Name), size, fyne.TextStyle{}, matrixLeft-8), 4, y, matrixLeft-8, fyne.TextAlignLeading, theme.ColorNameForeground)
		if cell >= largestCell*0.7 || (i+1)%numberEvery == 0 {
			add(fmt.Sprint(i+1), matrixLeft+float32(i)*cell-cell, matrixTop-cell, 3*cell, fyne.TextAlignCenter, ColorMuted)
		}
	}
	r.Layout(m.Size())
	r.squares.Refresh()
	canvas.Refresh(m)
}
